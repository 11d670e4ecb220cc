using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.Faults;

/// <summary>A cluster of two, one of which hangs: the other one's keys notice nothing.</summary>
public sealed class SlowShardTests
{
    private const int Slots = 16_384;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Its_circuit_opens_and_that_of_the_other_does_not()
    {
        string[] arguments = ["--cluster-enabled", "yes", "--cluster-require-full-coverage", "no", "--cluster-node-timeout", "60000"];
        await using var first = await RedisServer.StartAsync(arguments);
        await using var second = await RedisServer.StartAsync(arguments);
        await JoinAsync(first, second);
        using var log = new RecordingLoggerProvider();
        await using var cache = Caches.Connect(first.ConnectionString, options => options.OperationTimeout = TimeSpan.FromSeconds(2), log);
        string[] keys = [.. Enumerable.Range(0, 20).Select(static i => $"key-{i}")];
        var inFirst = new List<string>();
        foreach (var key in keys)
        {
            if ((int)await first.Raw.ExecuteAsync("CLUSTER", "KEYSLOT", key) < Slots / 2)
                inFirst.Add(key);
        }

        string[] inSecond = [.. keys.Except(inFirst)];
        await Eventually.True(() => AllAsync(keys, key => WorksAsync(cache, key)), Soon, "a cluster");

        second.Freeze();
        await Eventually.True(
            async () =>
            {
                await Task.WhenAll(inSecond.Select(key => Record.ExceptionAsync(() => cache.GetAsync(key, Token)).AsTask()));
                return log.Records.Any(static record => record.Event.Id == 50);
            },
            Soon,
            "the circuit to open");

        Assert.EndsWith($":{second.Port}", log.Records.First(static record => record.Event.Id == 50).Values["Endpoint"] as string, StringComparison.Ordinal);

        // Now and then one call is let through, to try.
        await Eventually.True(
            async () => await Record.ExceptionAsync(() => cache.GetAsync(inSecond[0], Token)) is RedisConnectionException failure && failure.Message.Contains("circuit", StringComparison.Ordinal),
            Soon,
            "a call to be told of the circuit");
        await Eventually.True(() => AllAsync(inFirst, key => WorksAsync(cache, key)), Soon, "the other one to go on");

        second.Thaw();
        await Eventually.True(() => AllAsync(keys, key => WorksAsync(cache, key)), Soon, "both to be in use");
        Assert.All(
            log.Records.Where(static record => record.Event.Id == 50),
            record => Assert.DoesNotContain($":{first.Port}", $"{record.Values["Endpoint"]}", StringComparison.Ordinal));
    }

    private static async Task JoinAsync(RedisServer first, RedisServer second)
    {
        await AddSlotsAsync(first, 0, Slots / 2);
        await AddSlotsAsync(second, Slots / 2, Slots);
        await second.Raw.ExecuteAsync("CLUSTER", "MEET", "127.0.0.1", first.Port);
        foreach (var server in new[] { first, second })
        {
            await Eventually.True(
                async () => ((RedisResult[])(await server.Raw.ExecuteAsync("CLUSTER", "SLOTS"))!).Length == 2
                    && $"{await server.Raw.ExecuteAsync("CLUSTER", "INFO")}".Contains("cluster_state:ok", StringComparison.Ordinal),
                Soon,
                "the two to know each other");
        }
    }

    private static Task<RedisResult> AddSlotsAsync(RedisServer server, int from, int to) =>
        server.Raw.ExecuteAsync("CLUSTER", ["ADDSLOTS", .. Enumerable.Range(from, to - from).Select(static slot => (object)slot)]);

    private static async Task<bool> AllAsync(IEnumerable<string> keys, Func<string, Task<bool>> works) =>
        Array.TrueForAll(await Task.WhenAll(keys.Select(works)), static one => one);

    private static async Task<bool> WorksAsync(RedisExpiringCache cache, string key) => await Record.ExceptionAsync(async () =>
    {
        await cache.SetAsync(key, Some.Bytes(), Caches.Relative(600), Token);
        Assert.NotNull(await cache.GetAsync(key, Token));
    }) is null;
}
