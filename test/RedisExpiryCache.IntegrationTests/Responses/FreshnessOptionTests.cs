using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>Where the RFCs leave a choice, the options make it; and fields that speak to some caches, or of some fields, only.</summary>
public sealed class FreshnessOptionTests(RedisFixture fixture)
{
    // The clock of these tests begins on 1 March 2026 at noon.
    private const string HundredSecondsAgo = "Sun, 01 Mar 2026 11:58:20 GMT", YearsAgo = "Sun, 06 Nov 1994 08:49:37 GMT", Ahead = "Sun, 01 Mar 2026 12:10:00 GMT";

    [Theory]
    [InlineData(200, null, HundredSecondsAgo, 10)]
    [InlineData(200, null, YearsAgo, 86400)]
    [InlineData(404, null, HundredSecondsAgo, 10)]
    [InlineData(302, "public", HundredSecondsAgo, 10)]
    [InlineData(200, "max-age=60", HundredSecondsAgo, 60)]
    public async Task Heuristic_freshness_is_a_tenth_of_the_time_since_the_last_change(int status, string? cacheControl, string modified, int ttl)
    {
        await using var origin = await StartAsync(static options => options.HeuristicFreshness = true);
        origin.Answers(status, "one", ("Last-Modified", modified), ("Cache-Control", cacheControl));
        Assert.True((await origin.GetAsync()).WasStored);
        Assert.Equal($"RedisExpiryCache; hit; ttl={ttl}", (await origin.GetAsync()).CacheStatus);
        origin.Later(ttl);
        Assert.False((await origin.GetAsync()).IsHit);
    }

    [Theory]
    [InlineData(true, 302, null, HundredSecondsAgo, "no-freshness")]
    [InlineData(true, 200, null, null, "no-freshness")]
    [InlineData(true, 200, "max-age=soon", HundredSecondsAgo, null)]
    [InlineData(false, 200, null, HundredSecondsAgo, "no-freshness")]
    public async Task Nothing_is_guessed_where_it_may_not_be(bool heuristic, int status, string? cacheControl, string? modified, string? detail)
    {
        await using var origin = await StartAsync(options => options.HeuristicFreshness = heuristic);
        origin.Answers(status, "one", ("Last-Modified", modified), ("Cache-Control", cacheControl));
        Assert.Equal(detail, (await origin.GetAsync()).Detail);
        Assert.False((await origin.GetAsync()).IsHit);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_cookie_is_stored_only_where_that_is_wanted(bool wanted)
    {
        await using var origin = await StartAsync(options => options.StoreSetCookie = wanted);
        origin.Answers(200, "one", ("Cache-Control", "max-age=60"), ("Set-Cookie", "language=de"));
        var first = await origin.GetAsync();
        origin.Answers(200, "two", ("Cache-Control", "max-age=60"));
        var second = await origin.GetAsync();

        Assert.Equal(("language=de", wanted ? null : "set-cookie"), (first["Set-Cookie"], first.Detail));
        Assert.Equal(wanted ? ("one", "language=de") : ("two", null), (second.Body, second["Set-Cookie"]));
    }

    [Theory]
    [InlineData("no-store")]
    [InlineData("private")]
    public async Task Where_cookies_are_stored_what_else_forbids_it_still_does(string cacheControl)
    {
        await using var origin = await StartAsync(static options => options.StoreSetCookie = true);
        origin.Answers(200, "one", ("Cache-Control", $"{cacheControl}, max-age=60"), ("Set-Cookie", "session=1"));
        Assert.Equal(cacheControl, (await origin.GetAsync()).Detail);
    }

    [Theory]
    [InlineData("max-age=60", "no-store", null, 60)]
    [InlineData("max-age=60", "private, max-age=5", YearsAgo, 60)]
    [InlineData("max-age=60", "max-age=5", Ahead, 60)]
    [InlineData("max-age=60", null, YearsAgo, 60)]
    [InlineData("s-maxage=60, max-age=1", "no-cache", null, 60)]
    [InlineData("Max-Age=60, max-age=7", "max-age=5", null, 5)]
    [InlineData("max-age=60; x", "max-age=5", null, 60)]
    [InlineData("max-age=60,,", "max-age=5", null, 5)]
    [InlineData("&", "max-age=5", null, 5)]
    [InlineData("", "max-age=5", null, 5)]
    [InlineData("&", null, Ahead, 600)]
    public async Task CDN_Cache_Control_goes_before_Cache_Control_and_Expires_where_it_is_valid(string cdn, string? cacheControl, string? expires, int ttl)
    {
        await using var origin = await StartAsync();
        (string, string?)[] fields = [("CDN-Cache-Control", cdn), ("Cache-Control", cacheControl), ("Expires", expires)];
        origin.Answers(200, "one", fields);
        var first = await origin.GetAsync();
        var hit = await origin.GetAsync();

        Assert.True(first.WasStored, first.CacheStatus);
        Assert.Equal($"RedisExpiryCache; hit; ttl={ttl}", hit.CacheStatus);
        foreach (var (name, value) in fields)
            Assert.Equal((value, value), (first[name], hit[name]));
    }

    [Theory]
    [InlineData("no-store", "max-age=60", "no-store")]
    [InlineData("private", "max-age=60", "private")]
    [InlineData("max-age=0", "max-age=60", "already-stale")]
    [InlineData("must-revalidate", "max-age=60", "no-freshness")]
    public async Task What_CDN_Cache_Control_forbids_is_forbidden_whatever_Cache_Control_says(string cdn, string cacheControl, string detail)
    {
        await using var origin = await StartAsync();
        origin.Answers(200, "one", ("CDN-Cache-Control", cdn), ("Cache-Control", cacheControl), ("Expires", Ahead));
        Assert.Equal(detail, (await origin.GetAsync()).Detail);
        Assert.Empty(await origin.StoredAsync(fixture.Server));
    }

    [Theory]
    [InlineData("max-age=10", "max-age=20", 10)]
    [InlineData(null, "max-age=20", 20)]
    [InlineData("&", "max-age=20", 20)]
    [InlineData(null, null, 60)]
    public async Task Of_several_targeted_fields_the_first_valid_one_counts(string? own, string? cdn, int ttl)
    {
        await using var origin = await StartAsync(static options => options.TargetedCacheControl.Insert(0, "Own-Cache-Control"));
        origin.Answers(200, "one", ("CDN-Cache-Control", cdn), ("Own-Cache-Control", own), ("Cache-Control", "max-age=60"));
        await origin.GetAsync();
        Assert.Equal($"RedisExpiryCache; hit; ttl={ttl}", (await origin.GetAsync()).CacheStatus);
    }

    [Fact]
    public async Task Without_targeted_fields_Cache_Control_alone_counts()
    {
        await using var origin = await StartAsync(static options => options.TargetedCacheControl.Clear());
        origin.Answers(200, "one", ("CDN-Cache-Control", "no-store"), ("Cache-Control", "max-age=60"));
        await origin.GetAsync();
        Assert.Equal("RedisExpiryCache; hit; ttl=60", (await origin.GetAsync()).CacheStatus);
    }

    [Theory]
    [InlineData("private=\"X-Name\"", true)]
    [InlineData("no-cache=\"X-Name\"", true)]
    [InlineData("private=\"x-name, X-Other\"", true)]
    [InlineData("private=\"X-Other\"", false)]
    public async Task A_field_that_is_withheld_by_name_is_in_the_first_answer_and_not_in_the_stored_copy(string directive, bool withheld)
    {
        await using var origin = await StartAsync();
        origin.Answers(200, "one", ("Cache-Control", $"max-age=60, {directive}"), ("X-Name", "alice"), ("X-Kind", "red"));
        var first = await origin.GetAsync();
        var hit = await origin.GetAsync();

        Assert.Equal(("alice", "red"), (first["X-Name"], first["X-Kind"]));
        Assert.Equal((true, withheld ? null : "alice", "red"), (hit.IsHit, hit["X-Name"], hit["X-Kind"]));
    }

    [Fact]
    public async Task A_hit_names_its_key_where_that_is_wanted()
    {
        await using var origin = await StartAsync(static options => options.EmitCacheKey = true);
        origin.Answers(200, "one", ("Cache-Control", "max-age=60"));
        await origin.GetAsync();
        var key = Assert.Single(await origin.StoredAsync(fixture.Server));
        Assert.Equal($"RedisExpiryCache; hit; ttl=60; key=\"{key}\"", (await origin.GetAsync()).CacheStatus);
    }

    [Fact]
    public async Task All_of_it_can_be_configured()
    {
        var settings = new Dictionary<string, string?>
        {
            ["Cache:Configuration"] = fixture.Server.ConnectionString,
            ["Cache:InstanceName"] = fixture.Server.NewPrefix(),
            ["Cache:OperationTimeout"] = "00:00:10",
            ["Cache:ResponseCaching:OperationTimeout"] = "00:00:10",
            ["Cache:ResponseCaching:Scope"] = "allresponses",
            ["Cache:ResponseCaching:EmitCacheKey"] = "true",
            ["Cache:ResponseCaching:HonorRequestDirectives"] = "true",
            ["Cache:ResponseCaching:HeuristicFreshness"] = "true",
            ["Cache:ResponseCaching:StoreSetCookie"] = "true",
            ["Cache:ResponseCaching:StaleRetention"] = "00:10:00",
            ["Cache:ResponseCaching:StaleIfError"] = "01:00:00",
            ["Cache:ResponseCaching:TargetedCacheControl:0"] = "Own-Cache-Control",
        };
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(settings);
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<PageCounter>();
        builder.Services.AddRedisExpiringCache(builder.Configuration.GetSection("Cache"));
        await using var web = builder.Build();
        web.UseRedisExpiringCache();
        web.MapPage("/own", "no-store", static context => context.Response.Headers["Own-Cache-Control"] = "max-age=60");
        web.MapPage("/cdn", "max-age=60", static context => context.Response.Headers["CDN-Cache-Control"] = "no-store");
        web.MapPage("/guess", cacheControl: null, static context => context.Response.Headers.LastModified = YearsAgo);
        web.MapPage("/cookie", "max-age=60", static context => context.Response.Headers.SetCookie = "language=de");
        web.MapPage("/fails", "max-age=60", static context => context.Response.StatusCode = context.Request.Headers.CacheControl.Count > 0 ? 503 : 200);
        await web.StartAsync(TestContext.Current.CancellationToken);
        using var client = web.GetTestClient();

        foreach (var path in new[] { "/own", "/cdn", "/guess", "/cookie", "/fails" })
        {
            await SendAsync(client, path);
            Assert.Matches("^RedisExpiryCache; hit; ttl=[0-9]+; key=\"test-", (await SendAsync(client, path)).CacheStatus);
        }

        Assert.Equal("language=de", (await SendAsync(client, "/cookie"))["Set-Cookie"]);
        Assert.EndsWith("; detail=stale-if-error", (await SendAsync(client, "/fails", "no-cache")).CacheStatus, StringComparison.Ordinal);
        var guess = (await fixture.Server.KeysAsync(settings["Cache:InstanceName"]!)).Single(static key => key.Contains("/guess#", StringComparison.Ordinal));
        Assert.InRange((await fixture.Server.TimeToLiveAsync(guess))!.Value, TimeSpan.FromSeconds(86400 + 3600 - 30), TimeSpan.FromSeconds(86400 + 3600));
    }

    private static async Task<Answer> SendAsync(HttpClient client, string path, string? cacheControl = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (cacheControl is not null)
            request.Headers.TryAddWithoutValidation("Cache-Control", cacheControl);

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return await Answer.OfAsync(response);
    }

    private Task<Origin> StartAsync(Action<ResponseCachingOptions>? options = null) =>
        Origin.StartAsync(fixture.Server, new AppSetup { Options = all => options?.Invoke(all.ResponseCaching) });
}
