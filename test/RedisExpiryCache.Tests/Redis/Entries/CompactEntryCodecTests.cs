using System.Buffers;
using CsCheck;
using RedisExpiryCache.Expiry;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Redis.Generations;

namespace RedisExpiryCache.Tests.Redis.Entries;

public class CompactEntryCodecTests
{
    private const long Seed = 42;

    private static readonly Gen<TimeSpan> Window = Gen.Long[1, long.MaxValue / TimeSpan.TicksPerMillisecond]
        .Select(milliseconds => TimeSpan.FromTicks(milliseconds * TimeSpan.TicksPerMillisecond));

    private static readonly Gen<DateTimeOffset> End =
        Gen.Long[0, Ttl.LastMoment.ToUnixTimeMilliseconds()].Select(DateTimeOffset.FromUnixTimeMilliseconds);

    private static readonly Gen<EntryExpiry> Expiry = Gen.Select(Window.Nullable(), End.Nullable(), (window, end) => new EntryExpiry(window, end));

    private static readonly Gen<byte[]> Stamps = Gen.OneOf(
        Gen.Const(Array.Empty<byte>()),
        Gen.String[0, 40].Array[1, 5].Select(tags => TagGeneration.Encode([.. tags.Select(tag => new TagGeneration(tag, "0123456789abcdef"))])));

    private static readonly Gen<byte[]> Payload = Gen.Byte.Array[0, 200];

    [Fact]
    public void What_was_encoded_is_decoded() => Gen.Select(Expiry, Stamps, Payload, Gen.String).Sample((expiry, stamps, payload, key) =>
    {
        var seed = CompactEntryCodec.SeedOf(key, EntryKind.Data);
        var miss = CompactEntryCodec.TryDecode(Encode(seed, expiry, stamps, payload), seed, out var decoded);

        Assert.Equal(MissReason.None, miss);
        Assert.Equal(payload, decoded.Payload.ToArray());
        Assert.Equal(stamps, decoded.TagStamps.ToArray());
        Assert.Equal(expiry.Sliding, decoded.Expiry.Sliding);

        // The end of an entry that does not slide is Redis' own time to live.
        Assert.Equal(expiry.Sliding is null ? null : expiry.AbsoluteEnd, decoded.Expiry.AbsoluteEnd);
    });

    [Fact]
    public void No_input_makes_the_decoder_throw() => Gen.Select(Gen.Byte.Array[0, 64], Gen.Bool, Gen.Byte).Sample((bytes, ours, flags) =>
    {
        if (ours && bytes.Length > 1)
            (bytes[0], bytes[1]) = (CompactEntryCodec.Version, flags);

        return CompactEntryCodec.TryDecode(bytes, Seed, out _) != MissReason.None;
    }, iter: 20_000);

    [Fact]
    public void Every_beginning_of_an_entry_is_a_miss_and_nothing_else()
    {
        var entry = Encode(Seed, new EntryExpiry(TimeSpan.FromMinutes(1), DateTimeOffset.UnixEpoch), OneStamp(), [1, 2, 3]);
        for (var length = 0; length < entry.Length; length++)
            Assert.NotEqual(MissReason.None, CompactEntryCodec.TryDecode(entry.AsMemory(0, length), Seed, out _));
    }

    [Fact]
    public void Every_single_flipped_bit_is_found()
    {
        var entry = Encode(Seed, new EntryExpiry(TimeSpan.FromMinutes(1), DateTimeOffset.UnixEpoch), OneStamp(), [1, 2, 3]);
        for (var bit = 0; bit < entry.Length * 8; bit++)
        {
            byte[] flipped = [.. entry];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(MissReason.None, CompactEntryCodec.TryDecode(flipped, Seed, out _));
        }
    }

    [Fact]
    public void Damage_is_a_miss_or_harmless_ten_thousand_times() =>
        Gen.Select(Expiry, Stamps, Payload, Mutation.Any).Sample((expiry, stamps, payload, mutation) =>
        {
            var original = Encode(Seed, expiry, stamps, payload);
            var mutated = mutation(original);
            var miss = CompactEntryCodec.TryDecode(mutated, Seed, out var decoded);
            if (miss == MissReason.None)
                Assert.Equal((payload, stamps, mutated), (decoded.Payload.ToArray(), decoded.TagStamps.ToArray(), original), BytesComparer);
        }, iter: 10_000);

    [Fact]
    public void An_entry_of_another_key_is_a_miss() => Gen.Select(Expiry, Stamps, Payload, Gen.String, Gen.String)
        .Where((_, _, _, one, other) => one != other)
        .Sample((expiry, stamps, payload, one, other) =>
        {
            var encoded = Encode(CompactEntryCodec.SeedOf(one, EntryKind.Data), expiry, stamps, payload);
            return CompactEntryCodec.TryDecode(encoded, CompactEntryCodec.SeedOf(other, EntryKind.Data), out _) == MissReason.Damaged;
        });

    [Fact]
    public void Keys_that_utf8_cannot_tell_apart_have_different_seeds() =>
        Assert.NotEqual(CompactEntryCodec.SeedOf("\uD800", EntryKind.Data), CompactEntryCodec.SeedOf("\uD801", EntryKind.Data));

    [Theory]
    [InlineData("")]
    [InlineData("plain text")]
    [InlineData("{\"json\":true}")]
    [InlineData("\u0000")]
    public void Text_of_somebody_else_is_foreign(string text) =>
        Assert.Equal(MissReason.Foreign, CompactEntryCodec.TryDecode(System.Text.Encoding.UTF8.GetBytes(text), Seed, out _));

    [Fact]
    public void A_tag_flag_that_changed_is_found_also_when_the_head_was_written_anew()
    {
        var window = new EntryExpiry(TimeSpan.FromMinutes(1), null);
        foreach (var tagged in new[] { true, false })
        {
            var entry = Encode(Seed, window, tagged ? OneStamp() : [], [2, 0, 7, 7, 7]);
            CompactEntryCodec.EncodeHead(entry, Seed, window, tagged: !tagged);
            Assert.Equal(MissReason.Damaged, CompactEntryCodec.TryDecode(entry, Seed, out _));
        }
    }

    [Theory]
    [InlineData(8)]
    [InlineData(128)]
    public void A_flag_of_a_later_version_is_a_miss_of_its_own_kind(byte flags)
    {
        byte[] head = [CompactEntryCodec.Version, flags];
        var check = (uint)System.IO.Hashing.XxHash3.HashToUInt64(head, Seed);
        byte[] entry = [.. head, .. BitConverter.GetBytes(check), .. new byte[20]];
        Assert.Equal(MissReason.UnknownVersion, CompactEntryCodec.TryDecode(entry, Seed, out _));
    }

    [Fact]
    public void The_size_is_known_before()
    {
        var expiry = new EntryExpiry(TimeSpan.FromMinutes(1), DateTimeOffset.UnixEpoch);
        Assert.Equal(CompactEntryCodec.MaximumHeadSize + 8 + 5, CompactEntryCodec.EncodedSize(expiry, [], 5));
        Assert.Equal(6 + 8 + 5, CompactEntryCodec.EncodedSize(default, [], 5));
        Assert.Equal(6 + 8 + 2 + 20 + 5, CompactEntryCodec.EncodedSize(default, new byte[20], 5));
        Assert.Throws<OverflowException>(() => CompactEntryCodec.EncodedSize(default, [], int.MaxValue));
    }

    [Fact]
    public void A_payload_of_several_segments_is_one_payload()
    {
        var payload = new EntryPayload(new byte[] { 1, 2 }, TwoSegments([3], [4, 5]));
        var entry = new byte[CompactEntryCodec.EncodedSize(default, [], payload.Length)];
        CompactEntryCodec.Encode(entry, Seed, default, [], payload);

        CompactEntryCodec.TryDecode(entry, Seed, out var decoded);
        byte[] whole = [1, 2, 3, 4, 5];
        Assert.Equal(whole, decoded.Payload.ToArray());
        Assert.Equal(whole, payload.ToArray());
    }

    private static readonly EqualityComparer<(byte[], byte[], byte[])> BytesComparer =
        EqualityComparer<(byte[], byte[], byte[])>.Create((a, b) =>
            a.Item1.AsSpan().SequenceEqual(b.Item1) && a.Item2.AsSpan().SequenceEqual(b.Item2) && a.Item3.AsSpan().SequenceEqual(b.Item3));

    private static byte[] OneStamp() => TagGeneration.Encode([new TagGeneration("tag", "0123456789abcdef")]);

    private static byte[] Encode(long seed, EntryExpiry expiry, byte[] stamps, byte[] payload)
    {
        var entry = new byte[CompactEntryCodec.EncodedSize(expiry, stamps, payload.Length)];
        CompactEntryCodec.Encode(entry, seed, expiry, stamps, new EntryPayload(default, new ReadOnlySequence<byte>(payload)));
        return entry;
    }

    private static ReadOnlySequence<byte> TwoSegments(byte[] first, byte[] second)
    {
        var end = new Segment(second, null, first.Length);
        return new ReadOnlySequence<byte>(new Segment(first, end, 0), 0, end, second.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] bytes, Segment? next, long index) => (Memory, Next, RunningIndex) = (bytes, next, index);
    }
}
