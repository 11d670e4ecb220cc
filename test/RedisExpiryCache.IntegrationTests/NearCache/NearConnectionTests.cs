using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.NearCache;

/// <summary>However the app connects, the near cache hears what changes, over connections of its own that go when it does.</summary>
public sealed class NearConnectionTests : IAsyncLifetime
{
    private const string Password = "s3cr3t";

    private RedisServer? _server;

    public enum Connection
    {
        Plain,
        OtherDatabase,
        ChannelPrefix,
        NoConfigurationChannel,
        Resp2,
        Resp3,

        /// <summary>A multiplexer of the app's own.</summary>
        OwnOne,
        OwnOneWithChannelPrefix,

        /// <summary>Beside a connection string that leads nowhere, which the app's own multiplexer takes the place of.</summary>
        OwnOneBesideAnotherString,
    }

    private RedisServer Server => _server!;

    private string ConnectionString => $"{Server.ConnectionString},password={Password}";

    public async ValueTask InitializeAsync() => _server = await RedisServer.StartAsync("--requirepass", Password);

    public async ValueTask DisposeAsync() => await Server.DisposeAsync();

    [Theory]
    [InlineData(Connection.Plain)]
    [InlineData(Connection.OtherDatabase)]
    [InlineData(Connection.ChannelPrefix)]
    [InlineData(Connection.NoConfigurationChannel)]
    [InlineData(Connection.Resp2)]
    [InlineData(Connection.Resp3)]
    [InlineData(Connection.OwnOne)]
    [InlineData(Connection.OwnOneWithChannelPrefix)]
    [InlineData(Connection.OwnOneBesideAnotherString)]
    public async Task What_changes_is_heard(Connection connection)
    {
        await using var own = await ConnectionMultiplexer.ConnectAsync(OptionsOf(connection));
        var raw = Server.Admin.GetDatabase(connection == Connection.OtherDatabase ? 3 : -1);
        await using (var one = await NearNode.StartAsync("", "app:", options => Configure(options, connection, own)))
        await using (var other = await NearNode.StartAsync("", "app:", options => Configure(options, connection, own)))
        {
            await one.SetAsync("key", "old");
            Assert.Equal("old", await other.WarmAsync("key"));
            await one.SetAsync("key", "new");
            await other.SeesAsync("key", "new");
            await other.WarmAsync("key");
            Assert.True(await raw.KeyDeleteAsync("app:key"));
            await other.SeesAsync("key", null);
            await one.SeesAsync("key", null);
        }

        await NobodyListensAsync();
        Assert.True(own.IsConnected);
        await own.GetDatabase().PingAsync();
    }

    [Fact]
    public async Task Heartbeats_are_in_the_database_of_the_cache()
    {
        await using var node = await NearNode.StartAsync($"{ConnectionString},defaultDatabase=3", "app:");
        var server = Server.Admin.GetServer(Server.ConnectionString);
        Assert.NotEmpty(await KeysAsync(3));
        Assert.Empty(await KeysAsync(0));

        async Task<List<RedisKey>> KeysAsync(int database)
        {
            var keys = new List<RedisKey>();
            await foreach (var key in server.KeysAsync(database, "app:near:*"))
                keys.Add(key);

            return keys;
        }
    }

    [Fact]
    public async Task A_cache_that_is_disposed_of_while_its_near_cache_is_being_made_leaves_nobody_behind()
    {
        for (var i = 0; i < 20; i++)
        {
            var node = NearNode.Connect(ConnectionString, "app:");
            await CachedApp.ConnectAsync(node.Cache);

            // Each time a little later.
            for (var turn = 0; turn < 10 * i; turn++)
                await Server.Raw.PingAsync();

            await node.DisposeAsync();
        }

        await NobodyListensAsync();
    }

    [Fact]
    public async Task Two_caches_of_one_app_have_a_near_cache_each()
    {
        await using (var provider = TwoCaches())
        {
            var caches = new[] { provider.GetRequiredService<IRedisExpiringCache>(), provider.GetRequiredKeyedService<IRedisExpiringCache>("sessions") };
            foreach (var cache in caches.Cast<RedisExpiringCache>())
            {
                await CachedApp.ConnectAsync(cache);
                await Eventually.True(() => cache.Connection.Feed!.DisabledReason is null, NearNode.Deadline, "the near cache to be on");
                await cache.SetAsync("key", Some.Bytes(), Caches.Relative(60), TestContext.Current.CancellationToken);
                await Eventually.True(async () => await cache.GetAsync("key") is not null && cache.Connection.Near!.Size > 0, NearNode.Deadline, "a copy");
            }

            Assert.True(await Server.Raw.KeyDeleteAsync("sessions:key"));
            await Eventually.True(async () => await caches[1].GetAsync("key") is null, NearNode.Deadline, "the change to be heard");
            Assert.NotNull(await caches[0].GetAsync("key", TestContext.Current.CancellationToken));
        }

        await NobodyListensAsync();
    }

    private ServiceProvider TwoCaches()
    {
        var services = TestApp.NewServices();
        services.AddRedisExpiringCache(options => Set(options, "app:"));
        services.AddKeyedRedisExpiringCache("sessions", options => Set(options, "sessions:"));
        return services.BuildServiceProvider();

        void Set(RedisExpiringCacheOptions options, string prefix)
        {
            (options.Configuration, options.InstanceName) = (ConnectionString, prefix);
            NearNode.TurnOn(options);
        }
    }

    private ConfigurationOptions OptionsOf(Connection connection)
    {
        var options = ConfigurationOptions.Parse(ConnectionString);
        if (connection == Connection.OtherDatabase)
            options.DefaultDatabase = 3;
        else if (connection is Connection.ChannelPrefix or Connection.OwnOneWithChannelPrefix)
            options.ChannelPrefix = RedisChannel.Literal("shop-");
        else if (connection == Connection.NoConfigurationChannel)
            options.ConfigurationChannel = "";
        else if (connection is Connection.Resp2 or Connection.Resp3)
            options.Protocol = connection == Connection.Resp2 ? RedisProtocol.Resp2 : RedisProtocol.Resp3;

        return options;
    }

    private void Configure(RedisExpiringCacheOptions options, Connection connection, ConnectionMultiplexer own)
    {
        options.Configuration = connection == Connection.OwnOneBesideAnotherString ? $"{Server.ConnectionString},password=wrong" : null;
        if (connection >= Connection.OwnOne)
            options.ConnectionMultiplexerFactory = () => Task.FromResult<IConnectionMultiplexer>(own);
        else
            options.ConfigurationOptions = OptionsOf(connection);
    }

    private Task NobodyListensAsync() => Eventually.True(
        async () => !((string?)await Server.Raw.ExecuteAsync("CLIENT", "LIST"))!.Contains("RedisExpiryCache-near", StringComparison.Ordinal),
        NearNode.Deadline,
        "the near caches' own connections to be closed");
}
