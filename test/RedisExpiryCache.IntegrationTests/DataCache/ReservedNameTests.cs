using System.Buffers;
using Microsoft.Extensions.Caching.StackExchangeRedis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RedisExpiryCache.IntegrationTests.Support;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Tests.ResponseCaching;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.DataCache;

/// <summary>Data keys that look like a name of this library, on one Redis with all of its kinds.</summary>
public sealed class ReservedNameTests(RedisFixture fixture)
{
    private static readonly string[] Reserved =
        ["tag:data:t", "tag:http:things", "tag:http:*", "tag:output:t", "GET:/a", "lock:a", "output:a", "near:a", "data-key:a",
            "data-key:tag:data:t"];

    public static TheoryData<string> ReservedKeys => [.. Reserved];

    public static TheoryData<string, EntryFormat> ReservedKeysByFormat =>
    [
        .. Reserved.SelectMany(
            static _ => Enum.GetValues<EntryFormat>(), static (key, format) => new TheoryDataRow<string, EntryFormat>(key, format)),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IDatabase Raw => fixture.Server.Raw;

    [Theory]
    [MemberData(nameof(ReservedKeysByFormat))]
    public async Task A_data_key_that_looks_reserved_is_used_as_any_other(string key, EntryFormat format)
    {
        var (cache, prefix) = Connect(format);
        await using var _ = cache;
        var value = Some.Bytes();
        await cache.SetAsync(key, value, Caches.Sliding(60), Token);
        Assert.Equal(value, await cache.GetAsync(key, Token));
        Assert.NotNull(await cache.GetLifetimeAsync(key, Token));
        Assert.True(await cache.ExpireAsync(key, Caches.Relative(600), Token));
        await cache.RefreshAsync(key, Token);
        Assert.Equal([$"{prefix}data-key:{key}"], await fixture.Server.KeysAsync(prefix));
        Assert.True(await fixture.Server.TimeToLiveAsync($"{prefix}data-key:{key}") > TimeSpan.FromSeconds(500));

        Assert.Equal(1, await cache.RemoveAsync([key, key + "-other"], Token));
        Assert.Null(await cache.GetAsync(key, Token));
    }

    [Theory]
    [MemberData(nameof(ReservedKeysByFormat))]
    public async Task No_call_on_a_data_key_touches_tags(string key, EntryFormat format)
    {
        var (cache, prefix) = Connect(format);
        await using var _ = cache;
        await cache.SetAsync("tagged", new ReadOnlySequence<byte>(Some.Bytes()), Caches.Relative(60), ["t"], Token);
        await UseAsync(cache, key);
        Assert.NotNull(await cache.GetAsync("tagged", Token));

        await cache.SetAsync("tagged too", new ReadOnlySequence<byte>(Some.Bytes()), Caches.Relative(60), ["t"], Token);
        Assert.NotNull(await cache.GetAsync("tagged too", Token));
        await cache.RemoveByTagAsync("t", Token);
        Assert.Null(await cache.GetAsync("tagged", Token));
        Assert.False(await Raw.KeyExistsAsync($"{prefix}tag:data:t"));
    }

    [Theory]
    [MemberData(nameof(ReservedKeys))]
    public async Task No_call_on_a_data_key_touches_pages(string key)
    {
        await using var app = await StartAsync();
        var hit = await app.WarmAsync("/a");
        var before = (await fixture.Server.KeysAsync(app.Prefix)).Order().ToArray();
        await UseAsync(app.Services.GetRequiredService<IRedisExpiringCache>(), key);

        Assert.Equal(before, (await fixture.Server.KeysAsync(app.Prefix)).Order());
        Assert.Equal(hit.Body, (await app.GetAsync("/a")).Body);
    }

    [Fact]
    public async Task Bytes_that_a_client_chooses_for_the_key_of_a_page_are_not_served_as_that_page()
    {
        await using var app = await StartAsync();
        var cache = app.Services.GetRequiredService<IRedisExpiringCache>();
        await app.WarmAsync("/a");
        var key = Assert.Single(await fixture.Server.KeysAsync(app.Prefix), static key => key.Contains('#', StringComparison.Ordinal));
        var planted = HostileResponse.Of(200, [], "planted");
        await cache.SetAsync(key[app.Prefix.Length..], planted, Caches.Relative(60), Token);
        Assert.DoesNotContain("planted", (await app.GetAsync("/a")).Body, StringComparison.Ordinal);

        // Nor where another program, or a mistake of ours, has put a data entry right there.
        var bytes = new byte[CompactEntryCodec.EncodedSize(default, [], planted.Length)];
        CompactEntryCodec.Encode(bytes, CompactEntryCodec.SeedOf(key, EntryKind.Data), default, [], new EntryPayload(default, new(planted)));
        await Raw.StringSetAsync(key, bytes, TimeSpan.FromMinutes(1));
        Assert.DoesNotContain("planted", (await app.GetAsync("/a")).Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(EntryFormat.Compact)]
    [InlineData(EntryFormat.Microsoft)]
    public async Task Neither_a_data_entry_nor_a_hash_is_served_as_an_output_cache_entry(EntryFormat format)
    {
        var prefix = fixture.Server.NewPrefix();
        await using var app = await OutputApp.StartAsync(
            OutputStorage.Redis,
            static _ => { },
            options =>
                (options.Configuration, options.InstanceName, options.EntryFormat) = (fixture.Server.ConnectionString, prefix, format));
        var cache = app.Services.GetRequiredService<IRedisExpiringCache>();
        await app.Store.SetAsync("page", [1, 2], [], TimeSpan.FromMinutes(1), Token);
        await cache.SetAsync("output:page", [9], Caches.Relative(60), Token);
        Assert.Equal([1, 2], await app.Store.GetAsync("page", Token));
        Assert.Equal([9], await cache.GetAsync("output:page", Token));

        using var microsoft = Microsoft(prefix);
        await Raw.KeyDeleteAsync($"{prefix}output:page");
        await microsoft.SetAsync("output:page", [9], Caches.Relative(60), Token);
        Assert.Null(await app.Store.GetAsync("page", Token));
    }

    [Theory]
    [MemberData(nameof(ReservedKeysByFormat))]
    public async Task What_Microsofts_provider_writes_under_a_reserved_word_is_read_and_replaced(string key, EntryFormat format)
    {
        var (cache, prefix) = Connect(format);
        await using var _ = cache;
        using var microsoft = Microsoft(prefix);
        byte[] theirs = Some.Bytes(), ours = Some.Bytes(), newer = Some.Bytes();
        await microsoft.SetAsync(key, theirs, Caches.Sliding(60), Token);
        Assert.Equal(theirs, await cache.GetAsync(key, Token));
        Assert.Equal(TimeSpan.FromSeconds(60), (await cache.GetLifetimeAsync(key, Token))!.SlidingExpiration);
        await cache.RefreshAsync(key, Token);
        Assert.True(await cache.ExpireAsync(key, Caches.Relative(600), Token));
        Assert.True(await fixture.Server.TimeToLiveAsync(prefix + key) > TimeSpan.FromSeconds(500));

        await cache.SetAsync(key, ours, Caches.Relative(60), Token);
        Assert.Equal(ours, await cache.GetAsync(key, Token));
        await microsoft.SetAsync(key, newer, Caches.Relative(60), Token);
        Assert.Equal(newer, await cache.GetAsync(key, Token));

        await cache.RemoveAsync(key, Token);
        Assert.Null(await cache.GetAsync(key, Token));
        Assert.Null(await microsoft.GetAsync(key, Token));
    }

    private static async Task UseAsync(IRedisExpiringCache cache, string key)
    {
        Assert.Null(await cache.GetAsync(key, Token));
        Assert.Null(await cache.GetLifetimeAsync(key, Token));
        Assert.False(await cache.ExpireAsync(key, Caches.Relative(1), Token));
        await cache.RefreshAsync(key, Token);
        await cache.SetAsync(key, Some.Bytes(), Caches.Relative(60), Token);
        await cache.SetAsync(key, new ReadOnlySequence<byte>(Some.Bytes()), Caches.Relative(60), ["other"], Token);
        await cache.RemoveAsync(key, Token);
        Assert.Equal(0, await cache.RemoveAsync([key], Token));
        await cache.RemoveByTagAsync("other", Token);
    }

    private (RedisExpiringCache Cache, string Prefix) Connect(EntryFormat format)
    {
        var prefix = fixture.Server.NewPrefix();
        var cache = Caches.Connect(
            fixture.Server.ConnectionString, options => (options.InstanceName, options.EntryFormat) = (prefix, format));
        return (cache, prefix);
    }

    private RedisCache Microsoft(string prefix) =>
        new(Options.Create(new RedisCacheOptions { Configuration = fixture.Server.ConnectionString, InstanceName = prefix }));

    private Task<CachedApp> StartAsync() =>
        CachedApp.StartAsync(
            fixture.Server,
            static web => web.MapPage("/{**rest}", new RedisResponseCacheAttribute { Duration = 60, Tags = ["things"] }));
}
