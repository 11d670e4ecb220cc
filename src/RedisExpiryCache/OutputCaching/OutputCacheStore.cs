using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.OutputCaching;
using RedisExpiryCache.Expiry;
using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Generations;

namespace RedisExpiryCache.OutputCaching;

/// <summary>
/// The store of ASP.NET Core's output cache. An entry is stamped with the generations of its tags, read before it is written; so evicting a
/// tag is one DEL, after which no node serves what was stored before, nor what was stamped before and is written late. A set that reads the
/// generations after the eviction is a new entry, however old its page: the set is the first that a store hears of it.
/// <para> Failure policy: a lookup that fails is a miss and a store that fails is dropped, both logged once a minute and kind, and counted.
/// An eviction that could not be done throws what <see cref="RedisConnection"/> throws, logged and counted too. Each ends within
/// <see cref="RedisExpiringCacheOptions.OperationTimeout"/>. The caller's own mistakes and its cancellation are thrown.
/// </para>
/// </summary>
internal sealed class OutputCacheStore(
    EntryStore entries, GenerationStore generations, ServerClock clock, OutputCacheTelemetry report, string instanceName)
    : IOutputCacheBufferStore
{
    private readonly TaggedEntryStore entryTags = new(generations, OutputCacheKeys.TagPrefix(instanceName));

    public async ValueTask<byte[]?> GetAsync(string key, CancellationToken cancellationToken)
    {
        using var read = await ReadAsync(key, cancellationToken);
        return read.IsHit ? read.Payload.ToArray() : null;
    }

    public async ValueTask<bool> TryGetAsync(string key, PipeWriter destination, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(destination);
        using (var read = await ReadAsync(key, cancellationToken))
        {
            if (!read.IsHit)
                return false;

            destination.Write(read.Payload.Span);
        }

        await destination.FlushAsync(cancellationToken);
        return true;
    }

    public ValueTask SetAsync(string key, byte[] value, string[]? tags, TimeSpan validFor, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(value);
        return SetAsync(key, new ReadOnlySequence<byte>(value), tags, validFor, cancellationToken);
    }

    public async ValueTask SetAsync(
        string key, ReadOnlySequence<byte> value, ReadOnlyMemory<string> tags, TimeSpan validFor, CancellationToken cancellationToken)
    {
        // The memory is the caller's again when this returns.
        var ownTags = tags.ToArray();
        ArgumentNullException.ThrowIfNull(key);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(validFor, TimeSpan.Zero);
        TaggedEntryStore.Check(ownTags);
        EntryStore.Check(value);

        var started = OutputCacheTelemetry.Start();
        try
        {
            await WriteAsync(OutputCacheKeys.RedisKeyOf(instanceName, key), value, ownTags, validFor, OperationContext.Async(cancellationToken));
        }
        catch (Exception failure)
        {
            report.Failed(OutputCacheOperation.Set, key, failure, started);
            if (cancellationToken.IsCancellationRequested)
                throw;

            return;
        }

        report.Done(OutputCacheOperation.Set, key, started);
    }

    public async ValueTask EvictByTagAsync(string tag, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(tag);
        var started = OutputCacheTelemetry.Start();
        try
        {
            await entryTags.RemoveAsync(tag, OperationContext.Async(cancellationToken));
        }
        catch (Exception failure)
        {
            report.EvictionFailed(tag, failure, started);
            throw;
        }

        report.Done(OutputCacheOperation.EvictByTag, tag, started);
    }

    private async ValueTask<EntryReadResult> ReadAsync(string key, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(key);
        var started = OutputCacheTelemetry.Start();
        try
        {
            var read = await entryTags.ReadAsync(entries, OutputCacheKeys.RedisKeyOf(instanceName, key), OperationContext.Async(token));
            report.WasRead(key, read.Miss, started);
            return read;
        }
        catch (Exception failure)
        {
            report.Failed(OutputCacheOperation.Get, key, failure, started);
            if (token.IsCancellationRequested)
                throw;

            return new EntryReadResult(MissReason.Absent);
        }
    }

    private async ValueTask WriteAsync(
        string fullKey, ReadOnlySequence<byte> value, string[] tags, TimeSpan validFor, OperationContext call)
    {
        var now = clock.LocalNow;
        var end = Ttl.EndOf(now, validFor);
        var stamps = tags.Length == 0 ? [] : await entryTags.StampAsync(tags, end - now + GenerationStore.Slack, call);
        await entries.WriteAsync(fullKey, new EntryPayload(default, value), new EntryExpiry(Sliding: null, end), stamps, now, call);
    }
}
