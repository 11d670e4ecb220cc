using Microsoft.AspNetCore.Http;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.ResponseCaching;
using RedisExpiryCache.ResponseCaching.Keys;
using RedisExpiryCache.ResponseCaching.Lookup;
using RedisExpiryCache.ResponseCaching.Storage;

namespace RedisExpiryCache.Tests.ResponseCaching.Lookup;

/// <summary>RFC 9111 4.3.1: an entity tag says nothing about another resource.</summary>
public class LookupResultTests
{
    private static readonly LookupRequest Question = new(new RequestKey("url", "identity"), TagNames.None, new HeaderDictionary(), new RequestTimeLimit(new TimeLimit(TimeSpan.FromSeconds(1), "")));

    private static readonly UrlVariant One = new(new string('1', KeyEncoder.DigestLength), KeyEncoder.DigestOf("identity"), "\"a\"");

    private static readonly UrlVariant Two = One with { Digest = new string('2', KeyEncoder.DigestLength), ETag = "\"b\"" };

    private static readonly UrlVariant Foreign = Two with { Digest = new string('3', KeyEncoder.DigestLength), Resource = KeyEncoder.DigestOf("other") };

    private static readonly VariantIndex Record = new VariantIndex("0123456789abcdef").With(["accept"], One).With(["accept"], Two).With(["accept"], Foreign);

    [Fact]
    public void The_other_variants_are_those_of_the_same_resource() =>
        Assert.Equal([Two, One], new LookupResult(Record, []).OthersOf(Question));

    [Fact]
    public void The_variant_that_was_looked_for_is_no_other() =>
        Assert.Equal([One], new LookupResult(Record, []).Without($"url#generation.{Two.Digest}").OthersOf(Question));

    [Fact]
    public void Where_nothing_is_known_there_are_none()
    {
        Assert.Empty(new LookupResult().OthersOf(Question));
        Assert.Empty(new LookupResult(new VariantIndex("0123456789abcdef"), []).OthersOf(Question));
        Assert.Empty(new LookupResult(Record, []).OthersOf(Question with { Target = new RequestKey("url", "third") }));
    }
}
