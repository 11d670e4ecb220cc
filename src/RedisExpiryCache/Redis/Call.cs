namespace RedisExpiryCache.Redis;

/// <summary>
/// How one call waits: the synchronous half of <c>IDistributedCache</c> blocks its thread on the client library's own task, so that the
/// same code serves both halves and a blocked caller never needs a second pool thread in order to go on.
/// </summary>
internal readonly record struct Call(bool Blocking, CancellationToken Token)
{
    public static readonly Call Sync = new(Blocking: true, CancellationToken.None);

    public static Call Async(CancellationToken token) => new(Blocking: false, token);
}
