using System.Collections.Concurrent;
using RedisExpiryCache.Concurrency;
using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Generations;

namespace RedisExpiryCache.Redis.Resilience;

/// <summary>
/// Keys whose DEL could not be done, or may not have been. Until it is, they are as good as deleted for this process: nothing is read,
/// served or stored under them. So nothing that was evicted while Redis was away is served here again, whoever comes first, the made-up DEL
/// or a reader. Other processes serve it until then.
/// <para>A DEL more than was needed costs misses, nothing else: a generation that somebody has made meanwhile, or a value written meanwhile
/// by another process, goes too.</para>
/// <para>Failure policy: throws nothing. More keys than there is room for are told as lost, or stand for all responses, as the caller
/// says.</para>
/// </summary>
internal sealed class Tombstones(RedisConnection connection, ConnectionTelemetry report)
{
    /// <summary>How many keys are remembered at most.</summary>
    public const int Capacity = 50_000;

    private const int BatchSize = 500;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();

    // Each with a number of its own, so that a DEL that was sent before a key was remembered once more does not count for it.
    private readonly ConcurrentDictionary<string, Tombstone> keys = new(StringComparer.Ordinal);
    private readonly AsyncSignal retryNow = new();
    private volatile string? noteKey;
    private volatile bool hasLost;
    private volatile int count;
    private long lastNumber;
    private bool isReplaying;

    public int Count => count;

    /// <summary>
    /// Whether a key of the data cache was forgotten for want of room. Until all is made up for, none of its entries is to be trusted.
    /// </summary>
    public bool HasOverflowed => hasLost;

    public bool Contains(string key) => count > 0 && keys.ContainsKey(key);

    /// <summary>What <see cref="Cancel"/> wants to know; zero: the key is not pending.</summary>
    public long NumberOf(string key) => count > 0 ? keys.GetValueOrDefault(key).Number : 0;

    /// <param name="evicted">The keys to delete.</param>
    /// <param name="note">The generation key whose note has to change before that; null: none.</param>
    /// <param name="orElse">The key that stands for all of them, where there is no room; null: they are lost.</param>
    /// <param name="guardOf">The key to delete before each of them; null: none.</param>
    public void Add(
        IReadOnlyCollection<string> evicted, string? note = null, string? orElse = null, Func<string, string?>? guardOf = null)
    {
        var (before, lost) = (0, 0);
        bool starts;
        lock (gate)
        {
            before = count;
            noteKey = note ?? noteKey;
            foreach (var key in evicted)
            {
                if (count < Capacity || keys.ContainsKey(key))
                    Put(key, guardOf?.Invoke(key));
                else if (orElse is not null)
                    Put(orElse, guard: null);
                else
                    lost++;
            }

            hasLost |= lost > 0;
            starts = !isReplaying && count > 0;
            isReplaying |= starts;
        }

        report.EvictionsPending(count - before);
        if (lost > 0)
            report.EvictionsLost(lost);

        if (starts)
            _ = ExecutionContextFlow.Run(ReplayAsync);
    }

    /// <summary>The key was written since, with what is to be read from now on.</summary>
    public void Cancel(string key, long number)
    {
        if (number > 0 && keys.TryGetValue(key, out var tombstone) && tombstone.Number == number)
            Complete([new KeyValuePair<string, Tombstone>(key, tombstone)]);
    }

    /// <summary>Redis may be back: try now.</summary>
    public void RetryNow()
    {
        if (count > 0)
            retryNow.Set();
    }

    private void Put(string key, string? guard)
    {
        if (!keys.ContainsKey(key))
            count++;

        keys[key] = new Tombstone(++lastNumber, guard);
    }

    private async Task ReplayAsync()
    {
        var madeUp = 0;
        while (!IsDone())
        {
            await retryNow.WaitAsync(Interval);
            try
            {
                madeUp += await ReplayOnceAsync();
            }
            catch (Exception failure)
            {
                report.ReplayFailed(failure);
            }
        }

        if (madeUp > 0)
            report.EvictionsMadeUp(madeUp);
    }

    private bool IsDone()
    {
        lock (gate)
        {
            if (count > 0 && !connection.IsDisposed)
                return false;

            (noteKey, hasLost, isReplaying) = (null, false, false);
            return true;
        }
    }

    /// <summary>What is remembered while this runs is left to the next time: its note is still to come.</summary>
    private async Task<int> ReplayOnceAsync()
    {
        var due = keys.ToArray();
        if (noteKey is { } key)
            await new GenerationStore(connection).UpdateMetadataAsync(key, OperationContext.Detached());

        var madeUp = 0;
        foreach (var batch in due.Chunk(BatchSize))
        {
            // In a cluster one server may be away and the others not.
            var parts = connection.IsCluster || connection.Large.HasUnsettledWrites ? batch.Chunk(1) : [batch];
            var deleted = (await Task.WhenAll(parts.Select(DeleteAsync))).Sum();
            if (deleted == 0)
                break;

            madeUp += deleted;
        }

        return madeUp;
    }

    private async Task<int> DeleteAsync(KeyValuePair<string, Tombstone>[] due)
    {
        var call = OperationContext.Detached();
        try
        {
            // First, so that no guard is deleted each second while the key's master is away.
            var route = await connection.OpenAsync(due[0].Key, Access.Write, call);
            string[] guards = [.. due.Select(static one => one.Value.Guard).OfType<string>().Distinct(StringComparer.Ordinal)];
            if (connection.IsCluster)
            {
                foreach (var guard in guards)
                    await (await connection.OpenAsync(guard, Access.Write, call)).DeleteAsync([guard], call);

                guards = [];
            }

            await route.DeleteAsync([.. guards, .. due.Select(static one => one.Key)], call);
        }
        catch (Exception failure)
        {
            report.ReplayFailed(failure);
            return 0;
        }

        Complete(due);
        return due.Length;
    }

    private void Complete(KeyValuePair<string, Tombstone>[] done)
    {
        var settled = 0;
        lock (gate)
        {
            foreach (var one in done)
            {
                if (keys.TryRemove(one))
                    settled++;
            }

            count -= settled;
        }

        report.EvictionsPending(-settled);
    }

    /// <param name="Number">Of the last time that the key was remembered.</param>
    /// <param name="Guard">The key to delete before it; null: none.</param>
    private readonly record struct Tombstone(long Number, string? Guard);
}
