using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Resilience;

namespace RedisExpiryCache.DataCache;

/// <summary>
/// What becomes of a call of the data cache that has failed, with <see cref="FailureMode.Degrade"/>. A read is a miss. What was to be
/// removed or replaced must not be read any more: it is deleted if Redis still does that, and remembered as deleted if it does not
/// (<see cref="Tombstones"/>).
/// </summary>
internal sealed class FailOpenPolicy(RedisConnection connection, FailureMode mode)
{
    /// <summary>More was removed while Redis was away than is remembered: no entry is to be trusted until Redis is back.</summary>
    public bool HasOverflowed => connection.Pending.HasOverflowed;

    /// <summary>
    /// Whether the app is to go on as if there were no cache. The caller's own mistakes, and its going away, are its own.
    /// </summary>
    public bool Covers(Exception failure, OperationContext call) =>
        mode == FailureMode.Degrade && failure is not (ArgumentException or ObjectDisposedException)
        && !(failure is OperationCanceledException && call.Token.IsCancellationRequested);

    public async ValueTask EvictAsync(EntryStore entries, IReadOnlyCollection<string> fullKeys, Exception failure, OperationContext call)
    {
        if (RedisErrors.KindOf(failure) != OperationErrorKind.RedisRefused || !await TryRemoveAsync(entries, fullKeys, call))
            connection.Pending.Add(fullKeys);
    }

    private static async ValueTask<bool> TryRemoveAsync(EntryStore entries, IReadOnlyCollection<string> fullKeys, OperationContext call)
    {
        try
        {
            await entries.RemoveAsync(fullKeys, call);
            return true;
        }
        catch (Exception)
        {
            return false;
        }
    }
}
