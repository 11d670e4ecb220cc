using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class AttributeTests(RedisFixture fixture) : AttributeContract(fixture);

public sealed class InMemoryAttributeTests(InMemoryFixture fixture) : AttributeContract(fixture);

/// <summary>[RedisResponseCache] on controllers, actions and minimal-API handlers.</summary>
public abstract class AttributeContract(ServerFixture fixture)
{
    private static readonly AppSetup Mvc = new()
    {
        Services = services => services.AddControllers().AddApplicationPart(typeof(AttributeTests).Assembly),
    };

    [Fact]
    public async Task Attribute_stores_a_response_without_fields_of_its_own_and_has_clients_revalidate()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a", new RedisResponseCacheAttribute { Duration = 60 }));
        var first = await app.GetAsync("/a");
        var hit = await app.GetAsync("/a");

        Assert.Equal("public, max-age=0, must-revalidate", first["Cache-Control"]);
        Assert.Equal(("page 1", "public, max-age=0, must-revalidate"), (hit.Body, hit["Cache-Control"]));
        Assert.True(hit.IsHit);
    }

    [Fact]
    public async Task On_a_lambda_it_counts_like_any_metadata()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web =>
            web.MapGet("/a", [RedisResponseCache(Duration = 60)] (PageCounter pages) => pages.Next()));
        Assert.Equal("page 1", (await app.WarmAsync("/a")).Body);
    }

    [Fact]
    public async Task On_a_controller_it_counts_for_its_actions_and_an_action_has_the_last_word()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapControllers(), Mvc);
        Assert.InRange(TimeLeft(await app.WarmAsync("/cached/by-controller")), 500, 600);
        Assert.InRange(TimeLeft(await app.WarmAsync("/cached/by-action")), 1, 60);
    }

    [Fact]
    public async Task On_an_action_alone_it_leaves_the_other_actions_alone()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapControllers(), Mvc);
        await app.WarmAsync("/plain/cached");
        await app.GetAsync("/plain/not-cached");
        Assert.Equal("no-freshness", (await app.GetAsync("/plain/not-cached")).Detail);
    }

    [Fact]
    public async Task The_responses_own_freshness_counts_where_the_policy_names_none()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web =>
            web.MapPage("/a", "max-age=30").WithMetadata(new RedisResponseCacheAttribute { Tags = ["things"] }));
        Assert.InRange(TimeLeft(await app.WarmAsync("/a")), 1, 30);
        await app.Control.EvictByTagAsync("things", TestContext.Current.CancellationToken);
        Assert.Equal("page 2", (await app.GetAsync("/a")).Body);
    }

    [Fact]
    public async Task The_longest_duration_that_can_be_set_is_fine()
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server, web => web.MapPage("/a", new RedisResponseCacheAttribute { Duration = int.MaxValue, SlidingDuration = int.MaxValue }));
        await app.WarmAsync("/a");
    }

    [Theory]
    [InlineData("/a?page=1&utm=x", "/a?utm=y&page=1", true)]
    [InlineData("/a?page=1&size=2", "/a?size=2&page=1", true)]
    [InlineData("/a?PAGE=1", "/a?page=1", true)]
    [InlineData("/a?page=%31", "/a?page=1", true)]
    [InlineData("/a", "/a?utm=y", true)]
    [InlineData("/a?page=1", "/a?page=2", false)]
    [InlineData("/a?page=1&page=2", "/a?page=2&page=1", false)]
    [InlineData("/a?page=1&PAGE=2", "/a?page=2&PAGE=1", false)]
    [InlineData("/a?page=1&page=2", "/a?page=1,2", false)]
    [InlineData("/a?page=1", "/a", false)]
    [InlineData("/a?page=", "/a", false)]
    [InlineData("/a?page=a", "/a?page=A", false)]
    [InlineData("/a?page=1&size=2", "/a?page=1%26size=2", false)]
    public Task Only_the_named_query_keys_count(string one, string other, bool same) => Share(["page", "size"], one, other, same);

    [Theory]
    [InlineData("/a?x=1&y=2", "/a?y=2&x=1", true)]
    [InlineData("/a?x=1&y=2", "/a?x=1&y=3", false)]
    [InlineData("/a?x=1&x=2", "/a?x=2&x=1", false)]
    [InlineData("/a?X=1&x=2", "/a?x=2&X=1", false)]
    public Task With_a_star_all_query_keys_count_in_any_order(string one, string other, bool same) => Share(["*"], one, other, same);

    [Fact]
    public Task With_an_empty_list_no_query_key_counts() => Share([], "/a?x=1", "/a?y=2", same: true);

    private async Task Share(string[] keys, string one, string other, bool same)
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server, web => web.MapPage("/a", new RedisResponseCacheAttribute { Duration = 60, VaryByQueryKeys = keys }));
        Assert.Equal("page 1", (await app.GetAsync(one)).Body);
        Assert.Equal(same ? "page 1" : "page 2", (await app.GetAsync(other)).Body);
    }

    private static int TimeLeft(Answer hit) => int.Parse(hit.CacheStatus.Split("ttl=")[1], CultureInfo.InvariantCulture);
}
