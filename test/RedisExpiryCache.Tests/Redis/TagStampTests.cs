using CsCheck;
using RedisExpiryCache.Redis;

namespace RedisExpiryCache.Tests.Redis;

public class TagStampTests
{
    private static readonly Gen<TagStamp> Stamp = Gen.Select(
        Gen.String[0, 50].Where(text => !text.Any(char.IsSurrogate)), Gen.String[Gen.Char.AlphaNumeric, Generations.IdLength, Generations.IdLength])
        .Select((tag, generation) => new TagStamp(tag, generation));

    [Fact]
    public void What_was_encoded_is_decoded() => Stamp.Array[0, 8].Sample(stamps =>
        Assert.Equal(stamps, TagStamp.TryDecode(TagStamp.Encode(stamps))));

    [Fact]
    public void No_input_makes_the_decoder_throw() => Gen.OneOf(
        Gen.Byte.Array[0, 100],
        Gen.Select(Stamp.Array[1, 4], Mutation.Any).Select((stamps, mutation) => mutation(TagStamp.Encode(stamps))))
        .Sample(bytes => TagStamp.TryDecode(bytes) is null || bytes.Length == 0 || bytes.Length >= 2 + Generations.IdLength, iter: 10_000);

    [Fact]
    public void What_is_cut_short_is_no_stamp()
    {
        var bytes = TagStamp.Encode([new TagStamp("tag", "0123456789abcdef")]);
        for (var length = 1; length < bytes.Length; length++)
            Assert.Null(TagStamp.TryDecode(bytes.AsSpan(0, length)));
    }

    [Fact]
    public void The_longest_tag_there_is_room_for_survives()
    {
        TagStamp[] stamps = [new TagStamp(new string('t', TagStamp.MaximumStampsSize - 2 - Generations.IdLength), "0123456789abcdef")];
        var bytes = TagStamp.Encode(stamps);
        Assert.Equal(TagStamp.MaximumStampsSize, bytes.Length);
        Assert.Equal(stamps, TagStamp.TryDecode(bytes));
    }
}
