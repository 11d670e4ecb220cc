using System.Text.RegularExpressions;
using RedisExpiryCache.Rfc9111;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.Tests.Telemetry;

public partial class EnumTokensTests
{
    [Theory]
    [InlineData(NoStoreReason.SetCookie, "set-cookie")]
    [InlineData(NoStoreReason.RequestNoStore, "request-no-store")]
    [InlineData(NoStoreReason.Private, "private")]
    internal void A_reason_not_to_store_is_a_token(NoStoreReason reason, string token) => Assert.Equal(token, reason.Token());

    /// <summary>RFC 9211 2.2</summary>
    [Theory]
    [InlineData(ForwardReason.Bypass, "bypass")]
    [InlineData(ForwardReason.Method, "method")]
    [InlineData(ForwardReason.UriMiss, "uri-miss")]
    [InlineData(ForwardReason.VaryMiss, "vary-miss")]
    [InlineData(ForwardReason.Request, "request")]
    [InlineData(ForwardReason.Stale, "stale")]
    internal void A_reason_to_forward_is_the_RFCs_token(ForwardReason reason, string token) => Assert.Equal(token, reason.Token());

    [Fact]
    public void Every_reason_has_its_own_token()
    {
        var tokens = Enum.GetValues<NoStoreReason>().Select(reason => reason.Token()).ToArray();

        Assert.All(tokens, token => Assert.Matches(KebabCase(), token));
        Assert.Equal(tokens.Length, tokens.Distinct().Count());
    }

    [Fact]
    public void A_token_is_made_once() => Assert.Same(ForwardReason.UriMiss.Token(), ForwardReason.UriMiss.Token());

    [Fact]
    public void A_token_allocates_nothing()
    {
        NoStoreReason.TooLarge.Token();

        var before = GC.GetAllocatedBytesForCurrentThread();
        NoStoreReason.TooLarge.Token();

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void An_unnamed_value_has_no_token() => Assert.Throws<ArgumentOutOfRangeException>(() => ((ForwardReason)99).Token());

    [GeneratedRegex("^[a-z]+(-[a-z]+)*$")]
    private static partial Regex KebabCase();
}
