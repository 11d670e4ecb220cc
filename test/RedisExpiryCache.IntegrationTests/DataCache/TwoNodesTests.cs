using System.Buffers;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.DataCache;

/// <summary>Two app instances on one Redis.</summary>
public sealed class TwoNodesTests(RedisFixture fixture) : IAsyncLifetime
{
    private readonly string _instance = fixture.Server.NewPrefix();
    private readonly string _key = Some.Key();
    private RedisExpiringCache? _one;
    private RedisExpiringCache? _other;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private RedisExpiringCache One => _one!;

    private RedisExpiringCache Other => _other!;

    public ValueTask InitializeAsync()
    {
        _one = Caches.Connect(fixture.Server.ConnectionString, options => options.InstanceName = _instance);
        _other = Caches.Connect(fixture.Server.ConnectionString, options => options.InstanceName = _instance);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await One.DisposeAsync();
        await Other.DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_tag_that_one_removes_is_removed_for_both_also_where_both_have_read_it(bool sync)
    {
        var (one, other) = (new Face(One, sync), new Face(Other, sync));
        for (var round = 0; round < 5; round++)
        {
            await SetAsync(One, [1], "tag", "other");
            for (var i = 0; i < 3; i++)
            {
                Assert.NotNull(await one.GetAsync(_key));
                Assert.NotNull(await other.GetAsync(_key));
            }

            await Other.RemoveByTagAsync("tag", Token);
            Assert.Null(await one.GetAsync(_key));
            Assert.Null(await other.GetAsync(_key));
        }
    }

    [Fact]
    public async Task Tags_that_one_changes_are_those_that_count_for_the_other()
    {
        await SetAsync(One, [1], "old");
        Assert.NotNull(await Other.GetAsync(_key, Token));
        await SetAsync(One, [2], "new");
        await Other.RemoveByTagAsync("old", Token);
        Assert.Equal(2, Assert.Single((await Other.GetAsync(_key, Token))!));
        await One.RemoveByTagAsync("new", Token);
        Assert.Null(await Other.GetAsync(_key, Token));
        await SetAsync(Other, [3]);
        Assert.Equal(3, Assert.Single((await One.GetAsync(_key, Token))!));
    }

    [Fact]
    public async Task After_a_tag_was_removed_nobody_reads_what_was_written_before()
    {
        await Parallel.ForAsync(0, 40, Token, async (i, token) =>
        {
            var (key, tag) = ($"{_key}-{i}", $"tag-{i % 4}");
            var (writer, remover) = i % 2 == 0 ? (One, Other) : (Other, One);
            for (var round = 0; round < 5; round++)
            {
                await writer.SetAsync(key, new ReadOnlySequence<byte>([1]), Caches.Relative(60), [tag], token);
                await remover.GetAsync(key, token);
                await remover.RemoveByTagAsync(tag, token);
                Assert.Null(await writer.GetAsync(key, token));
                Assert.Null(await remover.GetAsync(key, token));
            }
        });
    }

    [Fact]
    public async Task A_late_slide_does_not_prolong_what_was_written_anew()
    {
        for (var i = 0; i < 100; i++)
        {
            await One.SetAsync(_key, [1], Caches.Sliding(1_000), Token);
            var read = One.GetAsync(_key, Token);
            await Other.SetAsync(_key, [2], Caches.Relative(30), Token);
            await read;

            // The slide, if it comes only now, has arrived before the answer to this.
            await One.GetLifetimeAsync(_key, Token);
            Assert.True(await fixture.Server.TimeToLiveAsync(_instance + _key) <= TimeSpan.FromSeconds(30));
        }
    }

    [Fact]
    public async Task Instances_with_other_names_do_not_meet()
    {
        await using var stranger = Caches.Connect(fixture.Server.ConnectionString, options => options.InstanceName = fixture.Server.NewPrefix());
        await SetAsync(One, [1], "tag");
        Assert.Null(await stranger.GetAsync(_key, Token));
        await stranger.RemoveAsync(_key, Token);
        await stranger.RemoveByTagAsync("tag", Token);
        Assert.NotNull(await One.GetAsync(_key, Token));
    }

    private async Task SetAsync(RedisExpiringCache cache, byte[] value, params string[] tags) =>
        await cache.SetAsync(_key, new ReadOnlySequence<byte>(value), Caches.Sliding(600), tags, Token);
}
