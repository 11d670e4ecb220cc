using RedisExpiryCache.ResponseCaching.Policies;

namespace RedisExpiryCache.Tests.ResponseCaching;

/// <summary>A bad value names itself where the attribute is written, not in every request.</summary>
public class AttributeTests
{
    [Fact]
    public void A_duration_is_not_negative()
    {
        var failure = Assert.Throws<ArgumentOutOfRangeException>(() => new RedisResponseCacheAttribute { Duration = -5 });
        Assert.Equal((nameof(RedisResponseCacheAttribute.Duration), -5), (failure.ParamName, failure.ActualValue));
        failure = Assert.Throws<ArgumentOutOfRangeException>(() => new RedisResponseCacheAttribute { SlidingDuration = -1 });
        Assert.Equal(nameof(RedisResponseCacheAttribute.SlidingDuration), failure.ParamName);
        failure = Assert.Throws<ArgumentOutOfRangeException>(() => new RedisResponseCacheAttribute { StaleWhileRevalidate = -1 });
        Assert.Equal(nameof(RedisResponseCacheAttribute.StaleWhileRevalidate), failure.ParamName);
        failure = Assert.Throws<ArgumentOutOfRangeException>(() => new RedisResponseCacheAttribute { StaleIfError = -1 });
        Assert.Equal(nameof(RedisResponseCacheAttribute.StaleIfError), failure.ParamName);
        failure = Assert.Throws<ArgumentOutOfRangeException>(() => new RedisResponseCacheAttribute { ClientDuration = -1 });
        Assert.Equal((nameof(RedisResponseCacheAttribute.ClientDuration), -1), (failure.ParamName, failure.ActualValue));
    }

    [Theory]
    [InlineData("*")]
    [InlineData("Accept Language")]
    [InlineData("Accept:")]
    public void What_is_no_field_name_cannot_be_varied_by(string name)
    {
        var failure = Assert.Throws<ArgumentException>(() => new RedisResponseCacheAttribute { VaryByHeaderNames = ["Accept", name] });
        Assert.Equal(nameof(RedisResponseCacheAttribute.VaryByHeaderNames), failure.ParamName);
        Assert.Contains(name, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_null_among_names_is_refused_by_name()
    {
        Assert.Equal("Tags", Assert.Throws<ArgumentNullException>(() => new RedisResponseCacheAttribute { Tags = ["a", null!] }).ParamName);
        Assert.Equal("VaryByQueryKeys", Assert.Throws<ArgumentNullException>(() => new RedisResponseCacheAttribute { VaryByQueryKeys = [null!] }).ParamName);
        Assert.Equal("Tags", Assert.Throws<ArgumentNullException>(() => new RedisResponseCacheEvictAttribute { Tags = [null!] }).ParamName);
        Assert.Equal("Paths", Assert.ThrowsAny<ArgumentException>(() => new RedisResponseCacheEvictAttribute { Paths = [null!] }).ParamName);
    }

    [Theory]
    [InlineData("products")]
    [InlineData("")]
    [InlineData("http://shop.example/products")]
    [InlineData("{id}")]
    public void A_path_to_evict_begins_at_the_root(string path)
    {
        var failure = Assert.Throws<ArgumentException>(() => new RedisResponseCacheEvictAttribute { Paths = ["/fine", path] });
        Assert.Equal("Paths", failure.ParamName);
        Assert.Contains($"'{path}'", failure.Message, StringComparison.Ordinal);
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
        IPolicyMetadata attribute = new RedisResponseCacheAttribute { Duration = 0, StaleIfError = 0, ClientDuration = 0, NoStore = false, VaryByHost = true, VaryByUser = false };

        Assert.True(attribute.Settings is { Duration.Ticks: 0, StaleIfError.Ticks: 0, ClientDuration.Ticks: 0, NoStore: false, VaryByHost: true, VaryByUser: false });
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
