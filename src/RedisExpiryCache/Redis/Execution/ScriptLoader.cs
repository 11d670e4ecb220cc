using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.Redis.Resilience;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Execution;

/// <summary>SCRIPT LOAD of every script when connecting, so that the first calls send hashes.</summary>
/// <remarks>
/// Failure policy: a server that does not take them gets each script with the first call that needs it, which the client library does by
/// itself.
/// </remarks>
internal static class ScriptLoader
{
    public static Task LoadAsync(RedisConnection connection, IConnectionMultiplexer multiplexer) =>
        Task.WhenAll(multiplexer.GetServers()
            .Where(static server => server is { IsConnected: true, IsReplica: false })
            .Select(server => LoadAsync(connection, server)));

    private static async Task LoadAsync(RedisConnection connection, IServer server)
    {
        var call = OperationContext.Detached();
        try
        {
            await connection.AwaitSharedAsync(Task.WhenAll(Scripts.All.Select(script => server.ScriptLoadAsync(script))), call);
        }
        catch (Exception failure) when (RedisErrors.IsRedisFailure(failure))
        {
            // A call that needs a script reports what is wrong, if it still is.
            return;
        }
    }
}
