using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class ServingFeatureTests(RedisFixture fixture) : ServingFeatureContract(fixture);

public sealed class InMemoryServingFeatureTests(InMemoryFixture fixture) : ServingFeatureContract(fixture);

/// <summary>IResponseCacheFeature: what an app decides about the caching of one response while it is making it.</summary>
public abstract class ServingFeatureContract(ServerFixture fixture)
{
    [Theory]
    [InlineData(false, null, "public, max-age=0, must-revalidate", "30")]
    [InlineData(true, null, "public, max-age=0, must-revalidate", "30")]
    [InlineData(true, "max-age=10", "max-age=10", "30")]
    public async Task A_duration_counts_in_place_of_the_policys(bool hasPolicy, string? own, string told, string ttl)
    {
        await using var origin = await Origin.StartAsync(fixture.Server, endpoint: endpoint =>
        {
            if (hasPolicy)
                endpoint.CacheResponse(static policy => policy.Expire(TimeSpan.FromHours(1)));
        });
        origin.Answer = context =>
        {
            Of(context).Duration = TimeSpan.FromSeconds(30);
            return Origin.SayAsync(context, 200, "one", ("Cache-Control", own));
        };
        Assert.Equal((told, true), ((await origin.GetAsync())["Cache-Control"], (await origin.GetAsync()).IsHit));
        Assert.Equal($"RedisExpiryCache; hit; ttl={ttl}", (await origin.GetAsync()).CacheStatus);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task A_duration_is_more_than_zero(int seconds)
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Answer = context =>
        {
            var refused = Assert.Throws<ArgumentOutOfRangeException>(() => Of(context).Duration = TimeSpan.FromSeconds(seconds));
            return Origin.SayAsync(context, 200, refused.ParamName!);
        };
        Assert.Equal("Duration", (await origin.GetAsync()).Body);
    }

    [Fact]
    public async Task What_it_says_is_not_to_be_stored_is_not()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Answer = static context =>
        {
            Of(context).NoStore = true;
            return Origin.SayAsync(context, 200, "one", ("Cache-Control", "max-age=60"));
        };
        Assert.Equal(("no-store", "max-age=60"), ((await origin.GetAsync()).Detail, (await origin.GetAsync())["Cache-Control"]));
        Assert.Empty(await origin.StoredAsync(fixture.Server));
    }

    [Fact]
    public async Task Each_tag_evicts_the_response_and_no_other_does()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Answer = static context => SayTagged(context, "one", "two");
        await origin.GetAsync();
        await origin.App.Control.EvictByTagAsync("three", Token);
        Assert.True((await origin.GetAsync()).IsHit);
        foreach (var tag in new[] { "one", "two" })
        {
            Assert.True((await origin.GetAsync()).IsHit);
            await origin.App.Control.EvictByTagAsync(tag, Token);
            Assert.True((await origin.GetAsync()).WasStored, tag);
        }
    }

    [Fact]
    public async Task Another_node_that_has_never_heard_of_a_tag_evicts_by_it()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        await using var other = await Origin.StartAsync(fixture.Server, new AppSetup { Prefix = origin.App.Prefix });
        origin.Answer = static context => SayTagged(context, "one");
        await origin.GetAsync();
        Assert.True((await other.GetAsync()).IsHit);
        await other.App.Control.EvictByTagAsync("one", Token);
        Assert.False((await origin.GetAsync()).IsHit);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_eviction_of_a_tag_while_the_response_is_made_wins(bool isNamedFirst)
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Answer = async context =>
        {
            if (isNamedFirst)
                Of(context).AddTags("one");

            await origin.App.Control.EvictByTagAsync("one", Token);
            await SayTagged(context, "one");
        };
        await origin.GetAsync();
        Assert.False((await origin.GetAsync()).IsHit);
        await origin.App.CountedAsync(2, "response.stores", ("reason", "evicted"));
    }

    [Fact]
    public async Task A_request_field_that_it_names_makes_a_difference_and_is_in_Vary()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Answer = static context =>
        {
            Of(context).VaryByHeader("X-Tenant");
            return Origin.SayAsync(context, 200, $"for {context.Request.Headers["X-Tenant"]}", ("Cache-Control", "max-age=60"), ("Vary", "Accept-Language"));
        };
        var acme = await origin.GetAsync(("X-Tenant", "acme"));
        Assert.Equal(("for acme", "accept-language, x-tenant"), (acme.Body, acme["Vary"]!.ToLowerInvariant()));
        Assert.Equal("for other", (await origin.GetAsync(("X-Tenant", "other"))).Body);
        var hit = await origin.GetAsync(("X-Tenant", "acme"));
        Assert.Equal((true, "for acme", acme["Vary"]), (hit.IsHit, hit.Body, hit["Vary"]));
    }

    [Theory]
    [InlineData("*")]
    [InlineData("no name")]
    public async Task What_cannot_be_the_name_of_a_field_is_refused(string name)
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Answer = context => Origin.SayAsync(context, 200, Assert.Throws<ArgumentException>(() => Of(context).VaryByHeader(name)).ParamName!);
        Assert.Equal("names", (await origin.GetAsync()).Body);
    }

    [Fact]
    public async Task Once_the_response_has_started_nothing_can_be_decided_any_more()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Answer = static async context =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            await context.Response.StartAsync();
            var feature = Of(context);
            Action[] late =
            [
                () => feature.Duration = TimeSpan.FromHours(1), () => feature.NoStore = true, () => feature.AddTags("one"), () => feature.VaryByHeader("X-Any"),
            ];
            foreach (var decide in late)
                Assert.Throws<InvalidOperationException>(decide);

            await context.Response.WriteAsync("all refused");
        };
        Assert.Equal("all refused", (await origin.GetAsync()).Body);
        Assert.Equal((true, "all refused"), ((await origin.GetAsync()).IsHit, (await origin.GetAsync()).Body));
    }

    [Fact]
    public async Task It_is_not_there_where_nothing_could_be_stored()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, static web =>
        {
            web.MapPost("/a", static (HttpContext context) => IsThere(context));
            web.MapGet("/no-store", static (HttpContext context) => IsThere(context)).CacheResponse(static policy => policy.NoStore());
            web.MapGet("/a", static (HttpContext context) => IsThere(context));
        });
        Assert.Equal("False", (await app.SendAsync(HttpMethod.Post, "/a")).Body);
        Assert.Equal("False", (await app.GetAsync("/no-store")).Body);
        Assert.Equal("True", (await app.GetAsync("/a")).Body);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string IsThere(HttpContext context) => $"{context.Features.Get<IResponseCacheFeature>() is not null}";

    private static IResponseCacheFeature Of(HttpContext context) => context.Features.GetRequiredFeature<IResponseCacheFeature>();

    private static Task SayTagged(HttpContext context, params string[] tags)
    {
        Of(context).AddTags(tags);
        return Origin.SayAsync(context, 200, "one", ("Cache-Control", "max-age=60"));
    }
}
