using Microsoft.AspNetCore.Http;
using RedisExpiryCache.ResponseCaching.Policies;

namespace RedisExpiryCache.Tests.ResponseCaching.Policies;

/// <summary>One policy laid over another.</summary>
public class PolicySettingsTests
{
    private static PolicySettings Full(int number) => new()
    {
        Duration = TimeSpan.FromSeconds(number),
        Sliding = TimeSpan.FromMinutes(number),
        ClientDuration = TimeSpan.FromHours(number),
        StaleWhileRevalidate = TimeSpan.FromDays(number),
        StaleIfError = TimeSpan.FromTicks(number),
        NoStore = number == 1,
        QueryKeys = [$"q{number}"],
        HeaderNames = [$"h{number}"],
        RouteValueNames = [$"r{number}"],
        VaryByHost = number == 1,
        VaryByCulture = number == 1,
        VaryByUser = number == 1,
        ClaimTypes = [$"c{number}"],
    };

    [Fact]
    public void What_the_nearer_one_says_counts()
    {
        Assert.Equivalent(Full(1), Full(1).Over(Full(2)), strict: true);
        Assert.Equivalent(Full(2), Full(2).Over(Full(1)), strict: true);
    }

    [Fact]
    public void Where_one_says_nothing_the_other_counts()
    {
        Assert.Equivalent(Full(1), new PolicySettings().Over(Full(1)), strict: true);
        Assert.Equivalent(Full(1), Full(1).Over(new PolicySettings()), strict: true);
        Assert.Equivalent(new PolicySettings(), new PolicySettings().Over(new PolicySettings()), strict: true);
    }

    [Fact]
    public void No_and_nothing_at_all_are_said_too()
    {
        var none = new PolicySettings
        {
            NoStore = false,
            VaryByHost = false,
            VaryByCulture = false,
            VaryByUser = false,
            QueryKeys = [],
            HeaderNames = [],
            RouteValueNames = [],
            ClaimTypes = [],
            Duration = TimeSpan.Zero,
            ClientDuration = TimeSpan.Zero,
        };
        var over = none.Over(Full(1));

        Assert.True(over is { NoStore: false, VaryByHost: false, VaryByCulture: false, VaryByUser: false });
        Assert.True(over is { QueryKeys: [], HeaderNames: [], RouteValueNames: [], ClaimTypes: [] });
        Assert.Equal((TimeSpan.Zero, TimeSpan.Zero), (over.Duration, over.ClientDuration));
    }

    [Fact]
    public void Query_keys_and_ignored_ones_are_two_ways_to_say_the_same_thing()
    {
        var (keys, ignored) = (new PolicySettings { QueryKeys = ["a"] }, new PolicySettings { IgnoredQueryKeys = ["b"] });

        Assert.True(keys.Over(ignored) is { QueryKeys: ["a"], IgnoredQueryKeys: null });
        Assert.True(ignored.Over(keys) is { QueryKeys: null, IgnoredQueryKeys: ["b"] });
        Assert.True(new PolicySettings().Over(ignored) is { QueryKeys: null, IgnoredQueryKeys: ["b"] });
        Assert.True(ignored.Over(new PolicySettings { IgnoredQueryKeys = ["c"] }) is { IgnoredQueryKeys: ["b"] });
    }

    [Fact]
    public void Tags_and_functions_add_up_the_farther_ones_first()
    {
        Func<HttpContext, string?> one = static _ => "1", other = static _ => "2";
        var over = new PolicySettings { Tags = ["a"], Custom = [one] }.Over(new PolicySettings { Tags = ["b", "a"], Custom = [other] });

        Assert.Equal(["b", "a", "a"], over.Tags);
        Assert.Equal([other, one], over.Custom);
        Assert.Equal(["b", "a"], new ResponsePolicy(over).Tags.Select(static tag => tag.Fill([])));
    }
}
