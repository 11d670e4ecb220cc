using System.Buffers;
using Microsoft.Extensions.Caching.Distributed;

namespace RedisExpiryCache;

/// <summary>The data cache beyond <see cref="IDistributedCache"/>: remaining lifetimes, new expirations, many keys at once, tags.</summary>
/// <remarks>
/// Every call ends within <see cref="RedisExpiringCacheOptions.OperationTimeout"/>, and at once while the circuit is open. With
/// <see cref="FailureMode.Throw"/>, the default, it throws <see cref="StackExchange.Redis.RedisConnectionException"/> when Redis is not
/// reachable, <see cref="StackExchange.Redis.RedisTimeoutException"/> when it does not reply in time,
/// <see cref="StackExchange.Redis.RedisServerException"/> with the text of Redis when it rejects the command,
/// <see cref="OperationCanceledException"/> when the token is cancelled, and <see cref="ObjectDisposedException"/> after disposal.
/// </remarks>
public interface IRedisExpiringCache : IBufferDistributedCache
{
    /// <summary>Gets the remaining lifetime of an entry (Redis PTTL), without sliding it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="token">Cancels the call.</param>
    /// <returns>Null when there is no such entry.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    /// <example>
    /// <code>
    /// var lifetime = await cache.GetLifetimeAsync("basket:alice");
    /// var left = lifetime?.TimeToLive;
    /// </code>
    /// </example>
    ValueTask<CacheEntryLifetime?> GetLifetimeAsync(string key, CancellationToken token = default);

    /// <summary>Gives an entry a new expiration and leaves its value untouched (Redis PEXPIRE, or PERSIST for no expiration).</summary>
    /// <remarks>
    /// A script does it, because the sliding window is part of the entry. The value is not transferred, but the server copies it.
    /// </remarks>
    /// <param name="key">The key.</param>
    /// <param name="options">The new expiration; without any, the entry does not expire.</param>
    /// <param name="token">Cancels the call.</param>
    /// <returns>False when there is no such entry.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> or <paramref name="options"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The absolute expiration is in the past.</exception>
    /// <example>
    /// <code>
    /// await cache.ExpireAsync("basket:alice", new DistributedCacheEntryOptions { SlidingExpiration = TimeSpan.FromHours(1) });
    /// </code>
    /// </example>
    ValueTask<bool> ExpireAsync(string key, DistributedCacheEntryOptions options, CancellationToken token = default);

    /// <summary>Removes several entries in one step (Redis DEL).</summary>
    /// <remarks>On a cluster, where the keys are on several servers, it is one DEL for each key in one round trip.</remarks>
    /// <param name="keys">The keys. Keys without an entry are ignored.</param>
    /// <param name="token">Cancels the call.</param>
    /// <returns>How many entries were removed.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="keys"/> or one of them is null.</exception>
    /// <example><code>long removed = await cache.RemoveAsync(["basket:alice", "basket:bob"]);</code></example>
    ValueTask<long> RemoveAsync(IReadOnlyCollection<string> keys, CancellationToken token = default);

    /// <summary>Stores a value with its expiration and tags (Redis SET PX).</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="options">The expiration; without any, the entry does not expire.</param>
    /// <param name="tags">The names by which <see cref="RemoveByTagAsync"/> removes the entry.</param>
    /// <param name="token">Cancels the call.</param>
    /// <returns>A task that completes when Redis has stored the entry.</returns>
    /// <exception cref="ArgumentNullException">An argument or a tag is null.</exception>
    /// <exception cref="ArgumentException">The tags are longer than 64 KiB together.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The absolute expiration is in the past.</exception>
    /// <example>
    /// <code>
    /// var value = new ReadOnlySequence&lt;byte&gt;("3 apples"u8.ToArray());
    /// var expiration = new DistributedCacheEntryOptions { SlidingExpiration = TimeSpan.FromMinutes(20) };
    /// await cache.SetAsync("basket:alice", value, expiration, tags: ["baskets"]);
    /// </code>
    /// </example>
    ValueTask SetAsync(string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions options, IReadOnlyCollection<string> tags, CancellationToken token = default);

    /// <summary>Removes all entries that have the tag, on every node at once (one Redis DEL of one small key).</summary>
    /// <remarks>
    /// The memory of the entries is freed when they expire; an entry without an expiration keeps it until it is overwritten or removed by
    /// key. Tags of responses are separate: see <see cref="IResponseCacheInvalidator.EvictByTagAsync"/>.
    /// </remarks>
    /// <param name="tag">The tag.</param>
    /// <param name="token">Cancels the call.</param>
    /// <returns>A task that completes when Redis has confirmed the removal.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="tag"/> is null.</exception>
    /// <example><code>await cache.RemoveByTagAsync("baskets");</code></example>
    ValueTask RemoveByTagAsync(string tag, CancellationToken token = default);
}
