using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.OutputCache;

/// <summary>The store by itself: what is in Redis, and what an eviction reaches.</summary>
public sealed class OutputCacheStoreTests : IAsyncDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);
    private static readonly string[] TwoTags = ["a", "b"];

    private readonly RedisServer _server;
    private readonly string _instance;
    private readonly RecordingLoggerProvider _log = new();
    private readonly ServiceProvider _services;
    private readonly ServiceProvider _otherNode;

    public OutputCacheStoreTests(RedisFixture fixture)
    {
        _server = fixture.Server;
        _instance = _server.NewPrefix();
        (_services, _otherNode) = (NewNode(), NewNode());
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IOutputCacheBufferStore Store => StoreOf(_services);

    private IOutputCacheBufferStore OtherNode => StoreOf(_otherNode);

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _otherNode.DisposeAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(70_000)]
    [InlineData(8_000_000)]
    public async Task A_value_comes_back_as_it_was_by_each_way(int length)
    {
        var (one, other) = (Some.Bytes(length), Some.Bytes(length));
        await Store.SetAsync("one", one, ["a"], Long, Token);
        await Store.SetAsync("other", Sequences.InPieces(other, 4_096), TwoTags, Long, Token);

        // A byte at a time, Assert.Equal takes long over megabytes.
        Assert.True(AreSame(one, await OtherNode.GetAsync("one", Token)));
        Assert.True(AreSame(other, await OtherNode.GetAsync("other", Token)));
        Assert.True(AreSame(one, await PipedAsync("one")));
        Assert.True(AreSame(other, await PipedAsync("other")));

        static bool AreSame(byte[] expected, byte[]? actual) => actual is not null && expected.AsSpan().SequenceEqual(actual);
    }

    [Fact]
    public async Task What_is_not_there_is_a_miss_and_leaves_the_pipe_empty()
    {
        Assert.Null(await Store.GetAsync("nothing", Token));
        var pipe = new Pipe();
        Assert.False(await Store.TryGetAsync("nothing", pipe.Writer, Token));
        await pipe.Writer.CompleteAsync();
        Assert.True((await pipe.Reader.ReadAsync(Token)).Buffer.IsEmpty);
    }

    [Fact]
    public async Task Two_keys_never_share_an_entry()
    {
        string[] keys =
        [
            "", "GET\x1eHTTP\x1eHOST/A", "GET\x1fHTTP\x1fHOST/A", "GET\\001EHTTP\\001EHOST/A", "GET HTTP HOST/A", "get\x1ehttp\x1ehost/a", "GET\x1eHTTP\x1eHOST/{A}",
            "GET\x1eHTTP\x1eHOST/A\x1eQ\x1eA=1\x1f2", "GET\x1eHTTP\x1eHOST/A\x1eQ\x1eA=1\x1e2", "GET\x1eHTTP\x1eHOST/A\x1eQ\x1eA=12", "{a}", "{b}", "ä", "a\u0308", "\ud800", "\ud801",
            new string('x', 10_000), new string('x', 10_001), new string('x', 10_000) + "\x1e", "\n", "\r\n", "*", "?",
        ];
        foreach (var key in keys)
            await Store.SetAsync(key, Value(key), null, Long, Token);

        foreach (var key in keys)
            Assert.Equal(Value(key), await OtherNode.GetAsync(key, Token));

        var stored = await _server.KeysAsync(_instance);
        Assert.Equal(keys.Length, stored.Length);
        Assert.All(stored, key => Assert.StartsWith($"{_instance}output:", key, StringComparison.Ordinal));
        Assert.All(stored, key => Assert.InRange(key.Length, 0, 400));
        Assert.All(stored, key => Assert.DoesNotContain(key, c => c is '{' or '}' || char.IsControl(c) || char.IsWhiteSpace(c)));

        static byte[] Value(string key) => System.Text.Encoding.Unicode.GetBytes($"value of {key}");
    }

    [Fact]
    public async Task Every_key_ends_and_a_tag_not_before_what_carries_it()
    {
        await Store.SetAsync("short", Some.Bytes(), ["a", "b"], TimeSpan.FromSeconds(60), Token);
        await Store.SetAsync("long", Some.Bytes(), ["b", "c"], TimeSpan.FromHours(48), Token);
        await Store.SetAsync("untagged", Some.Bytes(), [], TimeSpan.FromSeconds(60), Token);
        await Store.SetAsync("for ever", Some.Bytes(), ["d"], TimeSpan.MaxValue, Token);
        await Store.SetAsync("shortest", Some.Bytes(), ["c"], TimeSpan.FromTicks(1), Token);

        var lives = new Dictionary<string, TimeSpan>();
        foreach (var key in await _server.KeysAsync(_instance))
        {
            if (await _server.TimeToLiveAsync(key) is { } left)
                lives[key[_instance.Length..]] = left;
            else
                Assert.False(await _server.Raw.KeyExistsAsync(key), key);
        }

        string[] expected =
            ["output:for\\0020ever", "output:long", "output:short", "output:untagged", "tag:output:a", "tag:output:b", "tag:output:c", "tag:output:d"];
        Assert.Equal(expected, lives.Keys.Where(static key => key != "output:shortest").Order(StringComparer.Ordinal));
        Assert.InRange(lives["output:short"], TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60));
        Assert.InRange(lives["output:long"], TimeSpan.FromHours(47), TimeSpan.FromHours(48));
        Assert.InRange(lives["tag:output:a"], lives["output:short"], TimeSpan.FromHours(1));
        Assert.InRange(lives["tag:output:b"], lives["output:long"], TimeSpan.FromHours(49));
        Assert.InRange(lives["tag:output:c"], lives["output:long"], TimeSpan.FromHours(49));
        Assert.InRange(lives["tag:output:d"], lives["output:for\\0020ever"], TimeSpan.MaxValue);
    }

    [Fact]
    public async Task An_entry_ends_when_its_time_is_over()
    {
        await Store.SetAsync("key", Some.Bytes(), ["a"], TimeSpan.FromMilliseconds(300), Token);
        await Eventually.True(async () => await Store.GetAsync("key", Token) is null, Caches.Patience, "the entry to end");
        Assert.Contains($"{_instance}tag:output:a", await _server.KeysAsync(_instance));
    }

    [Fact]
    public async Task An_eviction_on_one_node_holds_on_every_node()
    {
        await Store.SetAsync("tagged", Some.Bytes(), ["a", "b"], Long, Token);
        await Store.SetAsync("other", Some.Bytes(), ["b"], Long, Token);
        await Store.SetAsync("untagged", Some.Bytes(), null, Long, Token);
        Assert.NotNull(await OtherNode.GetAsync("tagged", Token));
        Assert.NotNull(await OtherNode.GetAsync("tagged", Token));

        await Store.EvictByTagAsync("a", Token);
        Assert.Null(await OtherNode.GetAsync("tagged", Token));
        Assert.Empty(await PipedAsync("tagged"));
        Assert.NotNull(await OtherNode.GetAsync("other", Token));
        Assert.NotNull(await OtherNode.GetAsync("untagged", Token));

        await OtherNode.SetAsync("tagged", Some.Bytes(), ["a"], Long, Token);
        Assert.NotNull(await Store.GetAsync("tagged", Token));
    }

    [Fact]
    public async Task Tags_of_data_entries_and_of_the_output_cache_are_apart()
    {
        var data = _services.GetRequiredService<IRedisExpiringCache>();
        await data.SetAsync("key", new ReadOnlySequence<byte>(Some.Bytes()), Caches.Relative(600), ["a"], Token);
        await Store.SetAsync("key", Some.Bytes(), ["a"], Long, Token);

        await Store.EvictByTagAsync("a", Token);
        Assert.NotNull(await data.GetAsync("key", Token));
        await Store.SetAsync("key", Some.Bytes(), ["a"], Long, Token);
        await data.RemoveByTagAsync("a", Token);
        await _services.GetRequiredService<IResponseCacheInvalidator>().EvictByTagAsync("a", Token);
        await _services.GetRequiredService<IResponseCacheInvalidator>().EvictAllAsync(Token);
        Assert.NotNull(await Store.GetAsync("key", Token));
    }

    [Theory]
    [InlineData("text")]
    [InlineData("list")]
    [InlineData("copied")]
    [InlineData("cut")]
    public async Task What_was_not_written_for_the_key_is_a_miss(string what)
    {
        await Store.SetAsync("key", Some.Bytes(), ["a"], Long, Token);
        var (key, raw) = ($"{_instance}output:key", _server.Raw);
        switch (what)
        {
            case "text":
                await raw.StringSetAsync(key, "text");
                break;
            case "list":
                await raw.KeyDeleteAsync(key);
                await raw.ListLeftPushAsync(key, "text");
                break;
            case "copied":
                await Store.SetAsync("other", Some.Bytes(), ["a"], Long, Token);
                await raw.StringSetAsync(key, await raw.StringGetAsync($"{_instance}output:other"));
                break;
            default:
                await raw.StringSetAsync(key, ((byte[])(await raw.StringGetAsync(key))!)[..^1]);
                break;
        }

        Assert.Null(await Store.GetAsync("key", Token));
        Assert.Null(await Store.GetAsync("key", Token));
        Assert.Single(_log.Records, record => record.Event.Id == 2);
        await Store.SetAsync("key", Some.Bytes(), ["a"], Long, Token);
        Assert.NotNull(await Store.GetAsync("key", Token));
    }

    [Fact]
    public async Task Mistakes_of_the_caller_are_thrown()
    {
        byte[] value = [1];
        await Assert.ThrowsAsync<ArgumentNullException>("key", async () => await Store.GetAsync(null!, Token));
        await Assert.ThrowsAsync<ArgumentNullException>("destination", async () => await Store.TryGetAsync("key", null!, Token));
        await Assert.ThrowsAsync<ArgumentNullException>("key", async () => await Store.SetAsync(null!, value, null, Long, Token));
        await Assert.ThrowsAsync<ArgumentNullException>("value", async () => await Store.SetAsync("key", null!, null, Long, Token));
        await Assert.ThrowsAsync<ArgumentNullException>("tags", async () => await Store.SetAsync("key", value, [null!], Long, Token));
        await Assert.ThrowsAsync<ArgumentNullException>("tag", async () => await Store.EvictByTagAsync(null!, Token));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>("validFor", async () => await Store.SetAsync("key", value, null, TimeSpan.Zero, Token));
        await Assert.ThrowsAsync<ArgumentException>("tags", async () => await Store.SetAsync("key", value, [.. Enumerable.Range(0, 9_000).Select(static i => $"{i}")], Long, Token));
        Assert.Empty(await _server.KeysAsync(_instance));
    }

    [Fact]
    public async Task A_caller_that_has_given_up_is_told_so()
    {
        using var given = new CancellationTokenSource();
        await given.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Store.GetAsync("key", given.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Store.SetAsync("key", Some.Bytes(), null, Long, given.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Store.EvictByTagAsync("tag", given.Token));
        Assert.DoesNotContain(_log.Records, record => record.Event.Id == 41);
    }

    private static IOutputCacheBufferStore StoreOf(ServiceProvider services) =>
        Assert.IsType<IOutputCacheBufferStore>(services.GetRequiredService<IOutputCacheStore>(), exactMatch: false);

    private ServiceProvider NewNode() => new ServiceCollection()
        .AddLogging(logging => logging.AddProvider(_log).SetMinimumLevel(LogLevel.Trace))
        .AddRedisExpiringCache(options =>
        {
            (options.Configuration, options.InstanceName) = (_server.ConnectionString, _instance);
            (options.OperationTimeout, options.UseAsOutputCacheStore) = (Caches.Patience, true);
        })
        .BuildServiceProvider();

    /// <summary>What the store writes to a pipe, as a reader gets it while it is written.</summary>
    private async Task<byte[]> PipedAsync(string key)
    {
        var pipe = new Pipe();
        var reading = ReadToEndAsync(pipe.Reader);
        await Store.TryGetAsync(key, pipe.Writer, Token);
        await pipe.Writer.CompleteAsync();
        return await reading;
    }

    private static async Task<byte[]> ReadToEndAsync(PipeReader reader)
    {
        using var bytes = new MemoryStream();
        await reader.CopyToAsync(bytes, Token);
        return bytes.ToArray();
    }
}
