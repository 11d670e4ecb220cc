using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.DataCache;

/// <summary>One key that many read at once.</summary>
public sealed class HotKeyTests : IAsyncLifetime
{
    private const int Reads = 200;
    private readonly string _key = Some.Key();
    private RedisServer? _server;
    private CommandLog? _log;
    private RedisExpiringCache? _cache;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private RedisServer Server => _server!;

    private CommandLog Log => _log!;

    private RedisExpiringCache Cache => _cache!;

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        _log = await Server.MonitorAsync();
        _cache = Caches.Connect(Server.ConnectionString);
        await CachedApp.ConnectAsync(Cache);
    }

    public async ValueTask DisposeAsync()
    {
        await Cache.DisposeAsync();
        await Log.DisposeAsync();
        await Server.DisposeAsync();
    }

    [Fact]
    public async Task Reads_are_followed_by_a_slide_but_not_each_by_one_of_its_own()
    {
        await Cache.SetAsync(_key, Some.Bytes(), Caches.Sliding(1000), Token);
        await Log.CatchUpAsync();
        var before = Log.ClientLines.Count;
        var values = await Task.WhenAll(Enumerable.Range(0, Reads).Select(_ => Cache.GetAsync(_key, Token)));
        Assert.DoesNotContain(null, values);

        await SlidAfterLastReadAsync(before);
        Assert.InRange(Slides(before), 1, Reads / 2);
        Assert.Equal(Reads, Log.ClientLines.Skip(before).Count(static line => line.Command == "GET"));
    }

    [Fact]
    public async Task Each_refresh_is_followed_by_a_slide_that_it_waits_for()
    {
        await Cache.SetAsync(_key, Some.Bytes(), Caches.Sliding(1000), Token);
        await Task.WhenAll(Enumerable.Range(0, Reads).Select(async _ =>
        {
            await Cache.RefreshAsync(_key, Token);
            Assert.InRange((await Cache.GetLifetimeAsync(_key, Token))!.TimeToLive!.Value.TotalSeconds, 900, 1000);
        }));
        await Cache.RemoveAsync(_key, Token);
        await Cache.RefreshAsync(_key, Token);
        Assert.Null(await Cache.GetAsync(_key, Token));
    }

    [Fact]
    public async Task Whoever_leaves_a_shared_refresh_does_not_take_it_from_the_others()
    {
        await using var proxy = TcpProxy.To(Server.Port);
        await using var slow = Caches.Connect(proxy.ConnectionString);
        await CachedApp.ConnectAsync(slow);
        await slow.SetAsync(_key, Some.Bytes(), Caches.Sliding(1000), Token);
        await slow.RefreshAsync(_key, Token);
        proxy.Delay = TimeSpan.FromMilliseconds(500);

        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var first = slow.RefreshAsync(_key, Token);
        var leaver = slow.RefreshAsync(_key, leaving.Token);
        var stayer = slow.RefreshAsync(_key, Token);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaver);
        await first;
        await stayer;
    }

    private int Slides(int from) => Log.ClientLines.Skip(from).Count(static line => line.Command is "EVALSHA" or "EVAL");

    /// <summary>By the order in which Redis has heard them.</summary>
    private Task SlidAfterLastReadAsync(int from) => Eventually.True(
        () =>
        {
            string[] commands = [.. Log.ClientLines.Skip(from).Select(static line => line.Command)];
            return commands.Count(static command => command == "GET") == Reads && Array.FindLastIndex(commands, static command => command is "EVALSHA" or "EVAL") > Array.LastIndexOf(commands, "GET");
        },
        TimeSpan.FromSeconds(30),
        "a slide behind the last read");
}
