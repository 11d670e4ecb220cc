namespace RedisExpiryCache.Redis;

/// <summary>Gives the first requests of a process <see cref="RedisExpiringCacheOptions.OperationTimeout"/> where their own budget is shorter.</summary>
/// <remarks>
/// They wait for the connection, and for code that is compiled at its first use: hundreds of milliseconds that say nothing about Redis.
/// It ends with as many replies as a first page needs, or with the first time-out, so that a Redis that does not reply costs it once.
/// </remarks>
internal sealed class ColdStart
{
    /// <summary>Of its generations, lookup, lock and store.</summary>
    private const int RepliesOfAFirstPage = 8;

    private int replies;
    private volatile bool isOver;

    public bool IsOver => isOver;

    public void Replied()
    {
        if (!isOver && Interlocked.Increment(ref replies) >= RepliesOfAFirstPage)
            isOver = true;
    }

    public void TimedOut() => isOver = true;
}
