using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using RedisExpiryCache.IntegrationTests.Support;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Tests.ResponseCaching;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>Entries whose checksum holds and whose content no server can send.</summary>
public sealed class HostileEntryTests(RedisFixture fixture)
{
    private static readonly string[] Contents =
    [
        "a status of 199", "a status of 600", "a body with 204", "a body with 205", "a part beyond its whole",
        "a part that ends before it begins",
        "CR LF in a value", "NUL in a value", "ESC in a value", "a value beyond ASCII", "a name beyond ASCII", "an empty name",
        "a blank in a name",
        "Content-Length", "Transfer-Encoding", "65,535 lines of one name",
    ];

    public static TheoryData<string> AllContents => [.. Contents];

    [Theory]
    [MemberData(nameof(AllContents))]
    public async Task Content_that_cannot_be_sent_is_a_logged_miss_and_is_replaced(string what)
    {
        await using var app = await StartAsync();
        await ReplaceAsync(app, HostileResponse.With(what));

        var answer = await app.GetAsync("/a");
        Assert.Equal((200, "page 2"), ((int)answer.Status, answer.Body));
        Assert.True((await app.GetAsync("/a")).IsHit);
        var record = Assert.Single(app.Logs, static record => record.Level >= LogLevel.Warning);
        Assert.Equal((2, "damaged"), (record.Event.Id, (string?)record.Values["Reason"]));
    }

    [Fact]
    public async Task Whatever_decodes_is_sent_without_an_exception()
    {
        await using var app = await StartAsync();
        var random = new Random(7);
        byte[][] payloads = [HostileResponse.With("nothing else"), HostileResponse.With("a body"), HostileResponse.With("1,000 lines")];
        for (var i = 0; i < 300; i++)
        {
            var payload = payloads[i % payloads.Length].ToArray();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
                payload[random.Next(1, Math.Min(payload.Length, 60))] = (byte)random.Next(256);

            await ReplaceAsync(app, payload);
            var answer = await app.GetAsync("/a");
            Assert.True(answer.IsHit || (int)answer.Status == 200, $"change {i}: {(int)answer.Status}");
        }

        Assert.DoesNotContain(app.Logs, static record => record.Level >= LogLevel.Error);
    }

    [Theory]
    [InlineData("Grüße")]
    [InlineData("€")]
    public async Task A_field_beyond_ASCII_that_an_encoding_allows_is_passed_on_and_not_stored(string value)
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            web => web.MapPage("/a", also: context => context.Response.Headers["X-Field"] = value),
            new AppSetup
            {
                Services = static services => Microsoft.Extensions.DependencyInjection.OptionsServiceCollectionExtensions.Configure<
                    Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions>(
                        services, static kestrel => kestrel.ResponseHeaderEncodingSelector = static _ => System.Text.Encoding.UTF8),
            });

        for (var i = 1; i <= 2; i++)
        {
            var answer = await app.GetAsync("/a");
            Assert.Equal((200, $"page {i}"), ((int)answer.Status, answer.Body));
            Assert.Contains("detail=fields", answer.CacheStatus, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task More_lines_than_an_entry_holds_are_passed_on_and_not_stored()
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            static web => web.MapPage(
                "/a", also: static context => context.Response.Headers["X"] = Enumerable.Repeat("x", 1_001).ToArray()));

        Assert.Contains("detail=fields", (await app.GetAsync("/a")).CacheStatus, StringComparison.Ordinal);
        Assert.False((await app.GetAsync("/a")).IsHit);
    }

    private async Task ReplaceAsync(CachedApp app, byte[] payload)
    {
        if (!(await app.GetAsync("/a")).IsHit)
            await app.WarmAsync("/a");

        var key = Assert.Single(await fixture.Server.KeysAsync(app.Prefix), static key => key.Contains('#', StringComparison.Ordinal));
        var stored = (ReadOnlyMemory<byte>)await fixture.Server.Raw.StringGetAsync(key);
        var seed = CompactEntryCodec.SeedOf(key, EntryKind.Response);
        Assert.Equal(MissReason.None, CompactEntryCodec.TryDecode(stored, seed, out var entry));
        var replaced = new byte[CompactEntryCodec.EncodedSize(entry.Expiry, entry.TagStamps.Span, payload.Length)];
        CompactEntryCodec.Encode(replaced, seed, entry.Expiry, entry.TagStamps.Span, new EntryPayload(default, new(payload)));
        await fixture.Server.Raw.StringSetAsync(key, replaced, TimeSpan.FromMinutes(1));
    }

    private Task<CachedApp> StartAsync() =>
        CachedApp.StartAsync(fixture.Server, static web => web.MapPage("/{**rest}", new RedisResponseCacheAttribute { Duration = 60 }));
}
