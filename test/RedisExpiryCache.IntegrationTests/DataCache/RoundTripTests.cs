using System.Buffers;
using System.Diagnostics;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.DataCache;

/// <summary>How often a call waits for the network, on one that takes 20 ms each way.</summary>
public sealed class RoundTripTests(RedisFixture fixture)
{
    private static readonly TimeSpan OneWay = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan RoundTrip = 2 * OneWay;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(EntryFormat.Compact, false)]
    [InlineData(EntryFormat.Compact, true)]
    [InlineData(EntryFormat.Microsoft, false)]
    [InlineData(EntryFormat.Microsoft, true)]
    public async Task Every_call_is_one_round_trip(EntryFormat format, bool sync)
    {
        await using var proxy = TcpProxy.To(fixture.Server.Port);
        await using var cache = Connect(proxy, format);
        var (face, key) = (new Face(cache, sync), Some.Key());
        await AssertOneRoundTripAsync(proxy, () => face.SetAsync(key, Some.Bytes(), Caches.Both(600, 6_000)));
        await AssertOneRoundTripAsync(proxy, () => face.GetAsync(key));
        await AssertOneRoundTripAsync(proxy, () => face.TryGetAsync(key, new ArrayBufferWriter<byte>()));
        await AssertOneRoundTripAsync(proxy, () => face.RefreshAsync(key));
        await AssertOneRoundTripAsync(proxy, () => cache.GetLifetimeAsync(key, Token).AsTask());
        await AssertOneRoundTripAsync(proxy, () => cache.ExpireAsync(key, Caches.Sliding(600), Token).AsTask());
        await AssertOneRoundTripAsync(proxy, () => cache.RemoveAsync([key, Some.Key()], Token).AsTask());
        await AssertOneRoundTripAsync(proxy, () => face.RemoveAsync(key));
        await AssertOneRoundTripAsync(proxy, () => face.GetAsync(key));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_tagged_entry_that_was_read_before_is_one_round_trip(bool sync)
    {
        await using var proxy = TcpProxy.To(fixture.Server.Port);
        await using var cache = Connect(proxy, EntryFormat.Compact);
        var (face, key) = (new Face(cache, sync), Some.Key());
        await cache.SetAsync(key, new ReadOnlySequence<byte>(Some.Bytes()), Caches.Sliding(600), [Some.Word(), Some.Word()], Token);
        await face.GetAsync(key);
        await AssertOneRoundTripAsync(proxy, () => face.GetAsync(key));
        await AssertOneRoundTripAsync(proxy, () => face.RefreshAsync(key));
    }

    private static RedisExpiringCache Connect(TcpProxy proxy, EntryFormat format) =>
        Caches.Connect(proxy.ConnectionString, options => options.EntryFormat = format);

    /// <summary>No call is faster than one round trip, and the fastest is faster than two: on a busy machine others may be slower.</summary>
    private static async Task AssertOneRoundTripAsync(TcpProxy proxy, Func<Task> call)
    {
        await call();
        proxy.Delay = OneWay;
        var fastest = TimeSpan.MaxValue;
        for (var attempt = 0; attempt < 30 && fastest > 1.6 * RoundTrip; attempt++)
        {
            var watch = Stopwatch.StartNew();
            await call();
            fastest = watch.Elapsed < fastest ? watch.Elapsed : fastest;
        }

        proxy.Delay = TimeSpan.Zero;
        Assert.InRange(fastest, RoundTrip, 1.6 * RoundTrip);
    }
}
