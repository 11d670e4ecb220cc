using RedisExpiryCache.HttpFields;
using RedisExpiryCache.ResponseCaching.Storage;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.ResponseCaching.Storage;

/// <summary>What is taken down of a response for the rules of reuse.</summary>
public class CachedResponseTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly StoredLifetime Lifetime = new(TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(15), Sliding: null);

    private static readonly ResponseFacts Facts = new()
    {
        StatusCode = 203,
        Date = Now.AddSeconds(-3),
        ETag = "\"a\"",
        LastModified = Now.AddDays(-1),
        ContentRange = "bytes 0-4/10",
    };

    private static StoredResponse RulesOf(string cacheControl) => RulesOf(Facts with { CacheControl = CacheControl.Parse(cacheControl) });

    private static StoredResponse RulesOf(ResponseFacts facts) => CachedResponse.Of([], facts, Lifetime, Now).Rules;

    [Fact]
    public void The_facts_are_taken_down()
    {
        var expected = new StoredResponse
        {
            StatusCode = 203,
            ResponseTime = Now,
            CorrectedInitialAge = TimeSpan.FromSeconds(15),
            FreshnessLifetime = TimeSpan.FromSeconds(60),
            Date = Now.AddSeconds(-3),
            ETag = "\"a\"",
            LastModified = Now.AddDays(-1),
        };

        Assert.Equal(expected, RulesOf(Facts));
        Assert.Equal(expected with { Date = Now }, RulesOf(Facts with { Date = null }));
        Assert.Equal(203, CachedResponse.Of([], Facts, Lifetime, Now).StatusCode);
    }

    [Theory]
    [InlineData("max-age=60", false, false, false, false)]
    [InlineData("no-cache", true, false, false, false)]
    [InlineData("must-revalidate", false, true, false, true)]
    [InlineData("proxy-revalidate", false, true, false, false)]
    [InlineData("public", false, false, true, true)]
    [InlineData("s-maxage=60", false, true, true, true)]
    [InlineData("s-maxage=0", false, true, false, false)]
    public void The_directives_that_later_requests_meet_are_taken_down(string cacheControl, bool noCache, bool mustRevalidate, bool everybody, bool authorization)
    {
        var rules = RulesOf(cacheControl);

        Assert.Equal((noCache, mustRevalidate), (rules.NoCache, rules.MustRevalidate));
        Assert.Equal((everybody, authorization), (rules.AllowsEverybody, rules.AllowsAuthorization));
    }

    [Fact]
    public void The_times_for_stale_responses_are_taken_down_as_they_were_decided()
    {
        var facts = Facts with { CacheControl = CacheControl.Parse("stale-while-revalidate=5, stale-if-error=6") };
        var decided = Lifetime with { StaleWhileRevalidate = TimeSpan.FromSeconds(7), StaleIfError = TimeSpan.Zero };
        var rules = CachedResponse.Of([], facts, decided, Now).Rules;

        Assert.Equal((TimeSpan.FromSeconds(7), TimeSpan.Zero), (rules.StaleWhileRevalidate, rules.StaleIfError));
        Assert.True(RulesOf(facts) is { StaleWhileRevalidate: null, StaleIfError: null });
    }

    [Fact]
    public void Which_part_it_is_is_taken_down_of_a_206_alone()
    {
        Assert.Equal(new StoredRange(new ByteRange(0, 4), 10), RulesOf(Facts with { StatusCode = 206 }).Part);
        Assert.Null(RulesOf(Facts with { StatusCode = 200 }).Part);
        Assert.Null(RulesOf(Facts with { StatusCode = 206, ContentRange = "bytes 0-4/*" }).Part);
    }

    [Fact]
    public void A_field_is_found_by_its_name_in_any_case()
    {
        var response = CachedResponse.Of([new("X-A", "1"), new("Content-Type", "text/plain")], Facts, Lifetime, Now);

        Assert.Equal("text/plain", response["content-type"]);
        Assert.Equal(0, response["X-B"].Count);
    }
}
