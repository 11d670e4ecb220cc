using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.DataCache;

/// <summary>
/// Callers that block take all threads of the pool until it has grown, which takes it some ten seconds; whatever else runs in the process stands still meanwhile. So
/// no other test runs beside this one.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
[Collection(Name)]
public sealed class BlockingCallersTests(RedisFixture fixture)
{
    public const string Name = "Alone";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Many_blocking_callers_at_once_all_get_their_answer()
    {
        var (instance, key, value) = (fixture.Server.NewPrefix(), Some.Key(), Some.Bytes());
        await using var warm = Connect(instance);
        await warm.SetAsync(key, value, Caches.Sliding(600), Token);
        await using var cold = Connect(instance);
        var reads = Enumerable.Range(0, 64).Select(_ => Task.Run(() => cold.Get(key), Token));
        Assert.All(await Task.WhenAll(reads), read => Assert.Equal(value, read));
    }

    private RedisExpiringCache Connect(string instance) => Caches.Connect(
        fixture.Server.ConnectionString, options => (options.InstanceName, options.OperationTimeout) = (instance, TimeSpan.FromSeconds(60)));
}
