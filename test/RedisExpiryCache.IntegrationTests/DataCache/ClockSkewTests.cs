using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.DataCache;

/// <summary>Two nodes, of which one has a clock that is an hour wrong. The server's clock decides.</summary>
public sealed class ClockSkewTests(RedisFixture fixture)
{
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<int, EntryFormat> Clocks => new()
    {
        { 1, EntryFormat.Compact }, { -1, EntryFormat.Compact }, { 1, EntryFormat.Microsoft }, { -1, EntryFormat.Microsoft },
    };

    [Theory]
    [MemberData(nameof(Clocks))]
    public async Task No_entry_outlives_its_absolute_end_whoever_writes_and_whoever_reads(int hours, EntryFormat format)
    {
        await using var wrong = Connect(format, TimeSpan.FromHours(hours));
        await using var right = Connect(format, TimeSpan.Zero);
        foreach (var (writer, reader) in new[] { (wrong, right), (right, wrong), (wrong, wrong) })
        {
            var key = Some.Key();
            var options = Caches.At(TimeProvider.System.GetUtcNow().AddSeconds(100));
            await writer.SetAsync(key, Some.Bytes(), options, Token);
            await AssertLivesAsync(reader, key, 100);

            options.SlidingExpiration = TimeSpan.FromSeconds(1_000);
            await writer.SetAsync(key, Some.Bytes(), options, Token);
            await AssertLivesAsync(reader, key, 100);

            await writer.SetAsync(key, Some.Bytes(), Caches.Relative(50), Token);
            await AssertLivesAsync(reader, key, 50);

            await writer.SetAsync(key, Some.Bytes(), Caches.Both(1_000, 60), Token);
            await AssertLivesAsync(reader, key, 60);

            await writer.SetAsync(key, Some.Bytes(), Caches.Both(30, 60), Token);
            await AssertLivesAsync(reader, key, 30);

            Assert.True(await reader.ExpireAsync(key, Caches.Relative(40), Token));
            await AssertLivesAsync(writer, key, 40);
        }
    }

    [Theory]
    [MemberData(nameof(Clocks))]
    public async Task It_really_ends(int hours, EntryFormat format)
    {
        await using var wrong = Connect(format, TimeSpan.FromHours(hours));
        await using var right = Connect(format, TimeSpan.Zero);
        var key = Some.Key();
        var end = TimeProvider.System.GetUtcNow().AddSeconds(1);
        await wrong.SetAsync(key, Some.Bytes(), new() { AbsoluteExpiration = end, SlidingExpiration = TimeSpan.FromMinutes(1) }, Token);
        await Eventually.True(
            async () => await right.GetAsync(key, Token) is null & await wrong.GetAsync(key, Token) is null, Caches.Patience, "the absolute end");
        Assert.True(TimeProvider.System.GetUtcNow() > end - TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public async Task An_end_that_is_past_for_a_wrong_clock_only_is_no_mistake()
    {
        await using var ahead = Connect(EntryFormat.Compact, TimeSpan.FromHours(1));
        var key = Some.Key();
        await ahead.SetAsync(key, Some.Bytes(), Caches.At(TimeProvider.System.GetUtcNow().AddSeconds(100)), Token);
        Assert.NotNull(await ahead.GetAsync(key, Token));
    }

    [Fact]
    public async Task An_end_that_is_past_for_the_server_only_leaves_nothing_there()
    {
        await using var behind = Connect(EntryFormat.Compact, TimeSpan.FromHours(-1));
        var key = Some.Key();
        await behind.SetAsync(key, Some.Bytes(), Caches.NoExpiry, Token);
        await behind.SetAsync(key, Some.Bytes(), Caches.At(TimeProvider.System.GetUtcNow().AddMinutes(-30)), Token);
        Assert.Null(await behind.GetAsync(key, Token));
    }

    private RedisExpiringCache Connect(EntryFormat format, TimeSpan skew) =>
        Caches.Connect(fixture.Server.ConnectionString, options => options.EntryFormat = format, time: new SkewedTimeProvider(skew));

    private async Task AssertLivesAsync(RedisExpiringCache reader, string key, double seconds)
    {
        Assert.NotNull(await reader.GetAsync(key, Token));
        await reader.RefreshAsync(key, Token);
        var left = await fixture.Server.TimeToLiveAsync(key);
        Assert.InRange(left!.Value, TimeSpan.FromSeconds(seconds - 10), TimeSpan.FromSeconds(seconds) + Slack);
        var told = await reader.GetLifetimeAsync(key, Token);
        Assert.InRange(told!.TimeToLive!.Value, TimeSpan.FromSeconds(seconds - 10), TimeSpan.FromSeconds(seconds) + Slack);
    }
}
