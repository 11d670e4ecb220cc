using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.DataCache;

/// <summary>What a call refuses, by name, before it asks Redis: there is none behind this cache.</summary>
[SuppressMessage("Usage", "xUnit1051", Justification = "A call that refuses its arguments has nothing to cancel.")]
public sealed class ArgumentTests : IDisposable
{
    private static readonly ReadOnlySequence<byte> Value = new([1]);
    private static readonly ArrayBufferWriter<byte> Buffer = new();

    private static readonly Dictionary<string, (string Parameter, Func<RedisExpiringCache, Task> Call)> Calls = new()
    {
        ["Get"] = ("key", Sync(cache => cache.Get(null!))),
        ["GetAsync"] = ("key", cache => cache.GetAsync(null!)),
        ["TryGet"] = ("key", Sync(cache => cache.TryGet(null!, Buffer))),
        ["TryGet into nothing"] = ("destination", Sync(cache => cache.TryGet("key", null!))),
        ["TryGetAsync"] = ("key", cache => cache.TryGetAsync(null!, Buffer).AsTask()),
        ["TryGetAsync into nothing"] = ("destination", cache => cache.TryGetAsync("key", null!).AsTask()),
        ["Set"] = ("key", Sync(cache => cache.Set(null!, [1], Caches.NoExpiry))),
        ["Set nothing"] = ("value", Sync(cache => cache.Set("key", null!, Caches.NoExpiry))),
        ["Set without options"] = ("options", Sync(cache => cache.Set("key", [1], null!))),
        ["SetAsync"] = ("key", cache => cache.SetAsync(null!, [1], Caches.NoExpiry)),
        ["SetAsync nothing"] = ("value", cache => cache.SetAsync("key", null!, Caches.NoExpiry)),
        ["SetAsync without options"] = ("options", cache => cache.SetAsync("key", [1], null!)),
        ["Set a sequence"] = ("key", Sync(cache => cache.Set(null!, Value, Caches.NoExpiry))),
        ["Set a sequence without options"] = ("options", Sync(cache => cache.Set("key", Value, null!))),
        ["SetAsync a sequence"] = ("key", cache => cache.SetAsync(null!, Value, Caches.NoExpiry).AsTask()),
        ["SetAsync a sequence without options"] = ("options", cache => cache.SetAsync("key", Value, null!).AsTask()),
        ["SetAsync with tags"] = ("key", cache => cache.SetAsync(null!, Value, Caches.NoExpiry, ["tag"]).AsTask()),
        ["SetAsync with tags, without options"] = ("options", cache => cache.SetAsync("key", Value, null!, ["tag"]).AsTask()),
        ["SetAsync with no list of tags"] = ("tags", cache => cache.SetAsync("key", Value, Caches.NoExpiry, (string[])null!).AsTask()),
        ["SetAsync with a tag that is null"] = ("tags", cache => cache.SetAsync("key", Value, Caches.NoExpiry, ["tag", null!]).AsTask()),
        ["Refresh"] = ("key", Sync(cache => cache.Refresh(null!))),
        ["RefreshAsync"] = ("key", cache => cache.RefreshAsync(null!)),
        ["Remove"] = ("key", Sync(cache => cache.Remove(null!))),
        ["RemoveAsync"] = ("key", cache => cache.RemoveAsync((string)null!)),
        ["RemoveAsync no list"] = ("keys", cache => cache.RemoveAsync((string[])null!).AsTask()),
        ["RemoveAsync a list with null"] = ("keys", cache => cache.RemoveAsync(["key", null!]).AsTask()),
        ["RemoveByTagAsync"] = ("tag", cache => cache.RemoveByTagAsync(null!).AsTask()),
        ["GetLifetimeAsync"] = ("key", cache => cache.GetLifetimeAsync(null!).AsTask()),
        ["ExpireAsync"] = ("key", cache => cache.ExpireAsync(null!, Caches.NoExpiry).AsTask()),
        ["ExpireAsync without options"] = ("options", cache => cache.ExpireAsync("key", null!).AsTask()),
    };

    private readonly RedisExpiringCache _cache = Caches.Connect($"127.0.0.1:{FreePort.Next()}");

    public static TheoryData<string> Names => [.. Calls.Keys];

    public void Dispose() => _cache.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Null_is_refused_by_its_name(string call)
    {
        var refused = await Assert.ThrowsAsync<ArgumentNullException>(() => Calls[call].Call(_cache));
        Assert.Equal(Calls[call].Parameter, refused.ParamName);
    }

    [Fact]
    public void A_cache_without_options_is_refused_by_its_name() =>
        Assert.Equal("options", Assert.Throws<ArgumentNullException>(() => new RedisExpiringCache(null!)).ParamName);

    [Fact]
    public void A_cache_with_a_wrong_setting_is_refused_by_its_name()
    {
        var options = new RedisExpiringCacheOptions { Configuration = "localhost", OperationTimeout = TimeSpan.Zero };
        var refused = Assert.Throws<OptionsValidationException>(() => new RedisExpiringCache(Options.Create(options)));
        Assert.Contains("OperationTimeout", refused.Message, StringComparison.Ordinal);
        Assert.Contains("00:00:00", refused.Message, StringComparison.Ordinal);
    }

    private static Func<RedisExpiringCache, Task> Sync(Action<RedisExpiringCache> call) => cache =>
    {
        call(cache);
        return Task.CompletedTask;
    };
}
