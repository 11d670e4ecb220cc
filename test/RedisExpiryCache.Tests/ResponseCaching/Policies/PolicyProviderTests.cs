using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RedisExpiryCache.ResponseCaching.Policies;

namespace RedisExpiryCache.Tests.ResponseCaching.Policies;

/// <summary>Named policies and base policies, and which of them an endpoint goes by.</summary>
public class PolicyProviderTests
{
    private static ResponseCachingOptions Options(Action<ResponseCachingOptions> say)
    {
        var options = new ResponseCachingOptions();
        say(options);
        return options;
    }

    private static PolicyProvider Book(Action<ResponseCachingOptions> say)
    {
        var options = new RedisExpiringCacheOptions();
        say(options.ResponseCaching);
        return new PolicyProvider(new OptionsWrapper<RedisExpiringCacheOptions>(options), new ServiceCollection().BuildServiceProvider());
    }

    private static Endpoint At(params object[] metadata) => new(null, new EndpointMetadataCollection(metadata), null);

    private static TimeSpan Seconds(int seconds) => TimeSpan.FromSeconds(seconds);

    [Fact]
    public void A_policy_needs_a_name_and_something_that_says_it()
    {
        Assert.Equal("name", Assert.Throws<ArgumentNullException>(() => Options(static options => options.AddPolicy(null!, static _ => { }))).ParamName);
        Assert.Equal("policy", Assert.Throws<ArgumentNullException>(() => Options(static options => options.AddPolicy("a", null!))).ParamName);
        Assert.Equal("policy", Assert.Throws<ArgumentNullException>(() => Options(static options => options.AddBasePolicy(null!))).ParamName);
    }

    [Fact]
    public void A_policy_is_found_by_its_name_in_any_case_and_may_be_said_anew()
    {
        var options = Options(static options => options.AddPolicy("Short", static policy => policy.Expire(Seconds(1)).Tag("a")));
        Assert.Equal(Seconds(1), options.PolicyNamed("SHORT").Duration);

        options.AddPolicy("short", static policy => policy.Slide(Seconds(2)));
        Assert.True(options.PolicyNamed("Short") is { Duration: null, Tags: [] });
        Assert.Single(options.Policies);
    }

    [Fact]
    public void An_unknown_name_is_told_what_there_is()
    {
        var none = Assert.Throws<InvalidOperationException>(() => new ResponseCachingOptions().PolicyNamed("x"));
        Assert.StartsWith("There is no response cache policy 'x'; none has been added.", none.Message, StringComparison.Ordinal);
        Assert.Contains("options.ResponseCaching.AddPolicy(\"x\", ", none.Message, StringComparison.Ordinal);

        var options = Options(static options => options.AddPolicy("one", static _ => { }));
        options.AddPolicy("two", static _ => { });
        var some = Assert.Throws<InvalidOperationException>(() => options.PolicyNamed("x"));
        Assert.StartsWith("There is no response cache policy 'x'; there are one, two.", some.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Base_policies_add_up_and_the_last_word_counts()
    {
        var options = Options(static options => options.AddBasePolicy(static policy => policy.Expire(Seconds(1)).Slide(Seconds(2)).Tag("a")));
        options.AddBasePolicy(static policy => policy.Expire(Seconds(3)).Tag("b"));

        Assert.True(options.BasePolicy is { Tags: ["a", "b"] });
        Assert.Equal((Seconds(3), Seconds(2)), (options.BasePolicy.Duration, options.BasePolicy.Sliding));
    }

    [Fact]
    public void An_endpoint_goes_by_its_own_word_then_by_the_named_policy_then_by_the_base()
    {
        var book = Book(static options =>
        {
            options.AddBasePolicy(static policy => policy.Expire(Seconds(1)).Slide(Seconds(1)).StaleIfError(Seconds(1)).Tag("base"));
            options.AddPolicy("named", static policy => policy.Expire(Seconds(2)).Slide(Seconds(2)).Tag("named"));
        });
        var own = book.Of(At(new RedisResponseCacheAttribute { Duration = 3, Tags = ["own"], PolicyName = "NAMED" }));

        Assert.Equal((Seconds(3), Seconds(2), Seconds(1)), (own.Lifetime.Duration, own.Lifetime.Sliding, own.Lifetime.StaleIfError));
        Assert.Equal(["base", "named", "own"], own.Tags.Select(static tag => tag.Fill([])));
        Assert.Equal(Seconds(2), book.Of(At(new PolicyMetadata(new PolicySettings(), "named"))).Lifetime.Duration);
        Assert.Equal(Seconds(1), book.Of(At(new PolicyMetadata(new PolicySettings(), null))).Lifetime.Duration);
        Assert.Equal(Seconds(1), book.Of(At()).Lifetime.Duration);
        Assert.Equal(Seconds(1), book.Of(null).Lifetime.Duration);
    }

    [Fact]
    public void Of_an_endpoints_policies_the_nearest_counts_alone_and_is_composed_once()
    {
        var book = Book(static _ => { });
        var endpoint = At(new RedisResponseCacheAttribute { Duration = 1, SlidingDuration = 1 }, new PolicyMetadata(new PolicySettings { Duration = Seconds(2) }, null));

        Assert.True(book.Of(endpoint).Lifetime is { Sliding: null, Duration.Ticks: 2 * TimeSpan.TicksPerSecond });
        Assert.Same(book.Of(endpoint), book.Of(endpoint));
    }

    [Fact]
    public void A_name_that_nobody_has_added_is_known_beforehand()
    {
        var book = Book(static options => options.AddPolicy("named", static _ => { }));

        Assert.Equal("other", book.UnknownNameOf(At(new PolicyMetadata(new PolicySettings(), "other"))));
        Assert.Null(book.UnknownNameOf(At(new PolicyMetadata(new PolicySettings(), "Named"))));
        Assert.Null(book.UnknownNameOf(At(new RedisResponseCacheAttribute())));
        Assert.Null(book.UnknownNameOf(At()));
        Assert.Throws<InvalidOperationException>(() => book.Of(At(new PolicyMetadata(new PolicySettings(), "other"))));
    }
}
