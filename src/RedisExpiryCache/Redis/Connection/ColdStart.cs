namespace RedisExpiryCache.Redis.Connection;

/// <summary>Gives the first requests of a process more time: <see cref="RedisExpiringCacheOptions.OperationTimeout"/>.</summary>
/// <remarks>
/// They wait for the connection, and for code that is compiled at its first use: hundreds of milliseconds that say nothing about Redis. It
/// ends with the first response that is stored, with <see cref="MostReplies"/> where none is, or with the first time-out, so that a Redis
/// that does not reply costs it once.
/// </remarks>
internal sealed class ColdStart
{
    /// <summary>More than a first page needs for generations, guards, lookup, lock and store.</summary>
    private const int MostReplies = 32;

    private int replies;
    private volatile bool isOver;

    public bool IsOver => isOver;

    public void Replied()
    {
        if (!isOver && Interlocked.Increment(ref replies) >= MostReplies)
            isOver = true;
    }

    public void End() => isOver = true;
}
