using CsCheck;
using RedisExpiryCache.OutputCaching;
using RedisExpiryCache.Redis.Entries;

namespace RedisExpiryCache.Tests.OutputCaching;

public sealed class OutputCacheKeysTests
{
    private const string Awkward = "\x1e\x1f\x1e#{}*\\001EQ=a ";

    private static readonly Gen<string> Key = Gen.String[
        Gen.OneOf(Gen.Int[0, Awkward.Length - 1].Select(at => Awkward[at]), Gen.Char), 0, 12];

    private static readonly Gen<string> LongKey = Gen.Select(Key, Gen.Int[280, 320], (key, length) => key + new string('x', length) + key);

    [Fact]
    public void Two_keys_never_become_the_same() => Gen.OneOf(Gen.Select(Key, Key), Gen.Select(LongKey, LongKey)).Sample(
        (one, other) => Assert.Equal(one == other, RedisKeyOf(one) == RedisKeyOf(other)), iter: 5_000);

    [Fact]
    public void No_braces_no_blanks_and_no_control_characters_are_left() => Gen.OneOf(Key, LongKey).Sample(
        key => Assert.DoesNotContain(RedisKeyOf(key), c => c is '{' or '}' || char.IsWhiteSpace(c) || char.IsControl(c) || char.IsSurrogate(c)),
        iter: 5_000);

    [Theory]
    [InlineData("GET\x1eHTTP\x1eHOST/A", "shop:output:GET\\001EHTTP\\001EHOST/A")]
    [InlineData("anything", "shop:output:anything")]
    [InlineData("", "shop:output:")]
    public void What_does_not_vary_is_readable(string key, string redisKey) => Assert.Equal(redisKey, RedisKeyOf(key));

    [Fact]
    public void What_it_varies_by_is_in_neither_key_nor_name()
    {
        const string Key = "GET\x1eHTTP\x1eHOST/A\x1eH\x1eCookie=s3cr3t\x1eQ\x1ePAGE=2";
        Assert.Matches($"^shop:output:GET\\\\001EHTTP\\\\001EHOST/A#[-_A-Za-z0-9]{{{KeyEncoder.DigestLength}}}$", RedisKeyOf(Key));
        Assert.Equal("GET\\001EHTTP\\001EHOST/A", OutputCacheKeys.NameOf(Key));
    }

    [Fact]
    public void A_key_cannot_pose_as_one_that_varies()
    {
        var varied = RedisKeyOf("GET\x1eHTTP\x1eHOST/A\x1eQ\x1ePAGE=2");
        Assert.NotEqual(varied, RedisKeyOf("GET\x1eHTTP\x1eHOST/A" + varied[varied.IndexOf('#', StringComparison.Ordinal)..]));
    }

    private static string RedisKeyOf(string key) => OutputCacheKeys.RedisKeyOf("shop:", key);
}
