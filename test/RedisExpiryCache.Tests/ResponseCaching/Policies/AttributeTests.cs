using RedisExpiryCache.ResponseCaching.Policies;

namespace RedisExpiryCache.Tests.ResponseCaching.Policies;

/// <summary>A bad value names itself where the attribute is written, not in every request.</summary>
public class AttributeTests
{
    public static TheoryData<RedisResponseCacheAttribute, string> Wrong => new()
    {
        { new() { Duration = 0 }, "Duration is 0; it must be more than zero seconds. To store nothing, write NoStore = true." },
        { new() { Duration = -5 }, "Duration is -5; it must be more than zero seconds. To store nothing, write NoStore = true." },
        { new() { SlidingDuration = -1 }, "SlidingDuration is -1; it must be zero or more seconds." },
        { new() { ClientDuration = -1 }, "ClientDuration is -1; it must be zero or more seconds." },
        { new() { StaleWhileRevalidate = -1 }, "StaleWhileRevalidate is -1; it must be zero or more seconds." },
        { new() { StaleIfError = int.MinValue }, "StaleIfError is -2147483648; it must be zero or more seconds." },
        { new() { VaryByHeaderNames = ["Accept", "*"] }, "VaryByHeaderNames contains '*'; each must be the name of one request header." },
        { new() { VaryByHeaderNames = ["Accept Language"] }, "VaryByHeaderNames contains 'Accept Language'; each must be the name of one request header." },
        { new() { VaryByHeaderNames = ["Accept:"] }, "VaryByHeaderNames contains 'Accept:'; each must be the name of one request header." },
        { new() { VaryByHeaderNames = [null!] }, "VaryByHeaderNames contains null." },
        { new() { VaryByQueryKeys = [null!] }, "VaryByQueryKeys contains null." },
        { new() { IgnoredQueryKeys = [null!] }, "IgnoredQueryKeys contains null." },
        { new() { VaryByRouteValueNames = [null!] }, "VaryByRouteValueNames contains null." },
        { new() { VaryByClaimTypes = [null!] }, "VaryByClaimTypes contains null." },
        { new() { Tags = ["a", null!] }, "Tags contains null." },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Value_that_a_property_does_not_take_is_one_fault_and_never_a_policy(RedisResponseCacheAttribute attribute, string fault)
    {
        Assert.Equal([fault], attribute.Faults);
        Assert.Equal($"[RedisResponseCache]: {fault}", Assert.Throws<InvalidOperationException>(() => ((IPolicyMetadata)attribute).Settings).Message);
    }

    [Fact]
    public void Attribute_as_documented_has_no_fault()
    {
        Assert.Empty(new RedisResponseCacheAttribute().Faults);
        Assert.Empty(new RedisResponseCacheAttribute { Duration = 60, SlidingDuration = 0, ClientDuration = 0, StaleIfError = 0, Tags = [], VaryByHeaderNames = ["Accept"] }.Faults);
    }

    [Fact]
    public void A_null_among_names_to_evict_is_a_fault_that_names_the_property()
    {
        Assert.Equal(["Tags contains null."], new RedisResponseCacheEvictAttribute { Tags = [null!] }.Faults);
        Assert.Equal(["Paths contains null."], new RedisResponseCacheEvictAttribute { Paths = [null!] }.Faults);
    }

    [Theory]
    [InlineData("products")]
    [InlineData("")]
    [InlineData("http://shop.example/products")]
    [InlineData("{id}")]
    public void A_path_to_evict_begins_at_the_root(string path)
    {
        var fault = Assert.Single(new RedisResponseCacheEvictAttribute { Paths = ["/fine", path] }.Faults);
        Assert.Equal($"Paths contains '{path}'; each must begin with a slash, as in \"/products?page=2\".", fault);
    }

    [Fact]
    public void Null_lists_are_as_good_as_none()
    {
        var policy = PolicyOf(new RedisResponseCacheAttribute { Tags = null, VaryByHeaderNames = null, VaryByQueryKeys = null });
        Assert.Empty(policy.Tags);
        Assert.Empty(policy.HeaderNames);
        Assert.True(policy.Query.IsAsSpelled);
        Assert.False(policy.Lifetime.IsSet);
        Assert.Null(new RedisResponseCacheEvictAttribute { Tags = null, Paths = null }.Paths);
    }

    [Fact]
    public void Seconds_become_a_policy_and_field_names_their_one_spelling()
    {
        var policy = PolicyOf(new RedisResponseCacheAttribute { Duration = 60, SlidingDuration = 10, VaryByHeaderNames = ["X-B", "accept", "ACCEPT"] });
        Assert.Equal((TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(10)), (policy.Lifetime.Duration, policy.Lifetime.Sliding));
        Assert.Equal(["accept", "x-b"], policy.HeaderNames);
    }

    [Fact]
    public void An_attribute_that_says_nothing_leaves_all_to_the_policy_below()
    {
        var attribute = new RedisResponseCacheAttribute();

        Assert.Equivalent(new PolicySettings(), ((IPolicyMetadata)attribute).Settings, strict: true);
        Assert.Equal((0, 0, 0, 0, 0), (attribute.Duration, attribute.SlidingDuration, attribute.ClientDuration, attribute.StaleWhileRevalidate, attribute.StaleIfError));
        Assert.True(attribute is { VaryByHost: true, VaryByUser: false, VaryByCulture: false, NoStore: false, PolicyName: null });
    }

    [Fact]
    public void All_that_an_attribute_says_becomes_settings()
    {
        var attribute = new RedisResponseCacheAttribute
        {
            Duration = 1,
            SlidingDuration = 2,
            ClientDuration = 3,
            StaleWhileRevalidate = 4,
            StaleIfError = 5,
            NoStore = true,
            VaryByQueryKeys = ["q"],
            VaryByHeaderNames = ["H"],
            VaryByRouteValueNames = ["r"],
            VaryByHost = false,
            VaryByCulture = true,
            VaryByUser = true,
            VaryByClaimTypes = ["c"],
            Tags = ["t"],
            PolicyName = "p",
        };
        var expected = new PolicySettings
        {
            Duration = TimeSpan.FromSeconds(1),
            Sliding = TimeSpan.FromSeconds(2),
            ClientDuration = TimeSpan.FromSeconds(3),
            StaleWhileRevalidate = TimeSpan.FromSeconds(4),
            StaleIfError = TimeSpan.FromSeconds(5),
            NoStore = true,
            QueryKeys = ["q"],
            HeaderNames = ["H"],
            RouteValueNames = ["r"],
            VaryByHost = false,
            VaryByCulture = true,
            VaryByUser = true,
            ClaimTypes = ["c"],
            Tags = ["t"],
        };

        Assert.Equivalent(expected, ((IPolicyMetadata)attribute).Settings, strict: true);
        Assert.Equal("p", ((IPolicyMetadata)attribute).PolicyName);
    }

    [Fact]
    public void The_defaults_that_are_written_out_are_said_too()
    {
        IPolicyMetadata attribute = new RedisResponseCacheAttribute { SlidingDuration = 0, StaleIfError = 0, ClientDuration = 0, NoStore = false, VaryByHost = true, VaryByUser = false };

        Assert.True(attribute.Settings is { Sliding.Ticks: 0, StaleIfError.Ticks: 0, ClientDuration.Ticks: 0, NoStore: false, VaryByHost: true, VaryByUser: false });
    }

    [Fact]
    public void Ignored_query_keys_count_where_none_are_named()
    {
        IPolicyMetadata ignoring = new RedisResponseCacheAttribute { IgnoredQueryKeys = ["i"] };
        IPolicyMetadata both = new RedisResponseCacheAttribute { IgnoredQueryKeys = ["i"], VaryByQueryKeys = ["q"] };

        Assert.True(ignoring.Settings is { QueryKeys: null, IgnoredQueryKeys: ["i"] });
        Assert.True(both.Settings is { QueryKeys: ["q"], IgnoredQueryKeys: null });
    }

    private static ResponsePolicy PolicyOf(IPolicyMetadata attribute) => new(attribute.Settings);
}
