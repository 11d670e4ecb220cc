using System.Net;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis;

/// <summary>The user's settings of the client library, with what our promises need.</summary>
internal static class ConnectionSettings
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(500);

    // How soon the client library notices that a connection is lost or can be had again; its own default is a second.
    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// The app starts without Redis, nothing queues up while it is away, it is found again soon, and the client library's own time-outs are no
    /// shorter than ours.
    /// </summary>
    public static ConfigurationOptions Of(RedisExpiringCacheOptions options)
    {
        var configuration = options.ConfigurationOptions?.Clone() ?? ConfigurationOptions.Parse(options.Configuration!);
        var timeoutMs = (int)Math.Ceiling(options.LongestTimeout.TotalMilliseconds);
        configuration.AbortOnConnectFail = false;
        configuration.BacklogPolicy = BacklogPolicy.FailFast;
        configuration.HeartbeatInterval = HeartbeatInterval;
        configuration.ReconnectRetryPolicy = new LinearRetry((int)RetryInterval.TotalMilliseconds);
        configuration.ConnectTimeout = Math.Max(timeoutMs, 1000);
        configuration.AsyncTimeout = timeoutMs;
        configuration.SyncTimeout = timeoutMs;
        return configuration;
    }

    /// <summary>
    /// A redis:// URL is none, though it can be parsed as one: as a host of that whole name, password included, which the client library
    /// would then say in its exceptions.
    /// </summary>
    public static bool IsConnectionString(string configuration)
    {
        try
        {
            var endPoints = ConfigurationOptions.Parse(configuration).EndPoints;
            return endPoints.Count > 0 && !endPoints.OfType<DnsEndPoint>().Any(static point => point.Host.AsSpan().ContainsAny("@/;= "));
        }
        catch (Exception wrong) when (wrong is ArgumentException or FormatException or OverflowException)
        {
            return false;
        }
    }
}
