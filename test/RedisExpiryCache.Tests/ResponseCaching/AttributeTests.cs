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

    private static ResponsePolicy PolicyOf(IPolicyMetadata attribute) => new(attribute.Settings);
}
