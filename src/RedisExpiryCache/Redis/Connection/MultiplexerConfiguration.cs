using System.Net;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Connection;

/// <summary>The user's settings of the client library, with what our promises need.</summary>
internal static class MultiplexerConfiguration
{
    private const string DedicatedThreads = "DedicatedThreads";

    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(500);

    // How soon the client library notices that a connection is lost or can be had again; its own default is a second.
    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromMilliseconds(250);

    // Longer than any large value may take that is of use; its caller's own timeout is shorter.
    private static readonly TimeSpan LargeTimeout = TimeSpan.FromMinutes(1);

    private const int LargestMisspelling = 2;

    /// <summary>Of a connection string, as the client library's documentation lists them.</summary>
    private static readonly string[] Keywords =
    [
        "abortConnect", "allowAdmin", "asyncTimeout", "channelPrefix", "checkCertificateRevocation", "configChannel", "configCheckSeconds",
        "connectRetry", "connectTimeout", "defaultDatabase", "heartbeatConsistencyChecks", "heartbeatInterval", "highIntegrity",
        "keepAlive", "name", "password", "protocol", "proxy", "resolveDns", "serviceName", "setlib", "ssl", "sslHost", "sslProtocols",
        "syncTimeout", "tiebreaker", "tunnel", "user", "version",
    ];

    private static readonly TimeSpan FeedTimeout = TimeSpan.FromSeconds(1);

    /// <summary>To be called before the first connection: the flag is the client library's own, and holds for the process.</summary>
    public static void ApplyToProcess(RedisExpiringCacheOptions options)
    {
        if (options.DedicatedConnectionThreads)
            ConnectionMultiplexer.SetFeatureFlag(DedicatedThreads, true);
    }

    /// <summary>
    /// The app starts without Redis, nothing queues up while it is away, it is found again soon, and the client library's own time-outs are
    /// no shorter than ours.
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

    /// <summary>The same for large values: the client library keeps a command for as long as its reply is on its way.</summary>
    public static ConfigurationOptions OfLargeValues(RedisExpiringCacheOptions options)
    {
        var configuration = Of(options);
        configuration.AsyncTimeout = configuration.SyncTimeout = Math.Max(configuration.AsyncTimeout, (int)LargeTimeout.TotalMilliseconds);
        return configuration;
    }

    /// <summary>
    /// One server, whatever it belongs to, to hear from it what changes. In the older protocol: in the newer one the client library keeps
    /// what it is told to itself.
    /// </summary>
    public static ConfigurationOptions OfFeed(
        RedisExpiringCacheOptions options, IConnectionMultiplexer main, IServer server, string clientName)
    {
        // Beside a factory a connection string says nothing of what the factory has made.
        var configuration = options.ConfigurationOptions?.Clone()
            ?? ConfigurationOptions.Parse(options.ConnectionMultiplexerFactory is null ? options.Configuration! : main.Configuration);

        // Where the settings leave these open, the client library takes them from the endpoints; and of a cluster it has learnt numbers
        // where these had names.
        var (isTls, host) = (configuration.Ssl, configuration.SslHost);
        configuration.EndPoints.Clear();
        configuration.EndPoints.Add(server.EndPoint);
        (configuration.Ssl, configuration.SslHost) = (isTls, host);
        configuration.ServiceName = null;
        configuration.TieBreaker = "";

        // One on which nobody says anything. Without any the client library does not wait for the connection that is subscribed.
        configuration.ConfigurationChannel = clientName;

        // What changes is told whatever the database, and on a channel whose name is the server's.
        configuration.DefaultDatabase = null;
        configuration.ChannelPrefix = default;
        configuration.Protocol = RedisProtocol.Resp2;
        configuration.ClientName = clientName;
        configuration.AllowAdmin = true;
        configuration.AbortOnConnectFail = true;
        configuration.ConnectRetry = 1;
        configuration.ConnectTimeout = configuration.AsyncTimeout = configuration.SyncTimeout = (int)FeedTimeout.TotalMilliseconds;
        configuration.BacklogPolicy = BacklogPolicy.FailFast;
        configuration.HeartbeatInterval = HeartbeatInterval;

        // Without these it does not find out that there are others, and connect to them too.
        if (server.ServerType == ServerType.Cluster)
            configuration.CommandMap = ConfigurationOptions.Parse($"{configuration.CommandMap},$CLUSTER=,$INFO=").CommandMap;

        return configuration;
    }

    /// <summary>What is wrong with a connection string, without its value, which may hold a password; null: nothing.</summary>
    public static string? ErrorIn(string configuration)
    {
        const string Wrong = "is not a StackExchange.Redis connection string (its value is not shown, because it may hold a password)";
        const string Right = "one looks like \"localhost:6379,password=…,ssl=true\", and not like a URL.";
        try
        {
            // A redis:// URL can be parsed, as a host of that whole name, password included, which exceptions of the client library would
            // show.
            var endPoints = ConfigurationOptions.Parse(configuration).EndPoints;
            return endPoints.Count > 0 && !endPoints.OfType<DnsEndPoint>().Any(static point => point.Host.AsSpan().ContainsAny("@/;= "))
                ? null
                : $"{Wrong}; {Right}";
        }
        catch (Exception wrong) when (wrong is ArgumentException or FormatException or OverflowException)
        {
            return $"{Wrong}{FaultyKeyword(wrong)}; {Right}";
        }
    }

    /// <summary>The keyword at fault, only where it resembles a known one.</summary>
    /// <remarks>Any other may be part of a password with a comma in it.</remarks>
    private static string FaultyKeyword(Exception wrong)
    {
        if (wrong is not ArgumentException { ParamName: { Length: > 0 } found })
            return "";

        var meant = Keywords.MinBy(keyword => Distance(found, keyword))!;
        return Distance(found, meant) switch
        {
            0 => $": the value of '{meant}' is not one that it takes",
            <= LargestMisspelling => $": '{found}' is not a keyword, did you mean '{meant}'?",
            _ => "",
        };
    }

    /// <summary>Levenshtein distance, without regard to case.</summary>
    private static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 0; i < one.Length; i++)
        {
            var diagonal = row[0]++;
            for (var j = 0; j < other.Length; j++)
            {
                var isSame = char.ToLowerInvariant(one[i]) == char.ToLowerInvariant(other[j]);
                (diagonal, row[j + 1]) = (row[j + 1], Math.Min(Math.Min(row[j], row[j + 1]) + 1, diagonal + (isSame ? 0 : 1)));
            }
        }

        return row[^1];
    }
}
