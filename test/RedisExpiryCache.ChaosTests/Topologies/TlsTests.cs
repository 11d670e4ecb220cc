using RedisExpiryCache.ChaosTests.Support;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.ChaosTests.Topologies;

/// <summary>TLS, with a certificate of a self-made authority.</summary>
public sealed class TlsTests : IAsyncLifetime
{
    private const string Name = "redis.test";

    private readonly TestAuthority _authority = new();
    private readonly int _port = FreePort.Next();
    private RedisServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await RedisServer.StartAsync(_authority.ServerArguments(_port, Name));

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _authority.Dispose();
    }

    [Fact]
    public async Task With_the_issuer_trusted_both_caches_keep_their_promises()
    {
        await using var cache = Caches.Connect("", Trusting("data:"));
        await CachedApp.ConnectAsync(cache);
        await DataStory.TellAsync(cache, _server.Raw, "data:");
        await ResponseStory.TellAsync(_server, new AppSetup { ConnectionString = "", Prefix = "pages:", Options = Trusting("pages:") });
    }

    [Fact]
    public async Task A_certificate_can_be_accepted_by_a_check_of_the_app()
    {
        var seen = 0;
        await using var cache = Caches.Connect("", options =>
        {
            options.ConfigurationOptions = Configuration();
            options.ConfigurationOptions.CertificateValidation += (_, certificate, _, _) => Interlocked.Increment(ref seen) > 0 && certificate!.Subject == $"CN={Name}";
        });
        await CachedApp.ConnectAsync(cache);
        await DataStory.TellAsync(cache, _server.Raw, "");
        Assert.True(seen > 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_near_cache_connects_in_the_same_way(bool withOwnCheck)
    {
        await using var node = await NearNode.StartAsync("", "near:", withOwnCheck
            ? options =>
            {
                options.ConfigurationOptions = Configuration();
                options.ConfigurationOptions.CertificateValidation += static (_, certificate, _, _) => certificate!.Subject == $"CN={Name}";
            }
        : Trusting("near:"));
        await node.SetAsync("key", "value");
        Assert.Equal("value", await node.WarmAsync("key"));
        await _server.Raw.KeyDeleteAsync("near:key");
        await node.SeesAsync("key", null);
    }

    [Fact]
    public async Task A_multiplexer_of_the_apps_own_does_not_tell_how_it_trusts_and_the_settings_may()
    {
        var trusting = Configuration();
        trusting.TrustIssuer(_authority.CertificateFile);
        await using var own = await ConnectionMultiplexer.ConnectAsync(trusting);
        await using var node = NearNode.Connect("", "near:", options => (options.Configuration, options.ConnectionMultiplexerFactory) = (null, () => Task.FromResult<IConnectionMultiplexer>(own)));
        await using var told = await NearNode.StartAsync("", "near:", options =>
            (options.ConfigurationOptions, options.ConnectionMultiplexerFactory) = (trusting, () => Task.FromResult<IConnectionMultiplexer>(own)));
        await told.SetAsync("key", "value");
        Assert.Equal("value", await told.WarmAsync("key"));

        Assert.Equal("value", await node.GetAsync("key"));
        await Eventually.True(() => node.Log.Records.Any(static record => record.Event.Id == 59), NearNode.Deadline, "it to be said");
        Assert.Contains("TLS refuses", node.Cache.Connection.Feed!.DisabledReason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Name, "certificate is invalid")]
    [InlineData("another.test", "certificate was rejected")]
    public async Task An_unknown_certificate_is_refused_and_the_error_says_so(string name, string what)
    {
        // A handshake may take longer than a call waits; and of one that it has given up, the client library says for good that it was disposed of.
        await Eventually.True(
            async () =>
            {
                await using var cache = ConnectTo(name);
                return (await FailureAsync(cache)).Message.Contains(what, StringComparison.Ordinal) || (await FailureAsync(cache)).Message.Contains(what, StringComparison.Ordinal);
            },
            TimeSpan.FromSeconds(60),
            "an error that says what is wrong");
    }

    private static Task<RedisConnectionException> FailureAsync(RedisExpiringCache cache) =>
        Assert.ThrowsAsync<RedisConnectionException>(async () => await cache.GetAsync("key", TestContext.Current.CancellationToken));

    /// <summary>With a certificate that is known to nobody; or known, and made for another name than the one that is connected to.</summary>
    private RedisExpiringCache ConnectTo(string name) => Caches.Connect("", options =>
    {
        options.ConfigurationOptions = Configuration(name);
        options.OperationTimeout = TimeSpan.FromSeconds(2);
        options.CircuitBreaker.FailuresBeforeOpening = 1_000_000;
        if (name != Name)
            options.ConfigurationOptions.TrustIssuer(_authority.CertificateFile);
    });

    private ConfigurationOptions Configuration(string name = Name) => ConfigurationOptions.Parse($"127.0.0.1:{_port},ssl=true,sslHost={name}");

    private Action<RedisExpiringCacheOptions> Trusting(string prefix) => options =>
    {
        (options.InstanceName, options.ConfigurationOptions) = (prefix, Configuration());
        options.ConfigurationOptions.TrustIssuer(_authority.CertificateFile);
    };
}
