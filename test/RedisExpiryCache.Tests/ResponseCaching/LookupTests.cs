using Microsoft.AspNetCore.Http;
using RedisExpiryCache.Redis;
using RedisExpiryCache.ResponseCaching;

namespace RedisExpiryCache.Tests.ResponseCaching;

/// <summary>RFC 9111 4.3.1: an entity tag says nothing about another resource.</summary>
public class LookupTests
{
    private static readonly Question Question = new(new RequestTarget("url", "identity"), TagNames.None, new HeaderDictionary(), new RequestBudget(new CallBudget(TimeSpan.FromSeconds(1), "")));

    private static readonly UrlVariant One = new(new string('1', KeyText.DigestLength), KeyText.DigestOf("identity"), "\"a\"");

    private static readonly UrlVariant Two = One with { Digest = new string('2', KeyText.DigestLength), ETag = "\"b\"" };

    private static readonly UrlVariant Foreign = Two with { Digest = new string('3', KeyText.DigestLength), Resource = KeyText.DigestOf("other") };

    private static readonly UrlRecord Record = new UrlRecord("0123456789abcdef").With(["accept"], One).With(["accept"], Two).With(["accept"], Foreign);

    [Fact]
    public void The_other_variants_are_those_of_the_same_resource() =>
        Assert.Equal([Two, One], new Lookup(Record, []).OthersOf(Question));

    [Fact]
    public void The_variant_that_was_looked_for_is_no_other() =>
        Assert.Equal([One], new Lookup(Record, []).Without($"url#generation.{Two.Digest}").OthersOf(Question));

    [Fact]
    public void Where_nothing_is_known_there_are_none()
    {
        Assert.Empty(new Lookup().OthersOf(Question));
        Assert.Empty(new Lookup(new UrlRecord("0123456789abcdef"), []).OthersOf(Question));
        Assert.Empty(new Lookup(Record, []).OthersOf(Question with { Target = new RequestTarget("url", "third") }));
    }
}
