using System.Buffers;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Caching.Distributed;
using RedisExpiryCache.Concurrency;
using RedisExpiryCache.Expiry;
using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Generations;
using RedisExpiryCache.Redis.Resilience;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.DataCache;

/// <summary>
/// What the data cache does, one method a call of its surface: check the arguments, ask Redis, report. Failure policy:
/// see <see cref="RedisExpiringCache"/>.
/// </summary>
internal sealed class DataCacheOperations(
    RedisConnection connection, FailOpenPolicy degradation, DataCacheTelemetry report, RedisExpiringCacheOptions options)
{
    private readonly ServerClock clock = connection.Clock;
    private readonly EntryStore entries = new(
        connection, options.EntryFormat, EntryKind.Data, options.NearCache.IncludeData ? connection.Near : null);

    private readonly string instanceName = options.InstanceName ?? "";
    private readonly ReservedDataKeys reserved = new(new RedisExecutor(connection), options.InstanceName ?? "");
    private readonly TaggedEntryStore entryTags = new(new GenerationStore(connection), $"{options.InstanceName}tag:data:");

    public ValueTask<byte[]?> GetAsync(string key, OperationContext call) =>
        ReadAsync(key, call, destination: null, static (read, _) => read.IsHit ? read.Payload.ToArray() : null);

    public ValueTask<bool> TryGetAsync(string key, IBufferWriter<byte> destination, OperationContext call)
    {
        ArgumentNullException.ThrowIfNull(destination);
        return ReadAsync(key, call, destination, static (read, destination) =>
        {
            if (read.IsHit)
                destination!.Write(read.Payload.Span);

            return read.IsHit;
        });
    }

    public ValueTask<bool> SetAsync(
        string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions options, IReadOnlyCollection<string> tags, OperationContext call)
    {
        Check(key, call);
        ArgumentNullException.ThrowIfNull(options);
        TaggedEntryStore.Check(tags);
        EntryStore.Check(value);

        var fullKey = FullKey(key);
        return Reported(DataOperation.Set, key, call, WriteAsync(key, fullKey, value, options, tags, call), new Evicted(Key: fullKey));
    }

    public ValueTask<bool> RefreshAsync(string key, OperationContext call)
    {
        Check(key, call);
        if (FindNear(key, FullKey(key)) is not { } near)
            return Reported(DataOperation.Refresh, key, call, SlideAsync(key, call));

        // As a read does, which would be no less true: who refreshes on each request is not to drop everybody's copy with each.
        if (near.Expiry.Sliding is { } window)
            Slide(key, FullKey(key), near, window);

        report.Done(DataOperation.Refresh, key, call.Started);
        return ValueTask.FromResult(true);
    }

    public ValueTask<long> RemoveAsync(IReadOnlyCollection<string> keys, OperationContext call)
    {
        ArgumentNullException.ThrowIfNull(keys);
        if (keys.Any(static key => key is null))
            throw new ArgumentNullException(nameof(keys), "One of the keys is null.");

        call.Token.ThrowIfCancellationRequested();
        var named = keys.Count == 1 ? keys.First() : $"{keys.Count} keys";
        string[] fullKeys = [.. keys.Select(FullKey)];
        return Reported(DataOperation.Remove, named, call, RemoveAsync(keys, fullKeys, call), new Evicted(Keys: fullKeys));
    }

    private async ValueTask<long> RemoveAsync(IReadOnlyCollection<string> keys, string[] fullKeys, OperationContext call) =>
        await entries.RemoveAsync(fullKeys, call) + await reserved.RemoveUnmarkedAsync(keys, call);

    public ValueTask<bool> RemoveByTagAsync(string tag, OperationContext call)
    {
        ArgumentNullException.ThrowIfNull(tag);
        call.Token.ThrowIfCancellationRequested();
        return Reported(DataOperation.RemoveByTag, tag, call, entryTags.RemoveAsync(tag, call), new Evicted(Key: entryTags.KeyOfTag(tag)));
    }

    public ValueTask<CacheEntryLifetime?> GetLifetimeAsync(string key, OperationContext call)
    {
        Check(key, call);
        return Reported(DataOperation.GetLifetime, key, call, LifetimeAsync(key, call));
    }

    public ValueTask<bool> ExpireAsync(string key, DistributedCacheEntryOptions options, OperationContext call)
    {
        Check(key, call);
        ArgumentNullException.ThrowIfNull(options);
        return Reported(DataOperation.Expire, key, call, NewExpiryAsync(key, options, call));
    }

    /// <summary>What the caller takes from what was read, which is gone after that.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<T> ReadAsync<T>(
        string key, OperationContext call, IBufferWriter<byte>? destination, Func<EntryReadResult, IBufferWriter<byte>?, T> take)
    {
        Check(key, call);
        var fullKey = FullKey(key);
        if (FindNear(key, fullKey) is { } near)
            return Taken(near, HitLevel.Near);

        EntryReadResult read;
        try
        {
            if (DataKeys.IsReserved(key))
                fullKey = await reserved.LocateAsync(key, call);

            read = degradation.HasOverflowed ? new EntryReadResult(MissReason.Absent) : await entryTags.ReadAsync(entries, fullKey, call);
        }
        catch (Exception failure) when (report.Failed(DataOperation.Get, key, failure, call.Started) || degradation.Covers(failure, call))
        {
            report.WentWithout(DataOperation.Get, failure);
            return take(new EntryReadResult(MissReason.Absent), destination);
        }

        return Taken(read, HitLevel.Redis);

        T Taken(EntryReadResult read, HitLevel level)
        {
            using (read)
            {
                if (read.IsHit && read.Expiry.Sliding is { } window)
                    Slide(key, fullKey, read, window);

                report.WasRead(key, read.Miss, call.Started, read.IsHit ? level : null);
                return take(read, destination);
            }
        }
    }

    private EntryReadResult? FindNear(string key, string fullKey) =>
        degradation.HasOverflowed || DataKeys.IsReserved(key) ? null : entryTags.FindNear(entries, fullKey);

    /// <summary>
    /// Rides behind the read on the same connection, or comes later where slides are gathered; the reader does not wait for it.
    /// </summary>
    private void Slide(string key, string fullKey, EntryReadResult read, TimeSpan window) =>
        entries.Slides.RefreshInBackground(fullKey, read.Slide, window, sliding => SlideBehindAsync(key, sliding));

    private async Task SlideBehindAsync(string key, Task<(TagGeneration[] Tags, TimeSpan Window)> sliding)
    {
        try
        {
            var (tags, window) = await sliding;
            if (tags.Length > 0)
                await KeepBehindAsync(key, tags, window);
        }
        catch (Exception failure)
        {
            report.SlideFailed(key, failure);
        }
    }

    /// <summary>The generations of an entry's tags slide with it, behind it.</summary>
    private async Task KeepBehindAsync(string key, TagGeneration[] tags, TimeSpan window)
    {
        try
        {
            await entryTags.ExtendAsync(tags, window, OperationContext.Detached());
        }
        catch (Exception failure)
        {
            report.SlideFailed(key, failure);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> WriteAsync(
        string key,
        string fullKey,
        ReadOnlySequence<byte> value,
        DistributedCacheEntryOptions options,
        IReadOnlyCollection<string> tags,
        OperationContext call)
    {
        var (expiry, serverNow) = await ExpiryOf(options, call);
        var stamps = tags.Count == 0 ? [] : await entryTags.StampAsync(tags, GenerationStore.Slack, call);
        await entries.WriteAsync(fullKey, new EntryPayload(default, value), expiry, stamps, serverNow, call);
        if (stamps.Length > 0)
            await entryTags.ExtendAsync(stamps, LifetimeOf(expiry, serverNow), call);

        if (DataKeys.IsReserved(key))
            await reserved.RemoveUnmarkedAsync([key], call);

        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> SlideAsync(string key, OperationContext call)
    {
        var (tags, window) = await entries.Slides.RefreshAsync(await reserved.LocateAsync(key, call), call);
        if (tags.Length > 0)
            ExecutionContextFlow.Begin(() => entries.Slides.Followed(KeepBehindAsync(key, tags, window)));

        return true;
    }

    private async ValueTask<bool> NewExpiryAsync(string key, DistributedCacheEntryOptions options, OperationContext call)
    {
        var fullKey = await reserved.LocateAsync(key, call);
        var (expiry, serverNow) = await ExpiryOf(options, call);
        var tags = await entries.ExpireAsync(fullKey, expiry, serverNow, call);

        // An entry whose tag was removed is not there, though its bytes are.
        return tags is not null && !degradation.HasOverflowed && await entryTags.ExtendAsync(tags, LifetimeOf(expiry, serverNow), call);
    }

    private async ValueTask<CacheEntryLifetime?> LifetimeAsync(string key, OperationContext call)
    {
        var fullKey = await reserved.LocateAsync(key, call);
        return !degradation.HasOverflowed && await entries.LifetimeAsync(fullKey, call) is var (lifetime, tags)
            && await entryTags.AreCurrentAsync(fullKey, tags, guess: null, call) ? lifetime : null;
    }

    /// <summary>
    /// The expiry on the server's clock. Only a moment needs that clock; for a time from now, any clock gives the same.
    /// </summary>
    private async ValueTask<(EntryExpiry Expiry, DateTimeOffset ServerNow)> ExpiryOf(DistributedCacheEntryOptions options, OperationContext call)
    {
        var (end, relative) = (options.AbsoluteExpiration, options.AbsoluteExpirationRelativeToNow);
        var namesMoment = end is not null || (relative is not null && options.SlidingExpiration is not null);
        var serverNow = namesMoment ? await NowAsync(end, call) : clock.LocalNow;

        // Past for the app and for the server alike: where only one of the two clocks is wrong, the server's decides, and nobody is blamed.
        if (end <= clock.LocalNow && end <= serverNow)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options.AbsoluteExpiration), end, "The absolute expiration is in the past; it must be later than now.");
        }

        return (EntryExpiry.From(options, serverNow), serverNow);
    }

    /// <summary>A server that cannot be asked does not excuse a moment that has passed.</summary>
    private async ValueTask<DateTimeOffset> NowAsync(DateTimeOffset? end, OperationContext call)
    {
        try
        {
            return await clock.NowAsync(call);
        }
        catch (Exception failure) when (RedisErrors.IsRedisFailure(failure) && end <= clock.LocalNow)
        {
            return clock.LocalNow;
        }
    }

    private static TimeSpan? LifetimeOf(EntryExpiry expiry, DateTimeOffset serverNow) =>
        expiry.AbsoluteEnd is { } end ? end - serverNow : expiry.Sliding;

    private string FullKey(string key) => DataKeys.NameOf(instanceName, key);

    private static void Check(string key, OperationContext call)
    {
        ArgumentNullException.ThrowIfNull(key);
        call.Token.ThrowIfCancellationRequested();
    }

    /// <summary>
    /// What the call did is reported. What it could not do is thrown, or, where the settings want that, gone without: then its result is
    /// the default.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<T> Reported<T>(
        DataOperation operation, string key, OperationContext call, ValueTask<T> work, Evicted evicted = default)
    {
        T result;
        try
        {
            result = await work;
        }
        catch (Exception failure) when (report.Failed(operation, key, failure, call.Started) || degradation.Covers(failure, call))
        {
            report.WentWithout(operation, failure);
            if (evicted.All is { } keys)
                await degradation.EvictAsync(entries, keys, failure, call);

            return default!;
        }

        report.Done(operation, key, call.Started);
        return result;
    }

    /// <summary>What must not be read any more once the call has ended, however it went: one key, several, or none.</summary>
    private readonly record struct Evicted(string? Key = null, IReadOnlyCollection<string>? Keys = null)
    {
        public IReadOnlyCollection<string>? All => Key is null ? Keys : [Key];
    }
}
