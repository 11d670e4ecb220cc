using System.Text.Json;
using Microsoft.Extensions.Caching.Distributed;
using RedisExpiryCache;

namespace Shop.Data;

/// <summary>
/// Each user's basket, the number of pieces by product, as an entry of the data cache: Redis drops it half an hour after it was last looked at. Of two changes at the same moment
/// the later one counts, which is enough for one visitor.
/// </summary>
public sealed class Baskets(IRedisExpiringCache cache)
{
    private static readonly DistributedCacheEntryOptions HalfAnHour = new() { SlidingExpiration = TimeSpan.FromMinutes(30) };

    public async Task<SortedDictionary<int, int>> GetAsync(string user, CancellationToken token) =>
        await cache.GetAsync(KeyOf(user), token) is { } stored ? JsonSerializer.Deserialize<SortedDictionary<int, int>>(stored)! : [];

    public async Task SetCountAsync(string user, int product, int count, CancellationToken token)
    {
        var basket = await GetAsync(user, token);
        if (count > 0)
            basket[product] = count;
        else
            basket.Remove(product);

        if (basket.Count > 0)
            await cache.SetAsync(KeyOf(user), JsonSerializer.SerializeToUtf8Bytes(basket), HalfAnHour, token);
        else
            await cache.RemoveAsync(KeyOf(user), token);
    }

    /// <summary>How long Redis goes on keeping it; asking does not prolong it. Null: there is none.</summary>
    public async Task<TimeSpan?> TimeLeftAsync(string user, CancellationToken token) => (await cache.GetLifetimeAsync(KeyOf(user), token))?.TimeToLive;

    private static string KeyOf(string user) => $"basket:{user}";
}
