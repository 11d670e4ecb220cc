using System.Buffers;
using Microsoft.Extensions.Caching.Distributed;

namespace RedisExpiryCache;

/// <summary>
/// The data cache beyond <see cref="IDistributedCache"/>: what is left of an entry, a new expiry for it, many keys at once, tags.
/// <para>
/// Every call ends within <see cref="RedisExpiringCacheOptions.OperationTimeout"/>, and at once while the circuit is open. With
/// <see cref="FailureMode.Throw"/>, the default, it throws <see cref="StackExchange.Redis.RedisConnectionException"/> when Redis cannot be reached,
/// <see cref="StackExchange.Redis.RedisTimeoutException"/> when it does not answer in time, <see cref="StackExchange.Redis.RedisServerException"/>
/// with Redis' own words when it refuses, <see cref="OperationCanceledException"/> when the token is cancelled, <see cref="ObjectDisposedException"/>
/// after disposal.
/// </para>
/// </summary>
public interface IRedisExpiringCache : IBufferDistributedCache
{
    /// <summary>What is left of an entry (Redis PTTL). Asking does not slide it.</summary>
    /// <returns>Null when there is no such entry.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    ValueTask<CacheEntryLifetime?> GetLifetimeAsync(string key, CancellationToken token = default);

    /// <summary>Gives an entry a new expiry and leaves its value untouched (what PEXPIRE does, and PERSIST when the options name no expiry; by a
    /// script, because
    /// the sliding window stands in the entry). The value does not travel, but the server copies it.</summary>
    /// <returns>False when there is no such entry.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> or <paramref name="options"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The absolute expiration is in the past.</exception>
    ValueTask<bool> ExpireAsync(string key, DistributedCacheEntryOptions options, CancellationToken token = default);

    /// <summary>Removes entries in one step (Redis DEL; on a cluster, where keys live apart, one DEL each in one round trip).</summary>
    /// <returns>How many of the keys there were.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="keys"/> or one of them is null.</exception>
    ValueTask<long> RemoveAsync(IReadOnlyCollection<string> keys, CancellationToken token = default);

    /// <summary>Stores a value with its expiry and its tags: <see cref="RemoveByTagAsync"/> of any of them removes it.</summary>
    /// <exception cref="ArgumentNullException">An argument or a tag is null.</exception>
    /// <exception cref="ArgumentException">The tags are longer than 64 KiB together.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The absolute expiration is in the past.</exception>
    ValueTask SetAsync(string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions options, IReadOnlyCollection<string> tags, CancellationToken token = default);

    /// <summary>
    /// Removes all entries that carry the tag, on every node at once: one Redis DEL of one small key, however many they are. Their bytes go when
    /// their own expiry comes; those of an entry without one stay until it is overwritten or removed by its key. Tags of responses are apart: see
    /// <see cref="IResponseCacheInvalidator.EvictByTagAsync"/>.
    /// </summary>
    /// <exception cref="ArgumentNullException"><paramref name="tag"/> is null.</exception>
    ValueTask RemoveByTagAsync(string tag, CancellationToken token = default);
}
