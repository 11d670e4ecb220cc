using StackExchange.Redis;

namespace RedisExpiryCache.Redis;

/// <summary>
/// The Redis server's clock, as seen from here: one TIME when connecting, carried on by this process's own timer, which no change of
/// the app's wall clock disturbs. Asked again after a reconnection (it may be another server) and, without anyone waiting, once a minute.
/// <para>Failure policy: a server that does not answer TIME is taken to share the app's clock, and is asked again at the next use.</para>
/// </summary>
internal sealed class ServerClock(RedisConnection connection, TimeProvider time)
{
    private static readonly TimeSpan SampleLifetime = TimeSpan.FromMinutes(1);

    private volatile Sample? sample;

    private sealed record Sample(DateTimeOffset ServerTime, long Timestamp);

    public DateTimeOffset LocalNow => time.GetUtcNow();

    public async ValueTask<DateTimeOffset> NowAsync(Call call)
    {
        var database = await connection.OpenAsync(call);
        var known = sample ?? await AskAsync(database, call);
        if (known is null)
            return LocalNow;

        var elapsed = time.GetElapsedTime(known.Timestamp);
        if (elapsed > SampleLifetime)
        {
            // Claimed before it is asked, so that one caller asks and the others go on with what is known.
            sample = known with { ServerTime = known.ServerTime + elapsed, Timestamp = time.GetTimestamp() };
            _ = AskAsync(database, Call.Detached()).AsTask();
        }

        return known.ServerTime + elapsed;
    }

    /// <summary>So that the first write need not.</summary>
    public async Task AskAsync(IDatabase database) => await AskAsync(database, Call.Detached());

    public void Forget() => sample = null;

    private async ValueTask<Sample?> AskAsync(IDatabase database, Call call)
    {
        var sent = time.GetTimestamp();
        RedisResult reply;
        try
        {
            reply = await connection.Complete(database.ExecuteAsync("TIME"), call);
        }
        catch (Exception failure) when (RedisErrors.IsOfRedis(failure))
        {
            return null;
        }

        var received = time.GetTimestamp();
        var parts = (RedisValue[])reply!;
        var serverTime = DateTimeOffset.FromUnixTimeSeconds((long)parts[0]).AddMicroseconds((double)parts[1]);
        return sample = new Sample(serverTime, sent + (received - sent) / 2);
    }
}
