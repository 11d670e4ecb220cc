using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using RedisExpiryCache.ResponseCaching.Policies;

namespace RedisExpiryCache.Tests.ResponseCaching.Policies;

/// <summary>What an app decides about the caching of one response while it is making it.</summary>
public class ResponseCacheFeatureTests
{
    private const string Revalidate = "public, max-age=0, must-revalidate";

    private static readonly ResponsePolicy Policy = new(new PolicySettings
    {
        Duration = TimeSpan.FromSeconds(60),
        Sliding = TimeSpan.FromSeconds(5),
        StaleIfError = TimeSpan.FromSeconds(7),
        HeaderNames = ["X-B", "Accept"],
    });

    private readonly Response response = new();

    private ResponseCacheFeature Feature(ResponsePolicy? policy = null)
    {
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpResponseFeature>(response);
        return new ResponseCacheFeature(policy ?? Policy, context.Response);
    }

    [Fact]
    public void Where_the_app_says_nothing_the_policy_holds()
    {
        var feature = Feature();

        Assert.True(feature is { Duration: null, NoStore: false, Tags: [] });
        Assert.Equal(Revalidate, feature.ClientCacheControl(hasExpires: false));
        Assert.Equal((Policy.Lifetime, Policy.HeaderNames), (feature.Lifetime, feature.HeaderNames));
        Assert.Null(Feature(ResponsePolicy.None).ClientCacheControl(hasExpires: false));
    }

    [Fact]
    public void The_apps_duration_takes_the_place_of_the_policys()
    {
        var feature = Feature();
        feature.Duration = TimeSpan.FromSeconds(30);

        Assert.Equal(Policy.Lifetime with { Duration = TimeSpan.FromSeconds(30) }, feature.Lifetime);
        Assert.Equal(Revalidate, feature.ClientCacheControl(hasExpires: false));
        feature.Duration = null;
        Assert.Equal(Policy.Lifetime, feature.Lifetime);
    }

    [Fact]
    public void Without_a_policy_the_apps_word_is_one()
    {
        var feature = Feature(ResponsePolicy.None);
        feature.Duration = TimeSpan.FromSeconds(30);

        Assert.True(feature.Lifetime is { IsSet: true, Sliding: null });
        Assert.Equal(Revalidate, feature.ClientCacheControl(hasExpires: false));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    public void A_duration_is_more_than_zero(long ticks)
    {
        var feature = Feature();

        Assert.Equal("Duration", Assert.Throws<ArgumentOutOfRangeException>(() => feature.Duration = TimeSpan.FromTicks(ticks)).ParamName);
        Assert.Null(feature.Duration);
    }

    [Fact]
    public void Tags_and_fields_add_up()
    {
        var feature = Feature();
        feature.AddTags("a", "b");
        feature.AddTags("a");
        feature.VaryByHeader("X-A", "ACCEPT");
        feature.VaryByHeader();
        feature.NoStore = true;

        Assert.Equal(["a", "b", "a"], feature.Tags);
        Assert.Equal(["accept", "x-a", "x-b"], feature.HeaderNames);
        Assert.True(feature.NoStore);
        Assert.Equal(["accept", "x-b"], Policy.HeaderNames);
    }

    [Fact]
    public void What_is_refused_changes_nothing()
    {
        var feature = Feature();

        Assert.Equal("tags", Assert.Throws<ArgumentNullException>(() => feature.AddTags("a", null!)).ParamName);
        Assert.Equal("tags", Assert.Throws<ArgumentNullException>(() => feature.AddTags(null!)).ParamName);
        Assert.Equal("names", Assert.Throws<ArgumentException>(() => feature.VaryByHeader("X-A", "*")).ParamName);
        Assert.Equal("names", Assert.Throws<ArgumentException>(() => feature.VaryByHeader("a b")).ParamName);
        Assert.Empty(feature.Tags);
        Assert.Equal(Policy.HeaderNames, feature.HeaderNames);
    }

    [Fact]
    public void After_the_start_nothing_can_be_decided_and_all_can_be_read()
    {
        var feature = Feature();
        (feature.Duration, feature.NoStore) = (TimeSpan.FromSeconds(30), true);
        response.Starts();

        Assert.Throws<InvalidOperationException>(() => feature.Duration = TimeSpan.FromSeconds(1));
        Assert.Throws<InvalidOperationException>(() => feature.Duration = null);
        Assert.Throws<InvalidOperationException>(() => feature.NoStore = false);
        Assert.Throws<InvalidOperationException>(() => feature.AddTags("a"));
        Assert.Contains("has started", Assert.Throws<InvalidOperationException>(() => feature.VaryByHeader("a")).Message, StringComparison.Ordinal);
        Assert.True(feature is { Duration.Ticks: 30 * TimeSpan.TicksPerSecond, NoStore: true, Tags: [] });
    }

    private sealed class Response : HttpResponseFeature
    {
        private bool hasStarted;

        public override bool HasStarted => hasStarted;

        public void Starts() => hasStarted = true;
    }
}
