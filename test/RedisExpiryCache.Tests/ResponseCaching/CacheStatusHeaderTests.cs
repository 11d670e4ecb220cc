using CsCheck;
using RedisExpiryCache.HttpFields;
using RedisExpiryCache.ResponseCaching;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.ResponseCaching;

/// <summary>RFC 9211 2: what Cache-Status says of answers from the store that the app had a say in, and of keys.</summary>
public class CacheStatusHeaderTests
{
    private static TimeSpan? Seconds(double? seconds) => seconds is { } some ? TimeSpan.FromSeconds(some) : null;

    [Theory]
    [InlineData(ForwardReason.Stale, true, 60.9, "RedisExpiryCache; fwd=stale; fwd-status=304; stored; ttl=60")]
    [InlineData(ForwardReason.Request, false, 60.0, "RedisExpiryCache; fwd=request; fwd-status=304; ttl=60")]
    [InlineData(ForwardReason.VaryMiss, true, null, "RedisExpiryCache; fwd=vary-miss; fwd-status=304; stored")]
    [InlineData(ForwardReason.Stale, false, null, "RedisExpiryCache; fwd=stale; fwd-status=304")]
    [InlineData(ForwardReason.Stale, true, -0.5, "RedisExpiryCache; fwd=stale; fwd-status=304; stored; ttl=-1")]
    internal void A_validated_response_says_that_the_app_was_asked(ForwardReason reason, bool stored, double? timeLeft, string expected) =>
        Assert.Equal(expected, CacheStatusHeader.Validated(reason, stored, Seconds(timeLeft)));

    [Theory]
    [InlineData(503, -10.5, "RedisExpiryCache; fwd=stale; fwd-status=503; ttl=-11; detail=stale-if-error")]
    [InlineData(null, -10.0, "RedisExpiryCache; fwd=stale; ttl=-10; detail=stale-if-error")]
    [InlineData(500, null, "RedisExpiryCache; fwd=stale; fwd-status=500; detail=stale-if-error")]
    [InlineData(null, null, "RedisExpiryCache; fwd=stale; detail=stale-if-error")]
    public void A_stand_in_says_what_it_stands_in_for(int? status, double? timeLeft, string expected) =>
        Assert.Equal(expected, CacheStatusHeader.OnError(ForwardReason.Stale, status, Seconds(timeLeft)));

    [Fact]
    public void A_part_that_was_not_asked_for_is_a_reason_of_its_own() =>
        Assert.Equal("RedisExpiryCache; fwd=partial; stored", CacheStatusHeader.Stored(ForwardReason.Partial));

    [Theory]
    [InlineData("GET:/a?b=1#c", "x; key=\"GET:/a?b=1#c\"")]
    [InlineData("", "x; key=\"\"")]
    [InlineData("a\"b", "x; key=\"a\\\"b\"")]
    [InlineData("a\\0026b", "x; key=\"a\\\\0026b\"")]
    [InlineData("\\\"", "x; key=\"\\\\\\\"\"")]
    [InlineData(" ~", "x; key=\" ~\"")]
    [InlineData("é", "x")]
    [InlineData("a\u007f", "x")]
    [InlineData("a\nb", "x")]
    [InlineData("\0", "x")]
    public void A_key_is_named_where_a_String_can_hold_it(string key, string expected) => Assert.Equal(expected, CacheStatusHeader.WithKey("x", key));

    [Fact]
    public void A_key_that_is_named_can_be_read_again()
    {
        var keys = Gen.OneOf(Gen.String, Gen.String[Gen.Char["a\\\"; ,"], 0, 12]);

        keys.Sample(key =>
        {
            var status = CacheStatusHeader.WithKey("x", key);
            return status == "x"
                ? key.Any(static c => c is < ' ' or > '~')
                : StructuredFields.TryParseDictionary($"y={status["x; key=".Length..]}", out var members) && members["y"].Text == key;
        });
    }
}
