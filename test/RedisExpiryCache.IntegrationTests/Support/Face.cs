using System.Buffers;
using Microsoft.Extensions.Caching.Distributed;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>One face of the data cache, the synchronous or the asynchronous one: a test of both is written once.</summary>
internal sealed class Face(IRedisExpiringCache cache, bool sync)
{
    public async Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options)
    {
        if (sync)
        {
            cache.Set(key, value, options);
        }
        else
        {
            await cache.SetAsync(key, value, options, TestContext.Current.CancellationToken);
        }
    }

    public async Task SetAsync(string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions options)
    {
        if (sync)
        {
            cache.Set(key, value, options);
        }
        else
        {
            await cache.SetAsync(key, value, options, TestContext.Current.CancellationToken);
        }
    }

    public async Task<byte[]?> GetAsync(string key) =>
        sync ? cache.Get(key) : await cache.GetAsync(key, TestContext.Current.CancellationToken);

    public async Task<bool> TryGetAsync(string key, IBufferWriter<byte> destination) =>
        sync ? cache.TryGet(key, destination) : await cache.TryGetAsync(key, destination, TestContext.Current.CancellationToken);

    public async Task RefreshAsync(string key)
    {
        if (sync)
        {
            cache.Refresh(key);
        }
        else
        {
            await cache.RefreshAsync(key, TestContext.Current.CancellationToken);
        }
    }

    public async Task RemoveAsync(string key)
    {
        if (sync)
        {
            cache.Remove(key);
        }
        else
        {
            await cache.RemoveAsync(key, TestContext.Current.CancellationToken);
        }
    }
}
