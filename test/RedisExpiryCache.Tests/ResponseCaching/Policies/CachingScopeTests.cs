using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using RedisExpiryCache.ResponseCaching;
using RedisExpiryCache.ResponseCaching.Policies;
using RedisExpiryCache.ResponseCaching.Storage;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.Tests.ResponseCaching.Policies;

/// <summary>Which requests are in scope, and which responses change that.</summary>
public class CachingScopeTests
{
    private const string Public = "public, max-age=60";
    private readonly PublicEndpoints known = new();
    private readonly CachingScope scope;

    public CachingScopeTests()
    {
        var report = new ResponseCacheTelemetry(new CacheMetrics(null), NullLogger<ResponseCacheMiddleware>.Instance);
        scope = new CachingScope(new StoreDecision(new ResponseCachingOptions()), known, report, new FakeTimeProvider());
    }

    [Theory]
    [InlineData(EndpointScope.All, true)]
    [InlineData(EndpointScope.AllButStaticFiles, true)]
    [InlineData(EndpointScope.PublicResponses, false)]
    [InlineData(EndpointScope.None, false)]
    internal void Before_any_response_the_endpoint_decides(EndpointScope ofEndpoint, bool isIncluded) =>
        Assert.Equal(isIncluded, scope.Includes(Context(), Policy(ofEndpoint)));

    [Theory]
    [InlineData(EndpointScope.PublicResponses, true)]
    [InlineData(EndpointScope.None, false)]
    internal void A_public_response_includes_its_endpoint_where_public_ones_count(EndpointScope ofEndpoint, bool isIncluded)
    {
        var policy = Policy(ofEndpoint);
        scope.Observe(Context(Public), new ResponseCacheFeature(policy, Context().Response));

        Assert.Equal(isIncluded, scope.Includes(Context(path: "/other"), policy));
        Assert.False(scope.Includes(Context(), Policy(EndpointScope.PublicResponses, "another endpoint")));
    }

    [Fact]
    public void Without_an_endpoint_a_public_response_includes_its_path()
    {
        var policy = new ResponsePolicy(new PolicySettings()) { Scope = EndpointScope.PublicResponses };
        scope.Observe(Context(Public), new ResponseCacheFeature(policy, Context().Response));

        Assert.True(scope.Includes(Context(), policy));
        Assert.False(scope.Includes(Context(path: "/other"), policy));
    }

    [Theory]
    [InlineData("GET", 200, Public, true)]
    [InlineData("GET", 404, Public, true)]
    [InlineData("GET", 304, Public, true)]
    [InlineData("GET", 200, "s-maxage=1", true)]
    [InlineData("GET", 412, Public, false)]
    [InlineData("HEAD", 200, Public, false)]
    [InlineData("GET", 200, "max-age=60", false)]
    [InlineData("GET", 200, "public, no-store", false)]
    [InlineData("GET", 200, "public, private, max-age=60", false)]
    [InlineData("GET", 200, null, false)]
    public void A_response_counts_that_the_cache_could_have_stored(string method, int status, string? cacheControl, bool isIncluded)
    {
        var (context, policy) = (Context(cacheControl), Policy(EndpointScope.PublicResponses));
        (context.Request.Method, context.Response.StatusCode) = (method, status);
        scope.Observe(context, new ResponseCacheFeature(policy, context.Response));

        Assert.Equal(isIncluded, scope.Includes(Context(), policy));
    }

    [Theory]
    [InlineData(Public, true)]
    [InlineData("max-age=60", false)]
    public void A_user_who_is_signed_in_changes_nothing_about_that(string cacheControl, bool isIncluded)
    {
        var (context, policy) = (Context(cacheControl), Policy(EndpointScope.PublicResponses));
        context.User = new System.Security.Claims.ClaimsPrincipal(new System.Security.Claims.ClaimsIdentity("cookie"));
        var serving = new ResponseCacheFeature(policy, context.Response) { Duration = TimeSpan.FromMinutes(1) };
        scope.Observe(context, serving);

        Assert.Equal(isIncluded, scope.Includes(Context(), policy));
    }

    private static DefaultHttpContext Context(string? cacheControl = null, string path = "/a")
    {
        var context = new DefaultHttpContext { RequestServices = new ServiceCollection().BuildServiceProvider() };
        (context.Request.Method, context.Request.Path) = ("GET", path);
        context.Response.Headers.CacheControl = cacheControl;
        return context;
    }

    private ResponsePolicy Policy(EndpointScope ofEndpoint, string identity = "an endpoint") =>
        new(new PolicySettings()) { Scope = ofEndpoint, PublicEndpoint = known.Of(identity) };
}
