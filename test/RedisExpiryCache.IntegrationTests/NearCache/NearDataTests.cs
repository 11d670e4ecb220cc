using System.Buffers;
using Microsoft.Extensions.Caching.Distributed;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.NearCache;

/// <summary>Entries of the data cache that are kept in the process, and dropped when Redis says so: whoever changed them, by whatever command.</summary>
public sealed class NearDataTests(RedisFixture fixture)
{
    public enum Change
    {
        Overwritten,
        Removed,
        Expired,
        TagRemoved,
        RawDel,
        RawSet,
        RawExpire,
        Renamed,
        ByScript,
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Connection => fixture.Server.ConnectionString;

    private IDatabase Raw => fixture.Server.Raw;

    public static MatrixTheoryData<Change, EntryFormat> Changes => new(Enum.GetValues<Change>(), Enum.GetValues<EntryFormat>());

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task What_changes_in_redis_is_seen_by_every_process(Change change, EntryFormat format)
    {
        var prefix = fixture.Server.NewPrefix();
        await using var reader = await NearNode.StartAsync(Connection, prefix, options => options.EntryFormat = format);
        await using var writer = await NearNode.StartAsync(Connection, prefix, options => options.EntryFormat = format);
        await writer.Cache.SetAsync("key", new("one"u8.ToArray()), Caches.Relative(1000), ["tag"], Token);
        Assert.Equal("one", await reader.WarmAsync("key"));
        Assert.Equal("one", await writer.WarmAsync("key"));

        await MakeAsync(change, writer, prefix + "key");

        await reader.SeesAsync("key", change == Change.Overwritten ? "two" : null);
        await writer.SeesAsync("key", change == Change.Overwritten ? "two" : null);
    }

    [Fact]
    public async Task A_process_sees_its_own_writes_at_once()
    {
        await using var node = await NearNode.StartAsync(Connection, fixture.Server.NewPrefix());
        for (var i = 0; i < 300; i++)
        {
            await node.SetAsync("key", $"{i}");
            Assert.Equal($"{i}", await node.GetAsync("key"));
            Assert.Equal($"{i}", await node.GetAsync("key"));
            if (i % 3 == 0)
            {
                await node.Cache.RemoveAsync("key", Token);
                Assert.Null(await node.GetAsync("key"));
            }
            else if (i % 3 == 1)
            {
                await node.Cache.SetAsync("key", new("tagged"u8.ToArray()), Caches.Relative(1000), ["tag"], Token);
                Assert.Equal("tagged", await node.GetAsync("key"));
                await node.Cache.RemoveByTagAsync("tag", Token);
                Assert.Null(await node.GetAsync("key"));
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Keys_may_be_any_text(bool isHalf)
    {
        var key = isHalf ? "half of a pair: \uD83D" : "h\u00E9 \uD83D\uDE00";
        var prefix = fixture.Server.NewPrefix();
        await using var reader = await NearNode.StartAsync(Connection, prefix);
        await using var writer = await NearNode.StartAsync(Connection, prefix);
        await writer.SetAsync(key, "one");
        for (var i = 0; i < 20; i++)
            Assert.Equal("one", await reader.GetAsync(key));

        await writer.SetAsync(key, "two");
        await reader.SeesAsync(key, "two");
    }

    [Fact]
    public async Task Both_faces_read_the_copy_and_nobody_can_change_it()
    {
        await using var node = await NearNode.StartAsync(Connection, fixture.Server.NewPrefix());
        await node.SetAsync("key", "value");
        await node.WarmAsync("key");
        await ByCopyAsync(async () => (await node.Cache.GetAsync("key", Token))!.AsSpan().Clear());
        await ByCopyAsync(() =>
        {
            Assert.Equal("value"u8, node.Cache.Get("key")!);
            return Task.CompletedTask;
        });
        await ByCopyAsync(() =>
        {
            var buffer = new ArrayBufferWriter<byte>();
            Assert.True(node.Cache.TryGet("key", buffer));
            Assert.Equal("value"u8, buffer.WrittenSpan);
            return Task.CompletedTask;
        });
        await ByCopyAsync(async () =>
        {
            var buffer = new ArrayBufferWriter<byte>();
            Assert.True(await node.Cache.TryGetAsync("key", buffer, Token));
            Assert.Equal("value"u8, buffer.WrittenSpan);
        });

        // Where a busy machine lets a heartbeat be late, Redis answers for a moment.
        Task ByCopyAsync(Func<Task> read) => Eventually.True(
            async () =>
            {
                var before = node.NearHits;
                await read();
                return node.NearHits > before;
            },
            NearNode.Deadline,
            "an answer by the copy");
    }

    [Fact]
    public async Task Without_include_data_each_read_is_redis_business()
    {
        await using var node = await NearNode.StartAsync(Connection, fixture.Server.NewPrefix(), static options => options.NearCache.IncludeData = false);
        await node.SetAsync("key", "value");
        await node.SetAsync("GET:/looks-like-a-page", "value");
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("value", await node.GetAsync("key"));
            Assert.Equal("value", await node.GetAsync("GET:/looks-like-a-page"));
        }

        Assert.Equal(0, node.NearHits);
        Assert.Equal(40, node.Metrics.Count("data.operations", ("outcome", "hit"), ("level", "redis")));
    }

    [Fact]
    public async Task A_cache_without_a_prefix_hears_of_all_keys()
    {
        await using var server = await RedisServer.StartAsync();
        await using var node = await NearNode.StartAsync(server.ConnectionString, "");
        await node.SetAsync("key", "value");
        await node.WarmAsync("key");
        await server.Raw.KeyDeleteAsync("key");
        await node.SeesAsync("key", null);
    }

    private async Task MakeAsync(Change change, NearNode writer, string fullKey)
    {
        switch (change)
        {
            case Change.Overwritten:
                await writer.SetAsync("key", "two");
                break;
            case Change.Removed:
                await writer.Cache.RemoveAsync("key", Token);
                break;
            case Change.Expired:
                await writer.Cache.ExpireAsync("key", new DistributedCacheEntryOptions { AbsoluteExpirationRelativeToNow = TimeSpan.FromMilliseconds(100) }, Token);
                break;
            case Change.TagRemoved:
                await writer.Cache.RemoveByTagAsync("tag", Token);
                break;
            case Change.RawDel:
                await Raw.KeyDeleteAsync(fullKey);
                break;
            case Change.RawSet:
                await Raw.StringSetAsync(fullKey, "not an entry");
                break;
            case Change.RawExpire:
                await Raw.KeyExpireAsync(fullKey, TimeSpan.FromMilliseconds(50));
                break;
            case Change.Renamed:
                await Raw.KeyRenameAsync(fullKey, fullKey + "-elsewhere");
                break;
            case Change.ByScript:
                await Raw.ScriptEvaluateAsync("redis.call('UNLINK', KEYS[1])", [fullKey]);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(change));
        }
    }
}
