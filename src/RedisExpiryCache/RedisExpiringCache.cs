using System.Buffers;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RedisExpiryCache.Configuration;
using RedisExpiryCache.DataCache;
using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache;

/// <summary>The data cache: a read is one round trip, a write one command that includes the expiration.</summary>
/// <remarks>
/// It fails as <see cref="IRedisExpiringCache"/> says, within <see cref="RedisExpiringCacheOptions.OperationTimeout"/>, and at once while
/// the circuit is open; with <see cref="FailureMode.Degrade"/> it continues without Redis. Bytes under a key that are not the entry written
/// for it are a miss, which is logged with the reason. A slide that fails after its read succeeded is logged and counted; the read is a
/// hit.
/// </remarks>
public sealed class RedisExpiringCache : IRedisExpiringCache, IDisposable, IAsyncDisposable
{
    private readonly RedisConnection connection;
    private readonly DataCacheOperations entries;

    /// <summary>Creates a cache outside dependency injection. It connects at the first use.</summary>
    /// <param name="options">Required: a connection, by <c>Configuration</c>, <c>ConfigurationOptions</c> or
    /// <c>ConnectionMultiplexerFactory</c>.</param>
    /// <param name="loggerFactory">Creates the logger. Default: null, nothing is logged.</param>
    /// <param name="meterFactory">Creates the meter. Default: null, a meter of the same name that no factory owns.</param>
    /// <param name="time">The application's clock. Default: null, the system's. Entries expire by the Redis server's clock.</param>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is null.</exception>
    /// <exception cref="OptionsValidationException">A setting is missing or out of its range.</exception>
    public RedisExpiringCache(
        IOptions<RedisExpiringCacheOptions> options, ILoggerFactory? loggerFactory = null, IMeterFactory? meterFactory = null, TimeProvider? time = null)
        : this(Validated(options), new CacheMetrics(meterFactory), loggerFactory, time)
    {
    }

    internal RedisExpiringCache(RedisExpiringCacheOptions options, CacheMetrics metrics, ILoggerFactory? loggerFactory, TimeProvider? time)
    {
        connection = new RedisConnection(options, time ?? TimeProvider.System, new ConnectionTelemetry(metrics, loggerFactory));
        entries = new DataCacheOperations(connection, new FailOpenPolicy(connection, options.FailureMode), new DataCacheTelemetry(metrics, loggerFactory), options);
    }

    /// <summary>Responses go over the same connection.</summary>
    internal RedisConnection Connection => connection;

    /// <inheritdoc />
    public byte[]? Get(string key) => Wait(Settled(entries.GetAsync(key, OperationContext.Sync())));

    /// <inheritdoc />
    public Task<byte[]?> GetAsync(string key, CancellationToken token = default) =>
        Settled(entries.GetAsync(key, OperationContext.Async(token))).AsTask();

    /// <inheritdoc />
    public bool TryGet(string key, IBufferWriter<byte> destination) =>
        Wait(Settled(entries.TryGetAsync(key, destination, OperationContext.Sync())));

    /// <inheritdoc />
    public ValueTask<bool> TryGetAsync(string key, IBufferWriter<byte> destination, CancellationToken token = default) =>
        Settled(entries.TryGetAsync(key, destination, OperationContext.Async(token)));

    /// <inheritdoc />
    public void Set(string key, byte[] value, DistributedCacheEntryOptions options) =>
        Wait(entries.SetAsync(key, Bytes(value), options, [], OperationContext.Sync()));

    /// <inheritdoc />
    public void Set(string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions options) =>
        Wait(entries.SetAsync(key, value, options, [], OperationContext.Sync()));

    /// <inheritdoc />
    public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default) =>
        entries.SetAsync(key, Bytes(value), options, [], OperationContext.Async(token)).AsTask();

    /// <inheritdoc />
    public ValueTask SetAsync(
        string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions options, CancellationToken token = default) =>
        Unnamed(entries.SetAsync(key, value, options, [], OperationContext.Async(token)));

    /// <inheritdoc />
    public ValueTask SetAsync(
        string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions options, IReadOnlyCollection<string> tags, CancellationToken token = default) =>
        Unnamed(entries.SetAsync(key, value, options, tags, OperationContext.Async(token)));

    /// <inheritdoc />
    public void Refresh(string key) => Wait(Settled(entries.RefreshAsync(key, OperationContext.Sync())));

    /// <inheritdoc />
    public Task RefreshAsync(string key, CancellationToken token = default) =>
        Settled(entries.RefreshAsync(key, OperationContext.Async(token))).AsTask();

    /// <inheritdoc />
    public void Remove(string key) => Wait(entries.RemoveAsync([NotNull(key)], OperationContext.Sync()));

    /// <inheritdoc />
    public Task RemoveAsync(string key, CancellationToken token = default) =>
        entries.RemoveAsync([NotNull(key)], OperationContext.Async(token)).AsTask();

    /// <inheritdoc />
    public ValueTask<long> RemoveAsync(IReadOnlyCollection<string> keys, CancellationToken token = default) =>
        entries.RemoveAsync(keys, OperationContext.Async(token));

    /// <inheritdoc />
    public ValueTask RemoveByTagAsync(string tag, CancellationToken token = default) =>
        Unnamed(entries.RemoveByTagAsync(tag, OperationContext.Async(token)));

    /// <inheritdoc />
    public ValueTask<CacheEntryLifetime?> GetLifetimeAsync(string key, CancellationToken token = default) =>
        entries.GetLifetimeAsync(key, OperationContext.Async(token));

    /// <inheritdoc />
    public ValueTask<bool> ExpireAsync(string key, DistributedCacheEntryOptions options, CancellationToken token = default) =>
        entries.ExpireAsync(key, options, OperationContext.Async(token));

    /// <summary>
    /// Closes the connection, unless it came from a <c>ConnectionMultiplexerFactory</c>. Later calls throw
    /// <see cref="ObjectDisposedException"/>.
    /// </summary>
    public void Dispose() => connection.Dispose();

    /// <inheritdoc cref="Dispose" />
    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private static RedisExpiringCacheOptions Validated(IOptions<RedisExpiringCacheOptions> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var result = new RedisExpiringCacheOptionsValidator().Validate(name: null, options.Value);
        return result.Succeeded
            ? options.Value
            : throw new OptionsValidationException(Options.DefaultName, typeof(RedisExpiringCacheOptions), result.Failures!);
    }

    private static ReadOnlySequence<byte> Bytes(byte[] value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new ReadOnlySequence<byte>(value);
    }

    private static string NotNull(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key;
    }

    private ValueTask<T> Settled<T>(ValueTask<T> call) => connection.Trailing is { } trailing ? trailing.AfterAsync(call) : call;

    /// <summary>A call that blocks has ended by the time it returns: see <see cref="OperationContext"/>.</summary>
    private static T Wait<T>(ValueTask<T> ended) =>
        ended.IsCompleted ? ended.GetAwaiter().GetResult() : ended.AsTask().GetAwaiter().GetResult();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask Unnamed<T>(ValueTask<T> call) => await call;
}
