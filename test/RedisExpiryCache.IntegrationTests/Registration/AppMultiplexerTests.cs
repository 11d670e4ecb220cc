using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.Registration;

/// <summary>A multiplexer that the app has registered is used where the settings name no connection.</summary>
public sealed class AppMultiplexerTests(RedisFixture fixture) : IAsyncLifetime
{
    private readonly string _prefix = fixture.Server.NewPrefix();
    private ConnectionMultiplexer? _own;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ConnectionMultiplexer Own => _own!;

    public static TheoryData<string> Connections => ["connection string", "object", "factory"];

    public async ValueTask InitializeAsync() => _own = await ConnectionMultiplexer.ConnectAsync(fixture.Server.ConnectionString);

    public async ValueTask DisposeAsync() => await Own.DisposeAsync();

    [Theory]
    [InlineData(null)]
    [InlineData("sessions")]
    public async Task It_is_used_and_never_disposed_of(string? key)
    {
        var builder = TestApp.NewBuilder();
        builder.Services.AddKeyedSingleton<IConnectionMultiplexer>(key, Own);
        builder.Services.AddKeyedRedisExpiringCache(key, options => options.InstanceName = _prefix);
        var app = builder.Build();
        await app.StartAsync(Token);
        var (before, cache) = (Own.OperationCount, app.Services.GetRequiredKeyedService<IDistributedCache>(key));
        await cache.SetAsync("a", Some.Bytes(), Caches.Relative(60), Token);
        Assert.True(await fixture.Server.Raw.KeyExistsAsync(_prefix + "a"));
        Assert.True(Own.OperationCount > before);

        await app.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => cache.GetAsync("a", Token));
        Assert.True(Own.IsConnected);
        await Own.GetDatabase().PingAsync();
    }

    [Fact]
    public async Task It_is_made_at_the_first_use_and_not_at_start_up()
    {
        var made = 0;
        var builder = TestApp.NewBuilder();
        builder.Services.AddSingleton<IConnectionMultiplexer>(_ =>
        {
            made++;
            return Own;
        });
        builder.Services.AddRedisExpiringCache(options => options.InstanceName = _prefix);
        await using var app = builder.Build();
        await app.StartAsync(Token);
        Assert.Equal(0, made);

        for (var i = 0; i < 2; i++)
            Assert.Null(await app.Services.GetRequiredService<IDistributedCache>().GetAsync(Some.Key(), Token));

        Assert.Equal(1, made);
    }

    [Theory]
    [MemberData(nameof(Connections))]
    public async Task A_connection_in_the_settings_wins(string connection)
    {
        await using var another = await ConnectionMultiplexer.ConnectAsync(fixture.Server.ConnectionString);
        var services = TestApp.NewServices().AddSingleton<IConnectionMultiplexer>(Own);
        services.AddRedisExpiringCache(options => _ = connection switch
        {
            "connection string" => options.Configuration = fixture.Server.ConnectionString,
            "object" => options.ConfigurationOptions = ConfigurationOptions.Parse(fixture.Server.ConnectionString),
            _ => (object)(options.ConnectionMultiplexerFactory = () => Task.FromResult<IConnectionMultiplexer>(another)),
        });
        await using var provider = services.BuildServiceProvider();
        var before = Own.OperationCount;
        Assert.Null(await provider.GetRequiredService<IDistributedCache>().GetAsync(Some.Key(), Token));
        Assert.Equal(before, Own.OperationCount);
    }

    [Theory]
    [InlineData(null, null, "")]
    [InlineData(null, "sessions", null)]
    [InlineData("sessions", null, null)]
    [InlineData("sessions", "other", null)]
    public async Task An_empty_connection_string_and_a_multiplexer_under_another_key_are_mistakes(string? key, string? multiplexerKey, string? configuration)
    {
        var builder = TestApp.NewBuilder();
        builder.Services.AddKeyedSingleton<IConnectionMultiplexer>(multiplexerKey, Own);
        builder.Services.AddKeyedRedisExpiringCache(key, options => options.Configuration = configuration);
        await using var app = builder.Build();
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => app.StartAsync(Token));
        Assert.Contains("IConnectionMultiplexer", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_cannot_be_made_is_heard_by_the_call_and_asked_for_again()
    {
        var services = TestApp.NewServices();
        var calls = 0;
        services.AddSingleton<IConnectionMultiplexer>(_ => ++calls == 1 ? throw new InvalidOperationException("not yet") : Own);
        services.AddRedisExpiringCache(options => options.InstanceName = _prefix);
        await using var provider = services.BuildServiceProvider();
        var cache = provider.GetRequiredService<IDistributedCache>();
        Assert.Equal("not yet", (await Assert.ThrowsAsync<InvalidOperationException>(() => cache.GetAsync("a", Token))).Message);
        Assert.Null(await cache.GetAsync("a", Token));
    }
}
