using System.Diagnostics;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.NearCache;

/// <summary>A copy ends when its key does; and reading it keeps a sliding entry alive, without a command for each read.</summary>
public sealed class NearExpiryTests : IAsyncLifetime
{
    /// <summary>Redis counts whole milliseconds, and a key is there through the last of them.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(2);

    private readonly List<NearNode> _nodes = [];
    private RedisServer? _server;

    private RedisServer Server => _server!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await RedisServer.StartAsync("--enable-debug-command", "yes");

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();

        await Server.DisposeAsync();
    }

    [Fact]
    public async Task A_copy_ends_with_its_key_though_redis_has_not_come_to_delete_it()
    {
        await Server.Raw.ExecuteAsync("DEBUG", "SET-ACTIVE-EXPIRE", "0");
        var node = await StartAsync();
        await node.Cache.SetAsync("key", "value"u8.ToArray(), Caches.Relative(1.5), Token);
        var written = Stopwatch.StartNew();
        var last = TimeSpan.Zero;
        while (await Seen() is { } seen)
            last = seen;

        Assert.True(last < TimeSpan.FromSeconds(1.5) + Tick, $"Seen by a read that began {last} after the write had returned.");
        Assert.True(node.NearHits > 0);

        async Task<TimeSpan?> Seen()
        {
            var began = written.Elapsed;
            return await node.GetAsync("key") is null ? null : began;
        }
    }

    [Fact]
    public async Task A_shorter_life_that_an_operator_gives_counts_for_the_copy()
    {
        await Server.Raw.ExecuteAsync("DEBUG", "SET-ACTIVE-EXPIRE", "0");
        var node = await StartAsync();
        await node.SetAsync("key", "value");
        await node.WarmAsync("key");
        await Server.Raw.ExecuteAsync("PEXPIRE", "app:key", "700");
        await node.SeesAsync("key", null);
    }

    [Fact]
    public async Task Reading_copies_keeps_a_sliding_entry_alive_and_few_slides_are_sent()
    {
        NearNode[] nodes = [await StartAsync(), await StartAsync(), await StartAsync()];
        var window = TimeSpan.FromSeconds(2);
        await nodes[0].Cache.SetAsync("key", "value"u8.ToArray(), Caches.Sliding(window.TotalSeconds), Token);
        await Server.ResetCommandCountsAsync();
        var (watch, reads) = (Stopwatch.StartNew(), 0);
        while (watch.Elapsed < 2.5 * window)
        {
            foreach (var node in nodes)
            {
                for (var i = 0; i < 20; i++, reads++)
                    Assert.Equal("value", await node.GetAsync("key"));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Token);
        }

        var slides = await Server.CommandCountAsync("pexpire");
        Assert.True(slides <= 8 * 2.5 * nodes.Length, $"{slides} slides");
        var near = nodes.Sum(static node => node.NearHits);
        Assert.True(near >= 0.95 * reads, $"{near} of {reads} reads were near");

        // And it ends, a window after the last read and no later.
        await Eventually.True(async () => await Server.TimeToLiveAsync("app:key") is null && !await Server.Raw.KeyExistsAsync("app:key"), NearNode.Deadline, "the entry to end");
        await nodes[0].SeesAsync("key", null);
    }

    [Fact]
    public async Task The_last_read_of_a_copy_is_told_to_redis()
    {
        var node = await StartAsync();
        await node.Cache.SetAsync("key", "value"u8.ToArray(), Caches.Sliding(16), Token);
        await node.WarmAsync("key");
        await Server.Raw.ExecuteAsync("PEXPIRE", "app:key", "15500");
        await node.WarmAsync("key");
        await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, Token);
        var before = Stopwatch.StartNew();
        await node.GetAsync("key");

        // Without a further read.
        await Eventually.True(
            async () => await Server.TimeToLiveAsync("app:key") is { } left && left + before.Elapsed > TimeSpan.FromSeconds(15.5),
            TimeSpan.FromSeconds(15),
            "the slide that the last read is worth");
    }

    [Fact]
    public async Task Refreshing_a_copy_counts_as_reading_it_and_does_not_drop_it()
    {
        var (node, neighbour) = (await StartAsync(), await StartAsync());
        await node.Cache.SetAsync("key", "value"u8.ToArray(), Caches.Sliding(2), Token);
        await Server.ResetCommandCountsAsync();
        var (watch, reads) = (Stopwatch.StartNew(), 0);
        for (; watch.Elapsed < TimeSpan.FromSeconds(4); reads++)
        {
            Assert.Equal("value", await node.GetAsync("key"));
            Assert.Equal("value", await neighbour.GetAsync("key"));
            await node.Cache.RefreshAsync("key", Token);
            node.Cache.Refresh("key");
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, Token);
        }

        var slides = await Server.CommandCountAsync("pexpire");
        Assert.True(slides <= 8 * 2 * 2, $"{slides} slides");
        Assert.True(neighbour.NearHits >= 0.9 * reads, $"{neighbour.NearHits} of {reads} reads were near");
    }

    [Fact]
    public async Task Slides_never_go_past_the_absolute_end()
    {
        var node = await StartAsync();
        await node.Cache.SetAsync("key", "value"u8.ToArray(), Caches.Both(sliding: 2, relative: 5), Token);
        var watch = Stopwatch.StartNew();
        var last = TimeSpan.Zero;
        while (watch.Elapsed < TimeSpan.FromSeconds(6.5))
        {
            var began = watch.Elapsed;
            if (await node.GetAsync("key") is not null)
                last = began;
        }

        Assert.InRange(last, TimeSpan.FromSeconds(2.4), TimeSpan.FromSeconds(5) + Tick);
    }

    private async Task<NearNode> StartAsync()
    {
        var node = await NearNode.StartAsync(Server.ConnectionString, "app:");
        _nodes.Add(node);
        return node;
    }
}
