using System.Buffers;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.DataCache;

/// <summary>Values come back as they were, under the key that they were written for.</summary>
public abstract class ValueContract(ServerAddress server, EntryFormat format, bool near = false) : DataCacheContract(server, format, near)
{
    [Theory]
    [InlineData(0, false)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(3_000_000, false)]
    [InlineData(3_000_000, true)]
    public async Task A_value_comes_back_as_it_was(int length, bool sync)
    {
        var (face, key, value) = (FaceOf(sync), Some.Key(), Some.Bytes(length));
        await face.SetAsync(key, value, Caches.Sliding(60));

        Assert.Equal(value, await face.GetAsync(key));
        var buffer = new ArrayBufferWriter<byte>();
        Assert.True(await face.TryGetAsync(key, buffer));
        Assert.Equal(value, buffer.WrittenSpan);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_value_in_pieces_comes_back_whole(bool sync)
    {
        var (face, key, value) = (FaceOf(sync), Some.Key(), Some.Bytes(10_000));
        await face.SetAsync(key, Sequences.InPieces(value, 700), Caches.NoExpiry);
        Assert.Equal(value, await face.GetAsync(key));

        await face.SetAsync(key, ReadOnlySequence<byte>.Empty, Caches.NoExpiry);
        Assert.Empty((await face.GetAsync(key))!);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" a b\t\r\n\0 c ")]
    [InlineData("größe/é/漢字/🙂")]
    [InlineData("{braces}:*?[a]")]
    public async Task Any_text_is_a_key(string key)
    {
        foreach (var sync in new[] { false, true })
        {
            var (face, value) = (FaceOf(sync), Some.Bytes());
            await face.SetAsync(key, value, Caches.NoExpiry);
            Assert.Equal(value, await face.GetAsync(key));
            Assert.True(await Raw.KeyExistsAsync(FullKey(key)));
            await face.RemoveAsync(key);
            Assert.Null(await face.GetAsync(key));
        }
    }

    [Fact]
    public async Task Keys_differ_by_case_and_can_be_long()
    {
        var key = new string('k', 20_000);
        await Cache.SetAsync(key, [1], Caches.NoExpiry, Token);
        await Cache.SetAsync(key[..^1] + 'K', [2], Caches.NoExpiry, Token);
        Assert.Equal(1, Assert.Single((await Cache.GetAsync(key, Token))!));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_not_there_is_a_miss_and_can_be_refreshed_and_removed_in_peace(bool sync)
    {
        var (face, key, buffer) = (FaceOf(sync), Some.Key(), new ArrayBufferWriter<byte>());
        Assert.Null(await face.GetAsync(key));
        Assert.False(await face.TryGetAsync(key, buffer));
        Assert.Equal(0, buffer.WrittenCount);
        await face.RefreshAsync(key);
        await face.RemoveAsync(key);
        Assert.False(await Raw.KeyExistsAsync(FullKey(key)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_removed_is_gone(bool sync)
    {
        var (face, key) = (FaceOf(sync), Some.Key());
        await face.SetAsync(key, Some.Bytes(), Caches.NoExpiry);
        await face.RemoveAsync(key);
        Assert.Null(await face.GetAsync(key));
        Assert.False(await Raw.KeyExistsAsync(FullKey(key)));
    }

    [Fact]
    public async Task A_buffer_is_added_to_and_the_value_is_a_copy()
    {
        var (key, value) = (Some.Key(), Some.Bytes(4));
        byte[] original = [.. value];
        await Cache.SetAsync(key, value, Caches.NoExpiry, Token);
        value.AsSpan().Clear();

        var buffer = new ArrayBufferWriter<byte>();
        buffer.Write("before"u8);
        Assert.True(await Cache.TryGetAsync(key, buffer, Token));
        Assert.Equal([.. "before"u8, .. original], buffer.WrittenSpan);
    }

    [Fact]
    public async Task Many_keys_are_removed_at_once_and_counted()
    {
        var there = new[] { Some.Key(), Some.Key(), Some.Key() };
        foreach (var key in there)
        {
            await Cache.SetAsync(key, Some.Bytes(), Caches.NoExpiry, Token);
        }

        Assert.Equal(2, await Cache.RemoveAsync([there[0], there[1], Some.Key()], Token));
        Assert.Equal(0, await Cache.RemoveAsync([there[0]], Token));
        Assert.Equal(0, await Cache.RemoveAsync([], Token));
        Assert.NotNull(await Cache.GetAsync(there[2], Token));
    }

    [Fact]
    public async Task Any_collection_of_keys_will_do()
    {
        var entries = new Dictionary<string, byte[]> { [Some.Key()] = [1], [Some.Key()] = [2] };
        foreach (var (key, value) in entries)
        {
            await Cache.SetAsync(key, value, Caches.NoExpiry, Token);
        }

        Assert.Equal(2, await Cache.RemoveAsync(entries.Keys, Token));
    }

    [Fact]
    public async Task Readers_and_writers_at_once_see_whole_values_only()
    {
        var key = Some.Key();
        await Parallel.ForAsync(0, 400, Token, async (i, token) =>
        {
            if (i % 4 == 0)
            {
                byte[] value = [.. Enumerable.Repeat((byte)i, 100 + i)];
                await Cache.SetAsync(key, value, Caches.Sliding(60), token);
            }
            else if (await Cache.GetAsync(key, token) is { } read)
            {
                Assert.Single(read.Distinct());
                Assert.Equal(read[0], (byte)(read.Length - 100));
            }
        });
    }
}
