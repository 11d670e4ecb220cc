using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class EndpointInKeyTests(RedisFixture fixture) : EndpointInKeyContract(fixture);

public sealed class InMemoryEndpointInKeyTests(InMemoryFixture fixture) : EndpointInKeyContract(fixture);

/// <summary>The endpoint that routing has chosen is part of the cache key.</summary>
public abstract class EndpointInKeyContract(ServerFixture fixture)
{
    private static readonly string[] Versions = ["1", "2"];

    private const string Field = "api-version";

    private static readonly (string Name, string Value) One = (Field, "1"), Two = (Field, "2"), Three = (Field, "3");

    [Fact]
    public async Task Two_endpoints_of_one_route_do_not_share_a_response()
    {
        await using var app = await StartAsync(static web =>
        {
            web.MapGet("/a", static (HttpContext context) => SayAsync(context, "v1")).WithMetadata(new Version("1"));
            web.MapGet("/a", static (HttpContext context) => SayAsync(context, "v2")).WithMetadata(new Version("2"));
        });
        Assert.Equal("v1", (await app.GetAsync("/a", One)).Body);
        Assert.Equal("v2", (await app.GetAsync("/a", Two)).Body);
        Assert.True((await app.GetAsync("/a", One)) is { IsHit: true, Body: "v1" });
        Assert.True((await app.GetAsync("/a", Two)) is { IsHit: true, Body: "v2" });
    }

    [Fact]
    public async Task A_version_that_the_application_does_not_support_is_not_answered_from_the_cache()
    {
        await using var app = await StartAsync(static web =>
            web.MapGet("/a", static (HttpContext context) => SayAsync(context, "v1")).WithMetadata(new Version("1")));
        await app.WarmAsync("/a", One);
        Assert.Equal(400, (int)(await app.GetAsync("/a", Three)).Status);
        Assert.True((await app.GetAsync("/a", One)).IsHit);
    }

    [Fact]
    public async Task An_endpoint_without_a_policy_does_not_get_the_page_of_its_neighbour()
    {
        await using var app = await StartAsync(static web =>
        {
            web.MapGet("/a", static (HttpContext context) => context.Response.WriteAsync("cached")).WithMetadata(new Version("1"))
                .CacheResponse(static policy => policy.Expire(TimeSpan.FromMinutes(1)));
            web.MapGet("/a", static (HttpContext context) => context.Response.WriteAsync("live")).WithMetadata(new Version("2"));
        });
        await app.WarmAsync("/a", One);
        Assert.Equal("live", (await app.GetAsync("/a", Two)).Body);
    }

    [Fact]
    public async Task Endpoints_of_one_handler_and_one_display_name_do_not_share_a_response()
    {
        await using var app = await StartAsync(static web =>
        {
            foreach (var version in Versions)
            {
                web.MapGet("/a", (HttpContext context) => SayAsync(context, $"v{version}"))
                    .WithMetadata(new Version(version)).WithDisplayName("same");
            }
        });
        await app.WarmAsync("/a", One);
        Assert.Equal("v2", (await app.GetAsync("/a", Two)).Body);
        Assert.True((await app.GetAsync("/a", One)) is { IsHit: true, Body: "v1" });
    }

    [Fact]
    public async Task Actions_told_apart_by_a_header_do_not_share_a_response_and_nodes_do()
    {
        await using var app = await StartAsync(static web => web.MapControllers());
        Assert.Equal("int", (await app.GetAsync("/versioned", One)).Body);
        Assert.Equal("long", (await app.GetAsync("/versioned", Two)).Body);
        await using var other = await StartAsync(static web => web.MapControllers(), app.Prefix);
        Assert.True((await other.GetAsync("/versioned", One)) is { IsHit: true, Body: "int" });
        Assert.True((await other.GetAsync("/versioned", Two)) is { IsHit: true, Body: "long" });
    }

    [Fact]
    public async Task Another_node_finds_the_response_of_the_same_endpoint()
    {
        await using var app = await StartAsync(Map);
        await app.GetAsync("/a", One);
        await using var other = await StartAsync(Map, app.Prefix);
        Assert.True((await other.GetAsync("/a", One)) is { IsHit: true, Body: "v1" });

        static void Map(WebApplication web)
        {
            web.MapGet("/b", static () => "other");
            web.MapGet("/a", static (HttpContext context) => SayAsync(context, "v1")).WithMetadata(new Version("1"));
        }
    }

    [Fact]
    public async Task One_eviction_reaches_the_responses_of_all_endpoints_of_a_URL()
    {
        await using var app = await StartAsync(static web =>
        {
            web.MapPage("/a").WithMetadata(new Version("1"));
            web.MapPage("/a").WithMetadata(new Version("2"));
        });
        await app.WarmAsync("/a", One);
        await app.WarmAsync("/a", Two);
        await app.Control.EvictAsync("/a", TestContext.Current.CancellationToken);
        Assert.False((await app.GetAsync("/a", One)).IsHit);
        Assert.False((await app.GetAsync("/a", Two)).IsHit);
    }

    [Fact]
    public async Task A_HEAD_is_answered_from_the_GET_of_the_version_that_it_names()
    {
        await using var app = await StartAsync(static web =>
        {
            web.MapGet("/a", static (HttpContext context) => SayAsync(context, "v1")).WithMetadata(new Version("1"));
            web.MapGet("/a", static (HttpContext context) => SayAsync(context, "v2 longer")).WithMetadata(new Version("2"));
        });
        await app.WarmAsync("/a", One);
        await app.WarmAsync("/a", Two);
        var head = await app.SendAsync(HttpMethod.Head, "/a", Two);
        Assert.Equal((200, true, "9"), ((int)head.Status, head.IsHit, head["Content-Length"]));
    }

    [Fact]
    public async Task A_HEAD_is_answered_from_a_stored_GET_under_each_policy()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, static web =>
        {
            web.MapGet("/keys", static context => context.Response.WriteAsync("page"))
                .CacheResponse(static policy => policy.Expire(TimeSpan.FromMinutes(1)).VaryByQuery("page"));
            web.MapGet("/ignored", static context => context.Response.WriteAsync("page"))
                .WithMetadata(new RedisResponseCacheAttribute { Duration = 60, IgnoredQueryKeys = ["utm_*"] });
            web.MapGet("/host", static context => context.Response.WriteAsync("page"))
                .WithMetadata(new RedisResponseCacheAttribute { Duration = 60, VaryByHost = false });
            web.MapGet("/value/{id}", static context => context.Response.WriteAsync("page"))
                .CacheResponse(static policy => policy
                    .Expire(TimeSpan.FromMinutes(1))
                    .VaryByValue(static context => $"{context.Request.RouteValues["id"]}")
                    .Tag("page:{id}"));
        });
        foreach (var path in new[] { "/keys?page=2&x=1", "/ignored?utm_source=a&b=1", "/host", "/value/7" })
        {
            await app.WarmAsync(path);
            var head = await app.SendAsync(HttpMethod.Head, path);
            Assert.Equal((path, 200, true, "4"), (path, (int)head.Status, head.IsHit, head["Content-Length"]));
        }
    }

    [Fact]
    public async Task A_HEAD_without_a_stored_GET_runs_the_endpoint_of_HEAD()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, static web =>
        {
            web.MapGet("/a", static context => SayAsync(context, "page"));
            web.MapGet("/short", static context => SayAsync(context, "page")).ShortCircuit();
            web.MapMethods("/head", ["HEAD"], static context => context.Response.WriteAsync(""));
        });
        Assert.Equal(405, (int)(await app.SendAsync(HttpMethod.Head, "/a")).Status);
        Assert.Equal(405, (int)(await app.SendAsync(HttpMethod.Head, "/short")).Status);
        Assert.Equal(200, (int)(await app.SendAsync(HttpMethod.Head, "/head")).Status);
        Assert.Equal(404, (int)(await app.SendAsync(HttpMethod.Head, "/none")).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_HEAD_whose_endpoint_demands_no_authorization_does_not_get_a_page_whose_endpoint_does(bool byRequirement)
    {
        var members = new AppSetup
        {
            Services = static services =>
            {
                SignIn.AddTo(services);
                services.AddAuthorization();
            },
        };
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            web => web.MapGet("/a", static context => SayAsync(context, "for members", "public, max-age=60"))
                .WithMetadata(byRequirement ? new MembersOnly() : new AuthorizeAttribute()),
            members);
        await app.WarmAsync("/a", (SignIn.Field, "alice"));
        Assert.Equal(401, (int)(await app.GetAsync("/a")).Status);
        Assert.Equal(405, (int)(await app.SendAsync(HttpMethod.Head, "/a")).Status);
    }

    private sealed class MembersOnly : IAuthorizationRequirementData
    {
        public IEnumerable<IAuthorizationRequirement> GetRequirements() => [new DenyAnonymousAuthorizationRequirement()];
    }

    private static Task SayAsync(HttpContext context, string text, string cacheControl = "max-age=60")
    {
        context.Response.Headers.CacheControl = cacheControl;
        return context.Response.WriteAsync(text);
    }

    private Task<CachedApp> StartAsync(Action<WebApplication> map, string? prefix = null) => CachedApp.StartAsync(
        fixture.Server,
        map,
        new AppSetup
        {
            Prefix = prefix,
            Services = static services =>
            {
                services.AddControllers().AddApplicationPart(typeof(VersionedController).Assembly);
                services.TryAddEnumerable(ServiceDescriptor.Singleton<MatcherPolicy, VersionPolicy>());
            },
        });
}

/// <summary>The value of the field api-version that an endpoint is for; it has no text of its own.</summary>
internal sealed class Version(string value)
{
    public string Value => value;
}

/// <summary>Chooses among endpoints by a header field, as packages for versioned APIs do.</summary>
internal sealed class VersionPolicy : MatcherPolicy, IEndpointSelectorPolicy
{
    public override int Order => 0;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => endpoints.Any(static endpoint => VersionOf(endpoint) is not null);

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        var isSupported = false;
        for (var i = 0; i < candidates.Count; i++)
        {
            var isRight = VersionOf(candidates[i].Endpoint) == httpContext.Request.Headers["api-version"];
            candidates.SetValidity(i, isRight);
            isSupported |= isRight;
        }

        if (!isSupported)
        {
            httpContext.SetEndpoint(new Endpoint(
                static context => Results.BadRequest().ExecuteAsync(context), EndpointMetadataCollection.Empty, "400 Unsupported version"));
        }

        return Task.CompletedTask;
    }

    private static string? VersionOf(Endpoint endpoint) =>
        endpoint.Metadata.GetMetadata<Version>()?.Value ?? endpoint.Metadata.GetMetadata<ActionVersionAttribute>()?.Value;
}

[AttributeUsage(AttributeTargets.Method)]
internal sealed class ActionVersionAttribute(string value) : Attribute
{
    public string Value => value;
}

[ApiController]
[Route("versioned")]
[RedisResponseCache(Duration = 60)]
public sealed class VersionedController : ControllerBase
{
    [HttpGet]
    [ActionVersion("1")]
    public IActionResult Get(int page = 1) => Ok(page == 1 ? "int" : "");

    [HttpGet]
    [ActionVersion("2")]
    public IActionResult Get(long page = 1) => Ok(page == 1 ? "long" : "");
}
