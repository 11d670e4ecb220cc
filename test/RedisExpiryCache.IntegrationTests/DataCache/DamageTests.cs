using System.Buffers;
using Microsoft.Extensions.Logging;
using RedisExpiryCache.IntegrationTests.Support;
using RedisExpiryCache.Redis.Entries;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.DataCache;

/// <summary>What is under a key and is not the entry that was written for it: a miss, said once, with its reason.</summary>
public sealed class DamageTests(RedisFixture fixture) : IAsyncLifetime
{
    private readonly RecordingLoggerProvider _log = new();
    private readonly string _key = Some.Key();
    private readonly byte[] _value = Some.Bytes();
    private RedisExpiringCache? _cache;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private RedisExpiringCache Cache => _cache!;

    private IDatabase Raw => fixture.Server.Raw;

    public ValueTask InitializeAsync()
    {
        _cache = Caches.Connect(fixture.Server.ConnectionString, log: _log);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => Cache.DisposeAsync();

    [Theory]
    [InlineData("list", "wrong-type")]
    [InlineData("set", "wrong-type")]
    [InlineData("sorted set", "wrong-type")]
    [InlineData("stream", "wrong-type")]
    [InlineData("hash", "foreign")]
    [InlineData("hash with odd fields", "foreign")]
    [InlineData("hash without data", "foreign")]
    [InlineData("text", "foreign")]
    [InlineData("empty", "foreign")]
    [InlineData("number", "foreign")]
    [InlineData("truncated", "damaged")]
    [InlineData("first byte only", "damaged")]
    [InlineData("flipped", "damaged")]
    [InlineData("copied", "damaged")]
    [InlineData("swapped", "damaged")]
    public async Task It_is_a_miss_that_is_logged_once_with_its_reason(string what, string reason)
    {
        await LeaveAsync(what);
        var before = await Raw.KeyDumpAsync(_key);
        foreach (var sync in new[] { false, true })
        {
            var (face, buffer) = (new Face(Cache, sync), new ArrayBufferWriter<byte>());
            Assert.Null(await face.GetAsync(_key));
            Assert.False(await face.TryGetAsync(_key, buffer));
            Assert.Equal(0, buffer.WrittenCount);
            await face.RefreshAsync(_key);
        }

        var warning = Assert.Single(_log.Records, record => record.Level >= LogLevel.Warning);
        Assert.Equal((2, LogLevel.Warning, reason), (warning.Event.Id, warning.Level, warning.Values["Reason"]));
        Assert.Equal(_key, warning.Values["Key"]);
        Assert.Equal(before, await Raw.KeyDumpAsync(_key));
    }

    [Theory]
    [InlineData("list")]
    [InlineData("hash")]
    [InlineData("hash without data")]
    [InlineData("text")]
    [InlineData("first byte only")]
    public async Task It_has_no_lifetime_and_takes_no_expiry(string what)
    {
        await LeaveAsync(what);
        var before = await Raw.KeyDumpAsync(_key);
        Assert.Null(await Cache.GetLifetimeAsync(_key, Token));
        Assert.False(await Cache.ExpireAsync(_key, Caches.Relative(10), Token));
        Assert.Equal(before, await Raw.KeyDumpAsync(_key));
        Assert.Null(await fixture.Server.TimeToLiveAsync(_key));
    }

    [Theory]
    [InlineData("list", EntryFormat.Compact)]
    [InlineData("hash", EntryFormat.Compact)]
    [InlineData("text", EntryFormat.Compact)]
    [InlineData("flipped", EntryFormat.Compact)]
    [InlineData("list", EntryFormat.Microsoft)]
    [InlineData("hash", EntryFormat.Microsoft)]
    [InlineData("text", EntryFormat.Microsoft)]
    public async Task It_is_overwritten_and_removed_like_anything_else(string what, EntryFormat format)
    {
        await using var cache = Caches.Connect(fixture.Server.ConnectionString, options => options.EntryFormat = format);
        await LeaveAsync(what);
        Assert.Null(await cache.GetAsync(_key, Token));
        await cache.SetAsync(_key, _value, Caches.Sliding(60), Token);
        Assert.Equal(_value, await cache.GetAsync(_key, Token));

        await cache.RemoveAsync(_key, Token);
        await LeaveAsync(what);
        Assert.Equal(1, await cache.RemoveAsync([_key], Token));
    }

    [Fact]
    public async Task A_later_version_of_this_library_is_left_alone()
    {
        // As such a version would write it: one flag more, and the check over it right.
        byte[] head = [CompactEntryCodec.Version, 8];
        var check = (uint)System.IO.Hashing.XxHash3.HashToUInt64(head, CompactEntryCodec.SeedOf(_key, EntryKind.Data));
        byte[] entry = [.. head, .. BitConverter.GetBytes(check), .. new byte[8], .. _value];
        await Raw.StringSetAsync(_key, entry);

        Assert.Null(await Cache.GetAsync(_key, Token));
        Assert.Null(await Cache.GetLifetimeAsync(_key, Token));
        Assert.False(await Cache.ExpireAsync(_key, Caches.Relative(10), Token));
        await Cache.RefreshAsync(_key, Token);
        Assert.Equal("unknown-version", Assert.Single(_log.Records, record => record.Event.Id == 2).Values["Reason"]);
        Assert.Equal(entry, (byte[]?)await Raw.StringGetAsync(_key));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_new_expiry_never_turns_damage_into_data(bool tagged)
    {
        string[] tags = tagged ? ["tag"] : [];
        await Cache.SetAsync(_key, new ReadOnlySequence<byte>(_value), Caches.Both(60, 90), tags, Token);
        var entry = (byte[])(await Raw.StringGetAsync(_key))!;
        for (var bit = 0; bit < 30 * 8; bit++)
        {
            byte[] flipped = [.. entry];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            await Raw.StringSetAsync(_key, flipped);
            await Cache.ExpireAsync(_key, Caches.Sliding(60), Token);
            var read = await Cache.GetAsync(_key, Token);
            Assert.True(read is null || read.AsSpan().SequenceEqual(_value), $"bit {bit}: {Convert.ToHexString(read ?? [])}");
        }
    }

    [Fact]
    public async Task Whatever_harm_comes_to_an_entry_no_call_throws_and_none_gives_wrong_data()
    {
        await Cache.SetAsync(_key, new ReadOnlySequence<byte>(_value), Caches.Both(60, 90), ["one", "two"], Token);
        var entry = (byte[])(await Raw.StringGetAsync(_key))!;
        await Parallel.ForAsync(0, 1_000, Token, async (i, token) =>
        {
            var key = $"{_key}-{i}";
            await Raw.StringSetAsync(key, Harm(entry, i), TimeSpan.FromMinutes(1));
            Assert.Null(await Cache.GetAsync(key, token));
            await Cache.RefreshAsync(key, token);
            await Cache.GetLifetimeAsync(key, token);
            await Cache.ExpireAsync(key, i % 2 == 0 ? Caches.Sliding(60) : Caches.Relative(60), token);
            Assert.Null(await Cache.GetAsync(key, token));
        });
    }

    private static byte[] Harm(byte[] entry, int seed)
    {
        var random = new Random(seed);
        byte[] copy = [.. entry];
        var (a, b) = (random.Next(copy.Length), random.Next(copy.Length));
        copy[a] ^= (byte)(1 << random.Next(8));
        return (seed % 5) switch
        {
            0 => entry,
            1 => copy,
            2 => copy[..a],
            3 => [.. copy[..a], .. Some.Bytes(random.Next(1, 9)), .. copy[a..]],
            _ => [.. copy[..Math.Min(a, b)], .. copy[Math.Max(a, b)..]],
        };
    }

    private async Task LeaveAsync(string what)
    {
        switch (what)
        {
            case "list": await Raw.ListLeftPushAsync(_key, "x"); break;
            case "set": await Raw.SetAddAsync(_key, "x"); break;
            case "sorted set": await Raw.SortedSetAddAsync(_key, "x", 1); break;
            case "stream": await Raw.StreamAddAsync(_key, "field", "value"); break;
            case "hash": await Raw.HashSetAsync(_key, "name", "value"); break;
            case "hash with odd fields": await Raw.HashSetAsync(_key, [new("absexp", "soon"), new("sldexp", "-1"), new("data", "x")]); break;
            case "hash without data": await Raw.HashSetAsync(_key, [new("absexp", "-1"), new("sldexp", "10000000")]); break;
            case "text": await Raw.StringSetAsync(_key, "somebody else's"); break;
            case "empty": await Raw.StringSetAsync(_key, ""); break;
            case "number": await Raw.StringIncrementAsync(_key); break;
            case "first byte only": await Raw.StringSetAsync(_key, new[] { CompactEntryCodec.Version }); break;
            default: await LeaveEntryAsync(what); break;
        }
    }

    private async Task LeaveEntryAsync(string what)
    {
        var (one, other) = (await EntryAsync(_key), await EntryAsync(_key + "-other"));
        await Raw.StringSetAsync(_key, what switch
        {
            "truncated" => one[..^1],
            "flipped" => [.. one[..^1], (byte)(one[^1] ^ 1)],
            "copied" => other,
            _ => [.. one[..10], .. other[10..]],
        });
    }

    private async Task<byte[]> EntryAsync(string key)
    {
        await Cache.SetAsync(key, _value, Caches.Relative(60), Token);
        return (byte[])(await Raw.StringGetAsync(key))!;
    }
}
