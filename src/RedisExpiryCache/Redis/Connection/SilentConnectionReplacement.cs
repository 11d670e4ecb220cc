using RedisExpiryCache.Redis.Execution;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Connection;

/// <summary>Replaces a connection that carries nothing although Redis is well, as where a firewall has forgotten it.</summary>
/// <remarks>The client library needs a minute or more to notice such a connection.</remarks>
internal static class SilentConnectionReplacement
{
    /// <summary>Connects a second time and sends a command there.</summary>
    /// <param name="silent">Closed, if it is replaced.</param>
    /// <param name="settings">Of the new connection.</param>
    /// <param name="ask">The command.</param>
    /// <param name="within">How long its reply may take.</param>
    /// <param name="tryTake">Puts the second multiplexer in the place of the first, unless it is too late for that.</param>
    /// <returns>The second multiplexer; null when it was not taken.</returns>
    /// <exception cref="Exception">There was no reply on the new one either.</exception>
    public static async Task<IConnectionMultiplexer?> TryReplaceAsync(
        IConnectionMultiplexer silent,
        ConfigurationOptions settings,
        Func<IDatabase, Task> ask,
        TimeSpan within,
        Func<IConnectionMultiplexer, IConnectionMultiplexer, bool> tryTake)
    {
        var fresh = await ConnectionMultiplexer.ConnectAsync(settings);
        var isTaken = false;
        try
        {
            await ask(fresh.GetDatabase()).WaitAsync(within, ReplyAwaiter.RealTime);
            isTaken = tryTake(silent, fresh);
        }
        finally
        {
            ReplyAwaiter.Abandon(Task.Run(() => CloseAsync(isTaken ? silent : fresh)));
        }

        return isTaken ? fresh : null;
    }

    private static async Task CloseAsync(IConnectionMultiplexer multiplexer)
    {
        await multiplexer.CloseAsync(allowCommandsToComplete: false);
        await multiplexer.DisposeAsync();
    }
}
