using RedisExpiryCache.ResponseCaching.Policies;

namespace RedisExpiryCache.Tests.ResponseCaching.Policies;

public class PolicyBuilderTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    private static PolicySettings Build(Action<ResponseCachePolicyBuilder> say)
    {
        var builder = new ResponseCachePolicyBuilder();
        say(builder);
        return builder.Settings;
    }

    [Fact]
    public void A_time_to_be_kept_is_more_than_zero()
    {
        foreach (var span in new[] { TimeSpan.Zero, -Tick, TimeSpan.MinValue })
        {
            Assert.Equal("duration", Assert.Throws<ArgumentOutOfRangeException>(() => Build(policy => policy.Expire(span))).ParamName);
            Assert.Equal("window", Assert.Throws<ArgumentOutOfRangeException>(() => Build(policy => policy.Slide(span))).ParamName);
        }

        Assert.Equal((Tick, Tick), (Build(policy => policy.Expire(Tick)).Duration, Build(policy => policy.Slide(Tick)).Sliding));
    }

    [Fact]
    public void The_other_times_are_not_negative()
    {
        Assert.Equal("duration", Assert.Throws<ArgumentOutOfRangeException>(() => Build(policy => policy.ClientExpire(-Tick))).ParamName);
        Assert.Equal("window", Assert.Throws<ArgumentOutOfRangeException>(() => Build(policy => policy.StaleWhileRevalidate(-Tick))).ParamName);
        Assert.Equal("window", Assert.Throws<ArgumentOutOfRangeException>(() => Build(policy => policy.StaleIfError(-Tick))).ParamName);
        var zero = Build(static policy => policy.ClientExpire(TimeSpan.Zero).StaleWhileRevalidate(TimeSpan.Zero).StaleIfError(TimeSpan.Zero));
        Assert.True(zero is { ClientDuration.Ticks: 0, StaleWhileRevalidate.Ticks: 0, StaleIfError.Ticks: 0 });
    }

    [Fact]
    public void A_null_among_names_is_refused_by_name()
    {
        Assert.Equal("keys", Assert.Throws<ArgumentNullException>(() => Build(policy => policy.VaryByQuery("a", null!))).ParamName);
        Assert.Equal("keys", Assert.Throws<ArgumentNullException>(() => Build(policy => policy.VaryByQuery(null!))).ParamName);
        Assert.Equal("ignoredKeys", Assert.Throws<ArgumentNullException>(() => Build(policy => policy.VaryByQueryExcept("a", null!))).ParamName);
        Assert.Equal("names", Assert.Throws<ArgumentNullException>(() => Build(policy => policy.VaryByRouteValue("a", null!))).ParamName);
        Assert.Equal("types", Assert.Throws<ArgumentNullException>(() => Build(policy => policy.VaryByClaim("a", null!))).ParamName);
        Assert.Equal("tags", Assert.Throws<ArgumentNullException>(() => Build(policy => policy.Tag("a", null!))).ParamName);
        Assert.Equal("valueOf", Assert.Throws<ArgumentNullException>(() => Build(policy => policy.VaryByValue(null!))).ParamName);
    }

    [Theory]
    [InlineData("*")]
    [InlineData("Accept Language")]
    [InlineData("Accept:")]
    public void What_is_no_field_name_cannot_be_varied_by(string name)
    {
        var failure = Assert.Throws<ArgumentException>(() => Build(policy => policy.VaryByHeader("Accept", name)));

        Assert.Equal("names", failure.ParamName);
        Assert.Contains($"[Accept, {name}]", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_query_keys_the_last_word_counts()
    {
        Assert.True(Build(static policy => policy.VaryByQueryExcept("b").VaryByQuery("a")) is { QueryKeys: ["a"], IgnoredQueryKeys: null });
        Assert.True(Build(static policy => policy.VaryByQuery("a").VaryByQueryExcept("b")) is { QueryKeys: null, IgnoredQueryKeys: ["b"] });
        Assert.True(Build(static policy => policy.VaryByQuery()) is { QueryKeys: [] });
    }

    [Fact]
    public void Other_names_add_up()
    {
        var all = Build(static policy => policy
            .VaryByHeader("Accept").VaryByHeader("X-A", "X-B").VaryByRouteValue("a").VaryByRouteValue("b").VaryByClaim("c").VaryByClaim("d").Tag("e").Tag("f", "g")
            .VaryByValue(static _ => null).VaryByValue(static _ => null));

        Assert.True(all is { HeaderNames: ["Accept", "X-A", "X-B"], RouteValueNames: ["a", "b"], ClaimTypes: ["c", "d"], Tags: ["e", "f", "g"], Custom.Length: 2 });
    }

    [Fact]
    public void What_is_not_said_is_left_to_the_policy_below()
    {
        Assert.Equivalent(new PolicySettings(), Build(static _ => { }), strict: true);
        Assert.True(Build(static policy => policy.NoStore().VaryByHost().VaryByCulture().VaryByUser())
            is { NoStore: true, VaryByHost: true, VaryByCulture: true, VaryByUser: true, Duration: null, QueryKeys: null });
    }
}
