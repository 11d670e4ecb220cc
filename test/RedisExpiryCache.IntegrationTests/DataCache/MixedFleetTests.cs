using System.Buffers;
using System.Text;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.StackExchangeRedis;
using Microsoft.Extensions.Options;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.DataCache;

/// <summary>Nodes with Microsoft's own provider beside nodes with ours, on the same data.</summary>
public sealed class MixedFleetTests : IAsyncLifetime
{
    private const string Instance = "fleet:";
    private readonly string _key = Some.Key();
    private readonly byte[] _value = Some.Bytes();
    private RedisServer? _server;
    private RedisExpiringCache? _compact;
    private RedisExpiringCache? _mixed;
    private RedisCache? _microsofts;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private RedisServer Server => _server!;

    private RedisExpiringCache Compact => _compact!;

    private RedisExpiringCache Mixed => _mixed!;

    private RedisCache Microsofts => _microsofts!;

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        _compact = Caches.Connect(Server.ConnectionString, options => options.InstanceName = Instance);
        _mixed = Caches.Connect(Server.ConnectionString, options => (options.InstanceName, options.EntryFormat) = (Instance, EntryFormat.Microsoft));
        _microsofts = new RedisCache(Options.Create(new RedisCacheOptions { Configuration = Server.ConnectionString, InstanceName = Instance }));
    }

    public async ValueTask DisposeAsync()
    {
        await Compact.DisposeAsync();
        await Mixed.DisposeAsync();
        Microsofts.Dispose();
        await Server.DisposeAsync();
    }

    [Fact]
    public async Task Each_reads_and_slides_what_the_other_wrote()
    {
        foreach (var (writer, reader) in new (IDistributedCache, IDistributedCache)[] { (Mixed, Microsofts), (Microsofts, Mixed) })
        {
            await AssertReadsAsync(writer, reader, Caches.NoExpiry, null, slides: false);
            await AssertReadsAsync(writer, reader, Caches.Relative(100), 100, slides: false);
            await AssertReadsAsync(writer, reader, Caches.At(TimeProvider.System.GetUtcNow().AddSeconds(200)), 200, slides: false);
            await AssertReadsAsync(writer, reader, Caches.Sliding(300), 300, slides: true);
            await AssertReadsAsync(writer, reader, Caches.Both(400, 4_000), 400, slides: true);
            await AssertReadsAsync(writer, reader, Caches.Both(4_000, 500), 500, slides: true);
        }
    }

    [Fact]
    public async Task The_default_layout_reads_and_slides_what_microsofts_left_behind()
    {
        await AssertReadsAsync(Microsofts, Compact, Caches.NoExpiry, null, slides: false);
        await AssertReadsAsync(Microsofts, Compact, Caches.Relative(100), 100, slides: false);
        await AssertReadsAsync(Microsofts, Compact, Caches.Sliding(300), 300, slides: true);
        await AssertReadsAsync(Microsofts, Compact, Caches.Both(4_000, 500), 500, slides: true);
        Assert.Equal("hash", $"{await Server.Raw.KeyTypeAsync(Instance + _key)}".ToLowerInvariant());
    }

    [Fact]
    public async Task Microsofts_layout_also_reads_the_default_one_on_the_way_back()
    {
        await AssertReadsAsync(Compact, Mixed, Caches.Both(4_000, 500), 500, slides: true);
        await AssertReadsAsync(Compact, Mixed, Caches.NoExpiry, null, slides: false);
    }

    [Fact]
    public async Task What_microsofts_left_behind_has_a_lifetime_and_takes_an_expiry()
    {
        await Microsofts.SetAsync(_key, _value, Caches.Both(300, 3_000), Token);
        var lifetime = (await Compact.GetLifetimeAsync(_key, Token))!;
        Assert.Equal(TimeSpan.FromSeconds(300), lifetime.SlidingExpiration);
        Assert.InRange(lifetime.AbsoluteExpiration!.Value - TimeProvider.System.GetUtcNow(), TimeSpan.FromSeconds(2_900), TimeSpan.FromSeconds(3_002));

        Assert.True(await Compact.ExpireAsync(_key, Caches.Sliding(50), Token));
        Assert.Equal(_value, await Microsofts.GetAsync(_key, Token));
        Assert.InRange((await LeftAsync())!.Value, TimeSpan.FromSeconds(40), TimeSpan.FromSeconds(50));
        Assert.True(await Compact.ExpireAsync(_key, Caches.NoExpiry, Token));
        Assert.Null(await LeftAsync());
        Assert.Equal(_value, await Compact.GetAsync(_key, Token));
    }

    [Fact]
    public async Task Overwriting_changes_the_layout_in_one_step()
    {
        await using var log = await Server.MonitorAsync();
        await Compact.SetAsync("warm", _value, Caches.NoExpiry, Token);
        await Mixed.SetAsync("warm", _value, Caches.Relative(60), Token);

        await Microsofts.SetAsync(_key, _value, Caches.Sliding(300), Token);
        var toCompact = await new SentCommands(log, Compact).ByAsync(() => Compact.SetAsync(_key, [1], Caches.NoExpiry, Token));
        Assert.Equal(["SET"], toCompact.Select(line => line.Command));
        Assert.Equal(1, Assert.Single((await Compact.GetAsync(_key, Token))!));
        Assert.Null(await LeftAsync());

        var back = await new SentCommands(log, Mixed).ByAsync(() => Mixed.SetAsync(_key, _value, Caches.Relative(60), Token));
        Assert.Equal(["EVALSHA"], back.Select(line => line.Command));
        Assert.Equal(_value, await Microsofts.GetAsync(_key, Token));
        Assert.Equal(_value, await Compact.GetAsync(_key, Token));
    }

    [Fact]
    public async Task A_reader_finds_the_entry_also_while_its_layout_changes()
    {
        await Compact.SetAsync(_key, _value, Caches.Sliding(600), Token);
        for (var i = 0; i < 300; i++)
        {
            Task<byte[]?>[] reads = [Mixed.GetAsync(_key, Token), Compact.GetAsync(_key, Token)];
            await (i % 2 == 0 ? Mixed : Compact).SetAsync(_key, _value, Caches.Sliding(600), Token);
            Assert.All(await Task.WhenAll(reads), read => Assert.Equal(_value, read));
        }
    }

    [Fact]
    public async Task Tags_work_among_our_nodes_and_do_not_disturb_microsofts()
    {
        await Mixed.SetAsync(_key, new ReadOnlySequence<byte>(_value), Caches.Both(300, 3_000), ["tag"], Token);
        Assert.Equal(_value, await Microsofts.GetAsync(_key, Token));
        Assert.Equal(_value, await Compact.GetAsync(_key, Token));
        await Compact.RemoveByTagAsync("tag", Token);
        Assert.Null(await Mixed.GetAsync(_key, Token));
        Assert.Null(await Compact.GetAsync(_key, Token));
    }

    [Fact]
    public async Task The_fields_are_those_of_microsofts()
    {
        var end = new DateTimeOffset(TimeProvider.System.GetUtcNow().AddHours(1).Ticks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, TimeSpan.Zero);
        await Mixed.SetAsync(_key, Encoding.UTF8.GetBytes("text"), new() { AbsoluteExpiration = end, SlidingExpiration = TimeSpan.FromMinutes(1) }, Token);
        var fields = (await Server.Raw.HashGetAllAsync(Instance + _key)).ToDictionary(field => $"{field.Name}", field => $"{field.Value}");
        Assert.Equal(
            new() { ["absexp"] = $"{end.UtcTicks}", ["sldexp"] = $"{TimeSpan.TicksPerMinute}", ["data"] = "text" }, fields);
    }

    private async Task AssertReadsAsync(
        IDistributedCache writer, IDistributedCache reader, DistributedCacheEntryOptions options, double? lives, bool slides)
    {
        await Server.Raw.KeyDeleteAsync(Instance + _key);
        await writer.SetAsync(_key, _value, options, Token);
        Assert.Equal(_value, await reader.GetAsync(_key, Token));
        if (lives is not { } seconds)
        {
            Assert.Null(await LeftAsync());
            return;
        }

        Assert.InRange((await LeftAsync())!.Value, TimeSpan.FromSeconds(seconds - 10), TimeSpan.FromSeconds(seconds + 0.1));
        await Server.Raw.KeyExpireAsync(Instance + _key, TimeSpan.FromSeconds(20));
        await reader.RefreshAsync(_key, Token);
        await Eventually.True(
            async () => await LeftAsync() > TimeSpan.FromSeconds(30) == slides, Caches.Patience, slides ? "the slide" : "no slide");
        Assert.InRange((await LeftAsync())!.Value, TimeSpan.Zero, TimeSpan.FromSeconds(seconds + 0.1));
        Assert.Equal(_value, await reader.GetAsync(_key, Token));
    }

    private Task<TimeSpan?> LeftAsync() => Server.TimeToLiveAsync(Instance + _key);
}
