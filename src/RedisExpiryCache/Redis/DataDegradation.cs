namespace RedisExpiryCache.Redis;

/// <summary>
/// What becomes of a call of the data cache that has failed, with <see cref="FailureMode.Degrade"/>. A read is a miss. What was to be removed or
/// replaced must not be read any more: it is deleted if Redis still does that, and remembered as deleted if it does not
/// (<see cref="PendingEvictions"/>).
/// </summary>
internal sealed class DataDegradation(RedisConnection connection, FailureMode mode)
{
    /// <summary>More was removed while Redis was away than is remembered: no entry is to be trusted until Redis is back.</summary>
    public bool HidesAll => connection.Pending.HasLost;

    /// <summary>Whether the app is to go on as if there were no cache. The caller's own mistakes, and its going away, are its own.</summary>
    public bool Covers(Exception failure, Call call) =>
        mode == FailureMode.Degrade && failure is not (ArgumentException or ObjectDisposedException)
        && !(failure is OperationCanceledException && call.Token.IsCancellationRequested);

    public async ValueTask EvictAsync(RedisEntries entries, IReadOnlyCollection<string> fullKeys, Exception failure, Call call)
    {
        if (RedisErrors.KindOf(failure) != RedisErrorKind.RedisRefused || !await TryRemoveAsync(entries, fullKeys, call))
            connection.Pending.Remember(fullKeys);
    }

    private static async ValueTask<bool> TryRemoveAsync(RedisEntries entries, IReadOnlyCollection<string> fullKeys, Call call)
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
