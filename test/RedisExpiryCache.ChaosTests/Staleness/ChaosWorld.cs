using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.ChaosTests.Staleness;

/// <summary>Two nodes of one service, each with a network of its own to the one Redis; clients that read, and something that changes all the time.</summary>
internal sealed class ChaosWorld : IAsyncDisposable
{
    public const string Prefix = "shop:";

    private readonly List<TcpProxy> _networks = [];
    private readonly List<CachedApp> _apps = [];
    private readonly Traffic _traffic = new();

    private ChaosWorld(RedisServer server) => Server = server;

    public RedisServer Server { get; }

    public IReadOnlyList<TcpProxy> Networks => _networks;

    public StaleChecker Checker => _traffic.Checker;

    public static async Task<ChaosWorld> StartAsync()
    {
        var world = new ChaosWorld(await RedisServer.StartAsync("--appendonly", "yes", "--appendfsync", "always", "--maxmemory-samples", "1"));
        for (var i = 0; i < 2; i++)
        {
            var network = TcpProxy.To(world.Server.Port);
            world._networks.Add(network);
            var app = await CachedApp.StartAsync(world.Server, world._traffic.Map, new AppSetup
            {
                Prefix = Prefix,
                ConnectionString = network.ConnectionString,
                Options = static options => (options.OperationTimeout, options.ResponseCaching.OperationTimeout) = (TimeSpan.FromMilliseconds(400), TimeSpan.FromMilliseconds(150)),

                // Many requests: what the server says of each of them is not wanted.
                Services = static services => services.Configure<LoggerFilterOptions>(static filter => filter.MinLevel = LogLevel.Warning),
            });
            world._apps.Add(app);
            await CachedApp.ConnectAsync(app.Services.GetRequiredService<IRedisExpiringCache>());
        }

        world._traffic.Begin(world._apps);
        return world;
    }

    /// <summary>Both nodes serve from the store again; and then, so that there is something stale to be seen, something is evicted and something served.</summary>
    public async Task ServesHitsAgainAsync(TimeSpan within)
    {
        foreach (var (app, number) in _apps.Select(static (app, i) => (app, i + 1)))
        {
            await Eventually.True(
                async () =>
                {
                    await app.GetAsync("/quiet");
                    return (await app.GetAsync("/quiet")).IsHit;
                },
                within,
                $"node {number} to serve hits again");
        }

        var acknowledged = Checker.Acknowledged;
        await Eventually.True(() => Checker.Acknowledged > acknowledged, within, "an eviction to be acknowledged");
        var hits = Checker.Hits;
        await Eventually.True(() => Checker.Hits > hits, within, "a hit after it");
    }

    /// <summary>Ends the traffic; throws what went wrong in it and is not a violation.</summary>
    public Task StopAsync() => _traffic.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _traffic.DisposeAsync();
        foreach (var app in _apps)
            await app.DisposeAsync();

        foreach (var network in _networks)
            await network.DisposeAsync();

        await Server.DisposeAsync();
    }
}
