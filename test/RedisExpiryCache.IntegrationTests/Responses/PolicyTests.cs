using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class PolicyTests(RedisFixture fixture) : PolicyContract(fixture);

public sealed class InMemoryPolicyTests(InMemoryFixture fixture) : PolicyContract(fixture);

/// <summary>Policies of endpoints, of groups, by name and for all: which one holds, and what each of them asks for.</summary>
public abstract class PolicyContract(ServerFixture fixture)
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1), Hour = TimeSpan.FromHours(1);

    [Theory]
    [InlineData("minute")]
    [InlineData("MINUTE")]
    public async Task A_policy_is_asked_for_by_its_name_in_any_case(string name)
    {
        await using var app = await StartAsync(web => web.MapPage("/a", cacheControl: null).CacheResponse(name), MinuteByName);
        Assert.InRange((await app.WarmAsync("/a")).TimeLeft, 1, 60);
    }

    [Fact]
    public async Task The_last_policy_of_a_name_is_the_one()
    {
        await using var app = await StartAsync(web => web.MapPage("/a", cacheControl: null).CacheResponse("minute"), static caching =>
        {
            caching.AddPolicy("minute", static policy => policy.Expire(Hour));
            MinuteByName(caching);
        });
        Assert.InRange((await app.WarmAsync("/a")).TimeLeft, 1, 60);
    }

    [Fact]
    public async Task A_base_policy_holds_for_endpoints_that_ask_for_nothing_and_several_add_up()
    {
        await using var app = await StartAsync(web => web.MapPage("/{**path}", cacheControl: null), static caching =>
        {
            caching.AddBasePolicy(static policy => policy.Expire(Minute).VaryByQuery("page").Tag("one"));
            caching.AddBasePolicy(static policy => policy.ClientExpire(TimeSpan.FromSeconds(5)).Tag("other"));
        });
        Assert.Equal("public, max-age=5", (await app.WarmAsync("/a?page=1"))["Cache-Control"]);
        Assert.Equal("page 1", (await app.GetAsync("/a?page=1&x=2")).Body);
        foreach (var tag in new[] { "one", "other" })
        {
            await app.WarmAsync("/b");
            await app.Control.EvictByTagAsync(tag, Token);
            Assert.False((await app.GetAsync("/b")).IsHit);
        }
    }

    [Fact]
    public async Task A_base_policy_without_a_time_stores_nothing_that_says_nothing_itself()
    {
        await using var app = await StartAsync(
            web => web.MapPage("/a", cacheControl: null), static caching => caching.AddBasePolicy(static policy => policy.VaryByQuery("page")));
        Assert.Equal("no-freshness", (await app.GetAsync("/a")).Detail);
    }

    [Fact]
    public async Task A_group_speaks_for_its_endpoints_and_an_endpoint_has_the_last_word()
    {
        await using var app = await StartAsync(web =>
        {
            var group = web.MapGroup("/group").CacheResponse(static policy => policy.Expire(Hour));
            group.MapGet("/says-nothing", static (HttpContext context) => context.NextPage());
            group.MapGet("/convention", static (HttpContext context) => context.NextPage()).CacheResponse(static policy => policy.Expire(Minute));
            group.MapGet("/attribute", [RedisResponseCache(Duration = 60)] static (HttpContext context) => context.NextPage());
            group.MapGet("/name", static (HttpContext context) => context.NextPage()).CacheResponse("minute");
            web.MapGet("/outside", static (HttpContext context) => context.NextPage());
        }, MinuteByName);

        Assert.InRange((await app.WarmAsync("/group/says-nothing")).TimeLeft, 3000, 3600);
        foreach (var path in new[] { "/group/convention", "/group/attribute", "/group/name" })
            Assert.InRange((await app.WarmAsync(path)).TimeLeft, 1, 60);

        Assert.Equal("no-freshness", (await app.GetAsync("/outside")).Detail);
    }

    [Fact]
    public async Task An_attribute_lies_over_its_named_policy_and_that_over_the_base_policy()
    {
        var attribute = new RedisResponseCacheAttribute { PolicyName = "named", ClientDuration = 7, Tags = ["attribute"] };
        await using var app = await StartAsync(web => web.MapPage("/a", attribute), static caching =>
        {
            caching.AddBasePolicy(static policy => policy.Expire(Hour).ClientExpire(Hour).VaryByHeader("X-Base").Tag("base"));
            caching.AddPolicy("named", static policy => policy.Expire(Minute).ClientExpire(Minute).Tag("named"));
        });
        var hit = await app.WarmAsync("/a");
        Assert.Equal(("public, max-age=7", "x-base"), (hit["Cache-Control"], hit["Vary"]?.ToLowerInvariant()));
        Assert.InRange(hit.TimeLeft, 1, 60);
        foreach (var tag in new[] { "base", "named", "attribute" })
        {
            await app.WarmAsync("/a");
            await app.Control.EvictByTagAsync(tag, Token);
            Assert.False((await app.GetAsync("/a")).IsHit, tag);
        }
    }

    [Fact]
    public async Task Where_an_endpoint_asks_for_no_more_the_base_policy_holds()
    {
        await using var app = await StartAsync(
            web => web.MapPage("/a", cacheControl: null).CacheResponse(), static caching => caching.AddBasePolicy(static policy => policy.Expire(Minute)));
        await app.WarmAsync("/a");
    }

    [Theory]
    [InlineData("/a?page=1&utm_source=x", "/a?utm_medium=y&page=1", true)]
    [InlineData("/a?UTM_source=x", "/a", true)]
    [InlineData("/a?utm_=x", "/a", true)]
    [InlineData("/a?ref=x", "/a?REF=y", true)]
    [InlineData("/a?b=1&a=2", "/a?a=2&b=1", true)]
    [InlineData("/a?utm=x", "/a", false)]
    [InlineData("/a?page=1", "/a?page=2", false)]
    [InlineData("/a?refs=1", "/a", false)]
    [InlineData("/a?x=1&x=2", "/a?x=2&x=1", false)]
    public Task All_query_keys_count_but_those_excepted(string one, string other, bool same) =>
        SharesAsync(static policy => policy.VaryByQueryExcept("utm_*", "ref"), same, one, other);

    [Theory]
    [InlineData("/a?page=1&utm_source=x", "/a?page=1", true)]
    [InlineData("/a?page=1", "/a?utm_source=y&page=1", true)]
    [InlineData("/a?page=1", "/a?page=2", false)]
    public async Task A_URL_is_evicted_also_where_some_query_keys_are_excepted(string stored, string evicted, bool goes)
    {
        await using var app = await StartAsync(web =>
            web.MapPage("/a", cacheControl: null).CacheResponse(static policy => policy.Expire(Minute).VaryByQueryExcept("utm_*")));
        await app.WarmAsync(stored);
        await app.Control.EvictAsync(evicted, Token);
        Assert.Equal(!goes, (await app.GetAsync(stored)).IsHit);
    }

    [Fact]
    public Task What_a_policy_says_last_of_the_query_holds() =>
        SharesAsync(static policy => policy.VaryByQueryExcept("page").VaryByQuery("page"), same: false, "/a?page=1", "/a?page=2");

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public Task The_host_makes_a_difference_unless_the_policy_says_otherwise(bool varies, bool same) =>
        SharesAsync(policy => policy.VaryByHost(varies), same, "/a", "/a", ("Host", "one.example"), ("Host", "other.example"));

    [Theory]
    [InlineData("x", "x", true)]
    [InlineData("x", "X", false)]
    [InlineData("x", null, false)]
    [InlineData("", null, false)]
    public Task The_value_of_a_function_makes_a_difference_and_null_is_one_of_them(string? one, string? other, bool same) => SharesAsync(
        static policy => policy.VaryByValue(static context => context.Request.Headers.TryGetValue("X-Value", out var value) ? value.ToString()[1..] : null),
        same, "/a", "/a", one is null ? default : ("X-Value", $"={one}"), other is null ? default : ("X-Value", $"={other}"));

    [Theory]
    [InlineData("a", "bc", "ab", "c")]
    [InlineData("1:a", "b", "1", "a:b")]
    public Task Values_of_two_functions_never_run_into_each_other(string firstOfOne, string secondOfOne, string firstOfOther, string secondOfOther) => SharesAsync(
        static policy => policy.VaryByValue(static context => context.Request.Headers["X-Both"].ToString().Split('|')[0])
            .VaryByValue(static context => context.Request.Headers["X-Both"].ToString().Split('|')[1]),
        same: false, "/a", "/a", ("X-Both", $"{firstOfOne}|{secondOfOne}"), ("X-Both", $"{firstOfOther}|{secondOfOther}"));

    [Fact]
    public async Task A_function_that_throws_costs_a_miss_and_not_the_answer()
    {
        await using var app = await StartAsync(web => web.MapPage("/a", cacheControl: null)
            .CacheResponse(static policy => policy.Expire(Minute).VaryByValue(static _ => throw new InvalidOperationException("on purpose"))));
        Assert.Equal("page 1", (await app.GetAsync("/a")).Body);
        Assert.Equal("page 2", (await app.GetAsync("/a")).Body);
    }

    [Theory]
    [InlineData("de", "de", true)]
    [InlineData("de", "en", false)]
    public Task The_culture_makes_a_difference(string one, string other, bool same) =>
        SharesAsync(static policy => policy.VaryByCulture(), same, "/a", "/a", ("X-Culture", one), ("X-Culture", other));

    /// <summary>Such as something in front has put there: what the path says counts anyway.</summary>
    [Theory]
    [InlineData("acme", "acme", true)]
    [InlineData("acme", "other", false)]
    public Task A_route_value_makes_a_difference(string one, string other, bool same) =>
        SharesAsync(static policy => policy.VaryByRouteValue("tenant"), same, "/a", "/a", ("X-Tenant", one), ("X-Tenant", other));

    [Fact]
    public async Task No_store_lies_over_what_others_and_the_response_itself_ask_for()
    {
        await using var app = await StartAsync(
            web =>
            {
                var group = web.MapGroup("/group").CacheResponse(static policy => policy.Expire(Hour));
                group.MapGet("/a", static (HttpContext context) =>
                {
                    context.Response.Headers.CacheControl = "max-age=60";
                    return context.NextPage();
                }).CacheResponse(static policy => policy.NoStore().Expire(Minute));
            },
            static caching => caching.AddBasePolicy(static policy => policy.Expire(Hour)));
        Assert.Equal(("page 1", "RedisExpiryCache; fwd=bypass"), Seen(await app.GetAsync("/group/a")));
        Assert.Equal(("page 2", "RedisExpiryCache; fwd=bypass"), Seen(await app.GetAsync("/group/a")));
        Assert.DoesNotContain(await fixture.Server.KeysAsync(app.Prefix), static key => key.Contains('#', StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(null, 5, "public, max-age=5")]
    [InlineData(null, 0, "public, max-age=0, must-revalidate")]
    [InlineData(null, 7200, "public, max-age=7200")]
    [InlineData("max-age=30", 5, "max-age=30")]
    public async Task Clients_are_told_a_time_of_their_own_where_the_response_says_nothing(string? own, int seconds, string told)
    {
        await using var app = await StartAsync(web =>
            web.MapPage("/a", own).CacheResponse(policy => policy.Expire(Minute).ClientExpire(TimeSpan.FromSeconds(seconds))));
        Assert.Equal(told, (await app.GetAsync("/a"))["Cache-Control"]);
        Assert.Equal(("page 1", told), ((await app.WarmAsync("/a")).Body, (await app.GetAsync("/a"))["Cache-Control"]));
    }

    [Fact]
    public async Task A_policys_stale_page_stands_in_for_an_app_that_fails()
    {
        await using var origin = await Origin.StartAsync(
            fixture.Server, endpoint: static endpoint => endpoint.CacheResponse(static policy => policy.Expire(Minute).StaleIfError(Hour)));
        origin.Answers(200, "one");
        Assert.True((await origin.GetAsync()).WasStored);
        origin.Answers(503, "failed");
        origin.Later(61);
        var instead = await origin.GetAsync();
        Assert.Equal((200, "one"), ((int)instead.Status, instead.Body));
        Assert.EndsWith("; detail=stale-if-error", instead.CacheStatus, StringComparison.Ordinal);
        origin.Later(3600);
        Assert.Equal(503, (int)(await origin.GetAsync()).Status);
    }

    public static TheoryData<string, string> Personal => new()
    {
        { "user", "private" }, { "claim", "private" }, { "culture", "private" }, { "value", "private" },
        { "header", "public" }, { "host", "public" }, { "route", "public" }, { "query", "public" },
    };

    [Theory]
    [MemberData(nameof(Personal))]
    public async Task What_no_cache_downstream_could_tell_apart_is_for_one_client(string by, string told)
    {
        await using var app = await StartAsync(web => web.MapPage("/a", cacheControl: null).CacheResponse(policy => _ = by switch
        {
            "user" => policy.Expire(Minute).VaryByUser(),
            "claim" => policy.Expire(Minute).VaryByClaim("role"),
            "culture" => policy.Expire(Minute).VaryByCulture(),
            "value" => policy.Expire(Minute).VaryByValue(static _ => "x"),
            "header" => policy.Expire(Minute).VaryByHeader("X-Any"),
            "host" => policy.Expire(Minute).VaryByHost(false),
            "route" => policy.Expire(Minute).VaryByRouteValue("x"),
            _ => policy.Expire(Minute).VaryByQuery("x"),
        }));
        var first = await app.GetAsync("/a");
        Assert.Equal(($"{told}, max-age=0, must-revalidate", true), (first["Cache-Control"], first.WasStored));
        Assert.Equal($"{told}, max-age=0, must-revalidate", (await app.WarmAsync("/a"))["Cache-Control"]);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static void MinuteByName(ResponseCachingOptions caching) => caching.AddPolicy("minute", static policy => policy.Expire(Minute));

    private static (string Body, string CacheStatus) Seen(Answer answer) => (answer.Body, answer.CacheStatus);

    private async Task SharesAsync(
        Action<ResponseCachePolicyBuilder> policy, bool same, string one, string other,
        (string Name, string Value) fieldOfOne = default, (string Name, string Value) fieldOfOther = default)
    {
        await using var app = await StartAsync(web => web.MapPage("/{**path}", cacheControl: null).CacheResponse(own => policy(own.Expire(Minute))));
        Assert.Equal("page 1", (await AskAsync(one, fieldOfOne)).Body);
        Assert.Equal(same ? "page 1" : "page 2", (await AskAsync(other, fieldOfOther)).Body);
        Assert.Equal(("page 1", true), ((await AskAsync(one, fieldOfOne)).Body, (await AskAsync(one, fieldOfOne)).IsHit));

        Task<Answer> AskAsync(string path, (string Name, string Value) field) => field.Name is null ? app.GetAsync(path) : app.GetAsync(path, field);
    }

    /// <summary>In front of the cache stands what makes the field X-Culture the culture, and X-Tenant a route value.</summary>
    private Task<CachedApp> StartAsync(Action<WebApplication> map, Action<ResponseCachingOptions>? caching = null) => CachedApp.StartAsync(fixture.Server, map, new AppSetup
    {
        Options = options => caching?.Invoke(options.ResponseCaching),
        Outside = static web => web.Use(static (context, next) =>
        {
            if (context.Request.Headers["X-Culture"].ToString() is { Length: > 0 } culture)
                CultureInfo.CurrentCulture = new NamedCulture(culture);

            if (context.Request.Headers["X-Tenant"].ToString() is { Length: > 0 } tenant)
                context.Request.RouteValues["tenant"] = tenant;

            return next(context);
        }),
    });

    /// <summary>The tests run without the data of real cultures.</summary>
    private sealed class NamedCulture(string name) : CultureInfo("")
    {
        public override string Name => name;
    }
}
