using System.Buffers;
using Microsoft.Extensions.Caching.Distributed;
using RedisExpiryCache.IntegrationTests.Support;
using RedisExpiryCache.Redis.Generations;

namespace RedisExpiryCache.IntegrationTests.DataCache;

/// <summary>Entries with tags.</summary>
public abstract class TagContract(ServerAddress server, EntryFormat format, bool near = false) : DataCacheContract(server, format, near)
{
    [Fact]
    public async Task Removing_a_tag_removes_what_carries_it_and_nothing_else()
    {
        var (tag, other) = (Some.Word(), Some.Word());
        var (one, both, neither, plain) = (Some.Key(), Some.Key(), Some.Key(), Some.Key());
        await SetAsync(one, [tag]);
        await SetAsync(both, [other, tag]);
        await SetAsync(neither, [other]);
        await SetAsync(plain, []);
        await Cache.RemoveByTagAsync(tag, Token);

        foreach (var sync in new[] { false, true })
        {
            var face = FaceOf(sync);
            Assert.Null(await face.GetAsync(one));
            Assert.Null(await face.GetAsync(both));
            Assert.False(await face.TryGetAsync(both, new ArrayBufferWriter<byte>()));
            Assert.NotNull(await face.GetAsync(neither));
            Assert.NotNull(await face.GetAsync(plain));
        }

        Assert.Null(await Cache.GetLifetimeAsync(one, Token));
        Assert.NotNull(await Cache.GetLifetimeAsync(neither, Token));
    }

    [Fact]
    public async Task What_was_removed_by_its_tag_can_be_written_again()
    {
        var (tag, key) = (Some.Word(), Some.Key());
        await SetAsync(key, [tag]);
        Assert.NotNull(await Cache.GetAsync(key, Token));
        await Cache.RemoveByTagAsync(tag, Token);
        Assert.Null(await Cache.GetAsync(key, Token));
        await SetAsync(key, [tag]);
        Assert.NotNull(await Cache.GetAsync(key, Token));
        await SetAsync(key, []);
        await Cache.RemoveByTagAsync(tag, Token);
        Assert.NotNull(await Cache.GetAsync(key, Token));
    }

    [Fact]
    public async Task What_its_tag_removed_has_no_expiry_to_give()
    {
        var (tag, key) = (Some.Word(), Some.Key());
        await SetAsync(key, [tag]);
        await Cache.RemoveByTagAsync(tag, Token);
        Assert.False(await Cache.ExpireAsync(key, Caches.Sliding(10), Token));
        Assert.Null(await Cache.GetAsync(key, Token));
    }

    [Fact]
    public async Task A_new_expiry_keeps_the_tags()
    {
        var (tag, key, value) = (Some.Word(), Some.Key(), Some.Bytes());
        await SetAsync(key, [tag], value, Caches.Relative(10));
        foreach (var options in new[] { Caches.Both(100, 5_000), Caches.NoExpiry, Caches.Sliding(1_000) })
        {
            Assert.True(await Cache.ExpireAsync(key, options, Token));
            Assert.Equal(value, await Cache.GetAsync(key, Token));
        }

        await Cache.RemoveByTagAsync(tag, Token);
        Assert.Null(await Cache.GetAsync(key, Token));
    }

    [Fact]
    public async Task A_generation_lives_longer_than_what_hangs_on_it()
    {
        var (tag, key) = (Some.Word(), Some.Key());
        await SetAsync(key, [tag], Some.Bytes(), Caches.Relative(500));
        await AssertLivesAsync(GenerationOf(tag), 500 + GenerationStore.Slack.TotalSeconds);
        Assert.True(await TimeToLiveAsync(GenerationOf(tag)) > await TimeToLiveAsync(key));

        await SetAsync(Some.Key(), [tag], Some.Bytes(), Caches.Relative(5));
        Assert.True(await TimeToLiveAsync(GenerationOf(tag)) > TimeSpan.FromSeconds(500));

        await Cache.ExpireAsync(key, Caches.Both(10, 5_000), Token);
        Assert.True(await TimeToLiveAsync(GenerationOf(tag)) > TimeSpan.FromSeconds(5_000));
    }

    [Fact]
    public async Task An_entry_that_never_expires_has_a_generation_that_never_expires()
    {
        var (tag, key) = (Some.Word(), Some.Key());
        await SetAsync(Some.Key(), [tag], Some.Bytes(), Caches.Relative(5));
        await SetAsync(key, [tag], Some.Bytes(), Caches.NoExpiry);
        Assert.Null(await TimeToLiveAsync(GenerationOf(tag)));
        await SetAsync(Some.Key(), [tag], Some.Bytes(), Caches.Relative(5));
        Assert.Null(await TimeToLiveAsync(GenerationOf(tag)));
        Assert.NotNull(await Cache.GetAsync(key, Token));
    }

    [Theory]
    [InlineData("get")]
    [InlineData("refresh")]
    [InlineData("refresh sync")]
    public async Task A_generation_slides_with_what_hangs_on_it(string how)
    {
        var (tag, key) = (Some.Word(), Some.Key());
        await SetAsync(key, [tag], Some.Bytes(), Caches.Sliding(1_000));
        await AgeAsync(GenerationOf(tag));
        await AgeAsync(key);
        await (how switch
        {
            "get" => Cache.GetAsync(key, Token),
            "refresh" => Cache.RefreshAsync(key, Token),
            _ => FaceOf(sync: true).RefreshAsync(key),
        });
        await Eventually.True(
            async () => await TimeToLiveAsync(GenerationOf(tag)) > TimeSpan.FromSeconds(1_000), TimeSpan.FromSeconds(5), "the generation to slide");
        await AssertLivesAsync(GenerationOf(tag), 1_000 + GenerationStore.Slack.TotalSeconds);
    }

    [Fact]
    public async Task A_lost_generation_only_means_a_miss()
    {
        var (tag, key) = (Some.Word(), Some.Key());
        await SetAsync(key, [tag]);
        Assert.True(await Raw.KeyDeleteAsync(FullKey(GenerationOf(tag))));
        Assert.Null(await Cache.GetAsync(key, Token));
    }

    [Fact]
    public async Task What_somebody_else_left_in_the_place_of_a_generation_is_a_miss_too()
    {
        var (tag, key) = (Some.Word(), Some.Key());
        foreach (var leave in new Func<string, Task>[]
        {
            place => Raw.StringSetAsync(place, "x"), place => Raw.ListLeftPushAsync(place, "x"), place => Raw.HashSetAsync(place, "a", "b"),
        })
        {
            await SetAsync(key, [tag]);
            Assert.NotNull(await Cache.GetAsync(key, Token));
            var place = FullKey(GenerationOf(tag));
            await Raw.KeyDeleteAsync(place);
            await leave(place);
            Assert.Null(await Cache.GetAsync(key, Token));
            Assert.Null(await Cache.GetAsync(key, Token));
            await Cache.RemoveByTagAsync(tag, Token);
        }
    }

    [Fact]
    public async Task Odd_tags_are_tags()
    {
        var key = Some.Key();
        foreach (var tag in new[] { "", " ", "a b\r\n", "{x}", "é漢🙂", new string('t', 70_000), "a*b", "\\", "\uD800" })
        {
            await SetAsync(key, [tag, tag, "always"]);
            Assert.NotNull(await Cache.GetAsync(key, Token));
            await Cache.RemoveByTagAsync(tag + "x", Token);
            Assert.NotNull(await Cache.GetAsync(key, Token));
            await Cache.RemoveByTagAsync(tag, Token);
            Assert.Null(await Cache.GetAsync(key, Token));
        }
    }

    [Fact]
    public async Task Many_tags_have_room_and_too_many_are_refused()
    {
        string[] many = [.. Enumerable.Range(0, 1_000).Select(i => $"tag-{i}")];
        var key = Some.Key();
        await SetAsync(key, many);
        Assert.NotNull(await Cache.GetAsync(key, Token));
        await Cache.RemoveByTagAsync("tag-999", Token);
        Assert.Null(await Cache.GetAsync(key, Token));

        var refused = await Assert.ThrowsAsync<ArgumentException>(() => SetAsync(key, [.. Enumerable.Range(0, 5_000).Select(i => $"tag-{i}")]));
        Assert.Equal("tags", refused.ParamName);
    }

    private static string GenerationOf(string tag) => $"tag:data:{tag}";

    private Task SetAsync(string key, string[] tags) => SetAsync(key, tags, Some.Bytes(), Caches.Relative(600));

    private async Task SetAsync(string key, string[] tags, byte[] value, DistributedCacheEntryOptions options) =>
        await Cache.SetAsync(key, new ReadOnlySequence<byte>(value), options, tags, Token);
}
