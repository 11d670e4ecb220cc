using CsCheck;
using RedisExpiryCache.OutputCaching;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.ResponseCaching.Keys;

namespace RedisExpiryCache.Tests.Redis.Entries;

public sealed class DataKeysTests
{
    private static readonly string[] Words =
    [
        "GET:", "GET:/", "lock:", "tag:", "tag:http:", "tag:http:*", "tag:data:", "tag:output:", "output:", "near:", DataKeys.Marker,
        "data-key", "get:/", "", "x", ":",
        "\\003A", "#", "\uD800", "\0", "é",
    ];

    private static readonly Gen<string> Keys = OneOf(Words).Array[0, 4].Select(static words => string.Concat(words));

    [Theory]
    [InlineData("basket:alice", "shop:basket:alice")]
    [InlineData("", "shop:")]
    [InlineData("get:/", "shop:get:/")]
    [InlineData("tagged", "shop:tagged")]
    [InlineData("tag:data:t", "shop:data-key:tag:data:t")]
    [InlineData("tag:http:*", "shop:data-key:tag:http:*")]
    [InlineData("GET:/a", "shop:data-key:GET:/a")]
    [InlineData("lock:order", "shop:data-key:lock:order")]
    [InlineData("output:a", "shop:data-key:output:a")]
    [InlineData("near:a", "shop:data-key:near:a")]
    [InlineData("data-key:a", "shop:data-key:data-key:a")]
    public void A_key_is_marked_where_it_begins_with_a_reserved_word(string key, string name) =>
        Assert.Equal(name, DataKeys.NameOf("shop:", key));

    [Fact]
    public void No_two_keys_have_one_name() => Gen.Select(Keys, Keys).Sample(static (one, other) =>
        one == other || DataKeys.NameOf("i:", one) != DataKeys.NameOf("i:", other), iter: 20_000);

    [Fact]
    public void No_data_key_has_the_name_of_another_kind() => Gen.Select(
        Keys, Keys, OneOf("", "i:", "GET:", "tag:")).Sample(static (key, other, instance) =>
    {
        var responses = new ResponseKeys(instance);
        var url = responses.UrlOf($"/{other.Replace('\0', '-')}", other);
        string[] names =
        [
            url, ResponseKeys.VariantOf(url, "0123456789abcdef", other), responses.LockOf(url, []),
            responses.TagOf(ResponseKeys.EscapedTag(other)), responses.TagOf(ResponseKeys.AllResponsesTag),
            $"{instance}tag:data:{KeyEncoder.Escape(other)}", OutputCacheKeys.RedisKeyOf(instance, other),
            OutputCacheKeys.TagPrefix(instance) + KeyEncoder.Escape(other), $"{instance}near:{other}",
        ];
        return !names.Contains(DataKeys.NameOf(instance, key))
            && !Array.Exists(names, name => name == DataKeys.NameOf(instance, name[instance.Length..]));
    }, iter: 5_000);

    [Fact]
    public void No_entry_decodes_as_another_kind() => Gen.Select(
        Keys, Gen.Enum<EntryKind>(), Gen.Enum<EntryKind>(), Gen.Byte.Array[0, 40]).Sample(
        static (key, one, other, payload) =>
        {
            var bytes = new byte[CompactEntryCodec.EncodedSize(default, [], payload.Length)];
            CompactEntryCodec.Encode(bytes, CompactEntryCodec.SeedOf(key, one), default, [], new EntryPayload(default, new(payload)));
            return CompactEntryCodec.TryDecode(bytes, CompactEntryCodec.SeedOf(key, other), out _) == (one == other ? MissReason.None : MissReason.Damaged);
        });

    [Fact]
    public void An_entry_of_the_version_before_is_of_an_unknown_version() =>
        Assert.Equal(MissReason.UnknownVersion, CompactEntryCodec.TryDecode(new byte[] { 0xC1, 0, 1, 2, 3, 4 }, seed: 0, out _));

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);
}
