using RedisExpiryCache.Concurrency;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Resilience;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Connection;

/// <summary>
/// The Redis server's clock, as seen from here: one TIME when connecting, carried on by this process's own timer, which no change of
/// the app's wall clock disturbs. Asked again after a reconnection (it may be another server) and, without anyone waiting, once a minute.
/// <para>Failure policy: a server that does not answer TIME is taken to share the app's clock, and is asked again at the next use.</para>
/// </summary>
internal sealed class ServerClock(RedisConnection connection, TimeProvider time)
{
    private const int Attempts = 3;

    private static readonly TimeSpan SampleLifetime = TimeSpan.FromMinutes(1);

    /// <summary>An answer that took longer than this is asked for again: it could be that much too old.</summary>
    private static readonly TimeSpan Prompt = TimeSpan.FromMilliseconds(5);

    private volatile Sample? sample;

    private sealed record Sample(DateTimeOffset ServerTime, long Timestamp);

    public DateTimeOffset LocalNow => time.GetUtcNow();

    public async ValueTask<DateTimeOffset> NowAsync(OperationContext call)
    {
        var redis = await connection.OpenAsync(key: null, Access.Read, call);
        var known = sample ?? await AskAsync(redis, call);
        if (known is null)
            return LocalNow;

        var elapsed = time.GetElapsedTime(known.Timestamp);
        if (elapsed > SampleLifetime)
        {
            // Claimed before it is asked, so that one caller asks and the others go on with what is known.
            sample = known with { ServerTime = known.ServerTime + elapsed, Timestamp = time.GetTimestamp() };
            ExecutionContextFlow.Begin(() => AskAsync(redis, OperationContext.Detached()).AsTask());
        }

        return known.ServerTime + elapsed;
    }

    /// <summary>So that the first write need not.</summary>
    public async Task AskAsync(RedisRoute redis) => await AskAsync(redis, OperationContext.Detached());

    public void Forget() => sample = null;

    private async ValueTask<Sample?> AskAsync(RedisRoute redis, OperationContext call)
    {
        (Sample? Sample, TimeSpan Took) best = (null, TimeSpan.MaxValue);
        for (var attempt = 0; attempt < Attempts && best.Took > Prompt; attempt++)
        {
            var sent = time.GetTimestamp();
            DateTimeOffset serverTime;
            try
            {
                serverTime = TimeIn(await redis.AwaitReplyAsync(redis.Database.ExecuteAsync("TIME", [], RedisCommands.Primary), call));
            }
            catch (Exception failure) when (RedisErrors.IsRedisFailure(failure))
            {
                break;
            }

            // As of now, when it has arrived: so our clock is late rather than early, and no end that is so and so long from now comes
            // later than that.
            var took = time.GetElapsedTime(sent);
            if (took < best.Took)
                best = (new Sample(serverTime, time.GetTimestamp()), took);
        }

        return best.Sample is null ? null : sample = best.Sample;
    }

    private static DateTimeOffset TimeIn(RedisResult reply)
    {
        var parts = Replies.Array(reply, atLeast: 2);
        var (seconds, microseconds) = (Replies.Number(parts[0]), Replies.Number(parts[1]));
        return seconds is >= 0 and < 250_000_000_000 && microseconds is >= 0 and < 1_000_000
            ? DateTimeOffset.FromUnixTimeSeconds(seconds).AddMicroseconds(microseconds)
            : throw new RedisException("Redis replied to TIME with a moment out of range.");
    }
}
