using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.StaticAssets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RedisExpiryCache.ResponseCaching.Policies;

namespace RedisExpiryCache.Tests.ResponseCaching.Policies;

/// <summary>Which responses of an endpoint are in scope, by its metadata and the settings.</summary>
public class EndpointScopesTests
{
    public enum At
    {
        NoEndpoint,
        Nothing,
        Attribute,
        Convention,
        EvictAttribute,
        Mvc,
        MvcAny,
        MvcClient,
        MvcNone,
        MvcNoStore,
        StaticAsset,
        MarkedStaticAsset,
        HealthCheck,
    }

    [Theory]
    [InlineData(At.NoEndpoint, EndpointScope.PublicResponses, EndpointScope.None)]
    [InlineData(At.Nothing, EndpointScope.PublicResponses, EndpointScope.None)]
    [InlineData(At.Attribute, EndpointScope.All, EndpointScope.All)]
    [InlineData(At.Convention, EndpointScope.All, EndpointScope.All)]
    [InlineData(At.EvictAttribute, EndpointScope.PublicResponses, EndpointScope.None)]
    [InlineData(At.Mvc, EndpointScope.All, EndpointScope.All)]
    [InlineData(At.MvcAny, EndpointScope.All, EndpointScope.All)]
    [InlineData(At.MvcClient, EndpointScope.PublicResponses, EndpointScope.None)]
    [InlineData(At.MvcNone, EndpointScope.PublicResponses, EndpointScope.None)]
    [InlineData(At.MvcNoStore, EndpointScope.PublicResponses, EndpointScope.None)]
    [InlineData(At.StaticAsset, EndpointScope.None, EndpointScope.None)]
    [InlineData(At.MarkedStaticAsset, EndpointScope.All, EndpointScope.All)]
    [InlineData(At.HealthCheck, EndpointScope.None, EndpointScope.None)]
    internal void A_mark_puts_an_endpoint_into_scope(At at, EndpointScope markedAndPublic, EndpointScope markedEndpoints)
    {
        Assert.Equal(markedAndPublic, ScopeOf(at, static _ => { }));
        Assert.Equal(markedEndpoints, ScopeOf(at, static options => options.Scope = ResponseCachingScope.MarkedEndpoints));
        Assert.Equal(EndpointScope.All, ScopeOf(at, static options => options.Scope = ResponseCachingScope.AllResponses));
    }

    [Theory]
    [InlineData(At.NoEndpoint, EndpointScope.AllButStaticFiles)]
    [InlineData(At.Nothing, EndpointScope.AllButStaticFiles)]
    [InlineData(At.MvcNoStore, EndpointScope.AllButStaticFiles)]
    [InlineData(At.Attribute, EndpointScope.All)]
    [InlineData(At.StaticAsset, EndpointScope.None)]
    [InlineData(At.HealthCheck, EndpointScope.None)]
    internal void A_base_policy_with_a_lifetime_marks_all_other_endpoints(At at, EndpointScope scope)
    {
        Assert.Equal(scope, ScopeOf(at, static options => options.AddBasePolicy(static policy => policy.Expire(TimeSpan.FromSeconds(1)))));
        Assert.Equal(scope, ScopeOf(at, static options => options.AddBasePolicy(static policy => policy.Slide(TimeSpan.FromSeconds(1)))));
    }

    [Theory]
    [InlineData(At.NoEndpoint)]
    [InlineData(At.Nothing)]
    public void A_base_policy_without_a_lifetime_marks_nothing(At at) => Assert.Equal(
        EndpointScope.PublicResponses,
        ScopeOf(at, static options => options.AddBasePolicy(static policy => policy.VaryByHost(false).StaleIfError(TimeSpan.FromHours(1)).Tag("a"))));

    [Theory]
    [InlineData(At.NoEndpoint)]
    [InlineData(At.Nothing)]
    public void With_MarkedEndpoints_a_base_policy_marks_nothing(At at) => Assert.Equal(EndpointScope.None, ScopeOf(at, static options =>
    {
        options.Scope = ResponseCachingScope.MarkedEndpoints;
        options.AddBasePolicy(static policy => policy.Expire(TimeSpan.FromSeconds(1)));
    }));

    [Fact]
    public void A_profile_of_MVC_counts_as_if_the_attribute_said_it()
    {
        Assert.Equal(EndpointScope.All, Profile(static _ => { }));
        Assert.Equal(EndpointScope.PublicResponses, Profile(static profile => profile.NoStore = true));
        Assert.Equal(EndpointScope.PublicResponses, Profile(static profile => profile.Location = ResponseCacheLocation.Client));

        static EndpointScope Profile(Action<CacheProfile> say)
        {
            var profile = new CacheProfile { Duration = 60 };
            say(profile);
            return Book(static _ => { }, mvc => mvc.CacheProfiles["a"] = profile).Of(Endpoint(new ResponseCacheAttribute { CacheProfileName = "a" })).Scope;
        }
    }

    private static EndpointScope ScopeOf(At at, Action<ResponseCachingOptions> say) => Book(say, static _ => { }).Of(at switch
    {
        At.NoEndpoint => null,
        At.Attribute => Endpoint(new RedisResponseCacheAttribute { Duration = 60 }),
        At.Convention => Endpoint(new PolicyMetadata(new PolicySettings(), PolicyName: null)),
        At.EvictAttribute => Endpoint(new RedisResponseCacheEvictAttribute()),
        At.Mvc => Endpoint(new ResponseCacheAttribute { Duration = 60 }),
        At.MvcAny => Endpoint(new ResponseCacheAttribute { Duration = 60, Location = ResponseCacheLocation.Any }),
        At.MvcClient => Endpoint(new ResponseCacheAttribute { Duration = 60, Location = ResponseCacheLocation.Client }),
        At.MvcNone => Endpoint(new ResponseCacheAttribute { Duration = 0, Location = ResponseCacheLocation.None }),
        At.MvcNoStore => Endpoint(new ResponseCacheAttribute { NoStore = true }),
        At.StaticAsset => Endpoint(Asset),
        At.MarkedStaticAsset => Endpoint(Asset, new PolicyMetadata(new PolicySettings(), PolicyName: null)),
        At.HealthCheck => new Endpoint(static _ => Task.CompletedTask, EndpointMetadataCollection.Empty, "Health checks"),
        _ => Endpoint(),
    }).Scope;

    private static StaticAssetDescriptor Asset =>
        new() { Route = "a.css", AssetPath = "a.css", Selectors = [], Properties = [], ResponseHeaders = [] };

    private static PolicyProvider Book(Action<ResponseCachingOptions> say, Action<MvcOptions> sayMvc)
    {
        var options = new RedisExpiringCacheOptions();
        say(options.ResponseCaching);
        return new PolicyProvider(Options.Create(options), new ServiceCollection().Configure(sayMvc).BuildServiceProvider());
    }

    private static Endpoint Endpoint(params object[] metadata) =>
        new(static _ => Task.CompletedTask, new EndpointMetadataCollection(metadata), "an endpoint");
}
