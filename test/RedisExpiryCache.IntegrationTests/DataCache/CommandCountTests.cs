using System.Buffers;
using Microsoft.Extensions.Caching.Distributed;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.DataCache;

/// <summary>What goes over the network, by MONITOR.</summary>
public sealed class CommandCountTests : IAsyncLifetime
{
    private readonly string _key = Some.Key();
    private RedisServer? _server;
    private CommandLog? _log;
    private RedisExpiringCache? _cache;
    private SentCommands? _sent;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private RedisExpiringCache Cache => _cache!;

    private SentCommands Sent => _sent!;

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        _log = await _server.MonitorAsync();
        await UseAsync(EntryFormat.Compact);
    }

    public async ValueTask DisposeAsync()
    {
        await Cache.DisposeAsync();
        await _log!.DisposeAsync();
        await _server!.DisposeAsync();
    }

    public static TheoryData<string> Kinds => ["none", "absolute", "relative", "sliding", "both", "odd"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_write_is_one_command_with_value_and_expiry_together(string kind)
    {
        foreach (var sync in new[] { false, true })
        {
            var value = Some.Text();
            var set = Assert.Single(await Sent.ByAsync(
                () => new Face(Cache, sync).SetAsync(_key, System.Text.Encoding.UTF8.GetBytes(value), Expiry(kind))));
            Assert.Equal(_key, set.Words[1]);
            Assert.Contains(set.Words, word => word.EndsWith(value, StringComparison.Ordinal));
            Assert.Equal(kind != "none", set.Words.Contains("PX"));
            Assert.Equal("SET", set.Command);
        }

        await AssertNothingElseWroteAsync();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task In_microsofts_layout_a_write_is_one_script(string kind)
    {
        await UseAsync(EntryFormat.Microsoft);
        await Cache.SetAsync(_key, Some.Bytes(), Caches.NoExpiry, Token);
        Assert.Equal(["EVALSHA"], await Sent.NamesByAsync(() => Cache.SetAsync(_key, Some.Bytes(), Expiry(kind), Token)));
    }

    [Fact]
    public async Task No_write_asks_for_the_servers_time_because_connecting_did()
    {
        await using var fresh = Caches.Connect(_server!.ConnectionString);
        var sent = new SentCommands(_log!, fresh);
        var commands = await sent.NamesByAsync(async () =>
        {
            await fresh.SetAsync(_key, Some.Bytes(), Caches.Sliding(10), Token);
            for (var i = 0; i < 10; i++)
            {
                await fresh.SetAsync(_key, Some.Bytes(), Caches.Both(10, 20), Token);
            }
        });
        Assert.Equal(Enumerable.Repeat("SET", 11), commands);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_read_is_one_command_and_a_slide_rides_behind_it(bool sync)
    {
        var face = new Face(Cache, sync);
        Assert.Equal(["GET"], await Sent.NamesByAsync(() => face.GetAsync(_key)));

        await Cache.SetAsync(_key, Some.Bytes(), Caches.Relative(60), Token);
        Assert.Equal(["GET"], await Sent.NamesByAsync(() => face.GetAsync(_key)));
        Assert.Equal(["GET"], await Sent.NamesByAsync(() => face.TryGetAsync(_key, new ArrayBufferWriter<byte>())));

        await Cache.SetAsync(_key, Some.Bytes(), Caches.Both(10, 60), Token);
        Assert.Equal(["GET", "EVALSHA"], await Sent.NamesByAsync(() => face.GetAsync(_key)));
        Assert.Equal(["GET", "EVALSHA"], await Sent.NamesByAsync(() => face.TryGetAsync(_key, new ArrayBufferWriter<byte>())));
        Assert.Equal(["EVALSHA"], await Sent.NamesByAsync(() => face.RefreshAsync(_key)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_removal_is_one_command(bool sync)
    {
        await Cache.SetAsync(_key, Some.Bytes(), Caches.NoExpiry, Token);
        Assert.Equal([$"DEL {_key}"], (await Sent.ByAsync(() => new Face(Cache, sync).RemoveAsync(_key))).Select(Words));
        Assert.Equal(["DEL a b c"], (await Sent.ByAsync(() => Cache.RemoveAsync(["a", "b", "c"], Token).AsTask())).Select(Words));
        Assert.Empty(await Sent.ByAsync(() => Cache.RemoveAsync([], Token).AsTask()));
    }

    [Fact]
    public async Task A_lifetime_and_a_new_expiry_are_one_script_each()
    {
        await Cache.SetAsync(_key, Some.Bytes(), Caches.Sliding(10), Token);
        Assert.Equal(["EVALSHA"], await Sent.NamesByAsync(() => Cache.GetLifetimeAsync(_key, Token).AsTask()));
        Assert.Equal(["EVALSHA"], await Sent.NamesByAsync(() => Cache.ExpireAsync(_key, Caches.Both(10, 20), Token).AsTask()));
    }

    [Fact]
    public async Task Removing_a_tag_is_one_command_however_many_carry_it()
    {
        for (var i = 0; i < 20; i++)
        {
            await Cache.SetAsync($"{_key}{i}", new ReadOnlySequence<byte>(Some.Bytes()), Caches.Relative(60), ["tag"], Token);
        }

        Assert.Equal(["DEL tag:data:tag"], (await Sent.ByAsync(() => Cache.RemoveByTagAsync("tag", Token).AsTask())).Select(Words));
        Assert.Null(await Cache.GetAsync($"{_key}7", Token));
    }

    [Fact]
    public async Task A_cancelled_call_sends_nothing()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        var token = cancelled.Token;
        Func<Task>[] calls =
        [
            () => Cache.GetAsync(_key, token),
            () => Cache.TryGetAsync(_key, new ArrayBufferWriter<byte>(), token).AsTask(),
            () => Cache.SetAsync(_key, Some.Bytes(), Caches.Relative(10), token),
            () => Cache.SetAsync(_key, new ReadOnlySequence<byte>(Some.Bytes()), Caches.NoExpiry, token).AsTask(),
            () => Cache.SetAsync(_key, new ReadOnlySequence<byte>(Some.Bytes()), Caches.NoExpiry, ["tag"], token).AsTask(),
            () => Cache.RefreshAsync(_key, token),
            () => Cache.RemoveAsync(_key, token),
            () => Cache.RemoveAsync(["a", "b"], token).AsTask(),
            () => Cache.RemoveByTagAsync("tag", token).AsTask(),
            () => Cache.GetLifetimeAsync(_key, token).AsTask(),
            () => Cache.ExpireAsync(_key, Caches.Relative(10), token).AsTask(),
        ];
        Assert.Empty(await Sent.ByAsync(async () =>
        {
            foreach (var call in calls)
            {
                await Assert.ThrowsAnyAsync<OperationCanceledException>(call);
            }
        }));
    }

    private static string Words(MonitorLine line) => string.Join(' ', line.Words);

    private static DistributedCacheEntryOptions Expiry(string kind) => kind switch
    {
        "none" => Caches.NoExpiry,
        "absolute" => Caches.At(TimeProvider.System.GetUtcNow().AddMinutes(1)),
        "relative" => Caches.Relative(60),
        "sliding" => Caches.Sliding(60),
        "both" => Caches.Both(60, 90),
        _ => Caches.Both(0.7501, 90.333),
    };

    // Also not by a script.
    private async Task AssertNothingElseWroteAsync()
    {
        await _log!.CatchUpAsync();
        Assert.DoesNotContain(_log.Lines, line => line.Words.Contains(_key) && line.Command.Contains("EXPIRE", StringComparison.Ordinal));
    }

    private async Task UseAsync(EntryFormat format)
    {
        if (_cache is not null)
        {
            await _cache.DisposeAsync();
        }

        _cache = Caches.Connect(_server!.ConnectionString, options => options.EntryFormat = format);
        _sent = new SentCommands(_log!, _cache);

        // Scripts are loaded, and the server's time is known, from the first use on.
        var warm = Some.Key();
        await _cache.SetAsync(warm, [], Caches.Both(10, 20), Token);
        await _cache.GetAsync(warm, Token);
        await _cache.RefreshAsync(warm, Token);
        await _cache.GetLifetimeAsync(warm, Token);
        await _cache.ExpireAsync(warm, Caches.Relative(1), Token);
    }
}
