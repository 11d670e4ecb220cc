using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.Expiry;
using RedisExpiryCache.IntegrationTests.Support;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Redis.Execution;

namespace RedisExpiryCache.IntegrationTests.Faults;

/// <summary>The first requests of a process, which connect to Redis and run code for the first time.</summary>
public sealed class ColdStartTests(RedisFixture fixture)
{
    private static readonly RedisResponseCacheAttribute Tagged = new() { Duration = 60, Tags = ["first", "second", "name:{name}"] };

    [Fact]
    public async Task The_first_page_is_stored_where_replies_take_longer_than_the_budget_of_later_requests()
    {
        await using var network = TcpProxy.To(fixture.Server.Port);
        network.Delay = TimeSpan.FromMilliseconds(75);
        await using var app = await CachedApp.StartAsync(fixture.Server, static web => web.MapPage("/{name}", Tagged), new AppSetup
        {
            ConnectionString = network.ConnectionString,
            Options = static options => options.ResponseCaching.OperationTimeout = TimeSpan.FromMilliseconds(100),
        });

        var first = await app.GetAsync("/first");
        Assert.True(first.WasStored, first.CacheStatus);
        await app.CountedAsync(1, "response.stores", ("outcome", "stored"));
        var later = 0;
        await Eventually.True(
            async () => (await app.GetAsync($"/{later++}")).Detail == "redis-timeout", TimeSpan.FromSeconds(30), "the budget to be the option's own");
    }

    /// <summary>
    /// A response is stored by several commands at once. The reply to the first may come before the wait for the next begins, because
    /// the code of that wait is compiled first.
    /// </summary>
    [Fact]
    public async Task The_reply_to_the_SET_of_the_first_response_leaves_the_commands_beside_it_their_time()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, static web => web.MapPage("/{name}", Tagged));
        var cold = ((RedisExpiringCache)app.Services.GetRequiredService<IRedisExpiringCache>()).Connection.Cold;
        var expiry = new EntryExpiry(Sliding: TimeSpan.FromMinutes(1), AbsoluteEnd: null);

        await app.Services.GetRequiredService<EntryStore>()
            .WriteAsync($"cold:{Guid.NewGuid():N}", default, expiry, [], TimeProvider.System.GetUtcNow(), OperationContext.Detached());
        Assert.False(cold.IsOver);

        Assert.True((await app.GetAsync("/first")).WasStored);
        await app.CountedAsync(1, "response.stores", ("outcome", "stored"));
        Assert.True(cold.IsOver);
    }

    [Fact]
    public async Task A_Redis_that_does_not_reply_to_a_cold_process_costs_its_first_request_the_operation_timeout_and_no_other_one()
    {
        await using var network = TcpProxy.To(fixture.Server.Port);
        await using var app = await CachedApp.StartAsync(fixture.Server, static web => web.MapPage("/{name}"), new AppSetup
        {
            ConnectionString = network.ConnectionString,
            Options = static options =>
            {
                options.OperationTimeout = TimeSpan.FromSeconds(2);
                options.ResponseCaching.OperationTimeout = TimeSpan.FromMilliseconds(1);
                options.CircuitBreaker.FailuresBeforeOpening = 1_000;
            },
        });
        await CachedApp.ConnectAsync(app.Services.GetRequiredService<IRedisExpiringCache>());
        network.Delay = TimeSpan.FromMinutes(1);

        Assert.InRange(await SecondsOfAsync("/first"), 1.9, 30);
        Assert.InRange(await SecondsOfAsync("/second"), 0, 1.9);

        async Task<double> SecondsOfAsync(string path)
        {
            var started = Stopwatch.GetTimestamp();
            Assert.Equal("redis-timeout", (await app.GetAsync(path)).Detail);
            return Stopwatch.GetElapsedTime(started).TotalSeconds;
        }
    }

    [Fact]
    public async Task The_first_calls_send_hashes_of_scripts_because_connecting_has_loaded_them()
    {
        await using var server = await RedisServer.StartAsync();
        await using var app = await CachedApp.StartAsync(server, static web => web.MapPage("/{name}"));
        await using var log = await server.MonitorAsync();
        var sent = await new SentCommands(log, app.Services.GetRequiredService<RedisExpiringCache>()).NamesByAsync(async () => Assert.True((await app.GetAsync("/first")).WasStored));
        Assert.Contains("EVALSHA", sent);
        Assert.DoesNotContain("EVAL", sent);
    }
}
