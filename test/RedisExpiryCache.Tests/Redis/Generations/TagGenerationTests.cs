using CsCheck;
using RedisExpiryCache.Redis.Generations;

namespace RedisExpiryCache.Tests.Redis.Generations;

public class TagGenerationTests
{
    private static readonly Gen<TagGeneration> Stamp = Gen.Select(
        Gen.String[0, 50].Where(text => !text.Any(char.IsSurrogate)), Gen.String[Gen.Char.AlphaNumeric, GenerationValue.IdLength, GenerationValue.IdLength])
        .Select((tag, generation) => new TagGeneration(tag, generation));

    [Fact]
    public void What_was_encoded_is_decoded() => Stamp.Array[0, 8].Sample(stamps =>
        Assert.Equal(stamps, TagGeneration.TryDecode(TagGeneration.Encode(stamps))));

    [Fact]
    public void No_input_makes_the_decoder_throw() => Gen.OneOf(
        Gen.Byte.Array[0, 100],
        Gen.Select(Stamp.Array[1, 4], Mutation.Any).Select((stamps, mutation) => mutation(TagGeneration.Encode(stamps))))
        .Sample(bytes => TagGeneration.TryDecode(bytes) is null || bytes.Length == 0 || bytes.Length >= 2 + GenerationValue.IdLength, iter: 10_000);

    [Fact]
    public void What_is_cut_short_is_no_stamp()
    {
        var bytes = TagGeneration.Encode([new TagGeneration("tag", "0123456789abcdef")]);
        for (var length = 1; length < bytes.Length; length++)
            Assert.Null(TagGeneration.TryDecode(bytes.AsSpan(0, length)));
    }

    [Fact]
    public void The_longest_tag_there_is_room_for_survives()
    {
        TagGeneration[] stamps = [new TagGeneration(new string('t', TagGeneration.MaximumStampsSize - 2 - GenerationValue.IdLength), "0123456789abcdef")];
        var bytes = TagGeneration.Encode(stamps);
        Assert.Equal(TagGeneration.MaximumStampsSize, bytes.Length);
        Assert.Equal(stamps, TagGeneration.TryDecode(bytes));
    }
}
