using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>MVC's own [ResponseCache], the same app once behind UseResponseCaching and once behind UseRedisExpiringCache.</summary>
public sealed class MvcResponseCacheTests(RedisFixture fixture)
{
    /// <summary>Each line a conversation: the paths asked for one after the other, and for each the number of the page that came.</summary>
    [Theory]
    [InlineData("/mvc/any /mvc/any", "1 1")]
    [InlineData("/mvc/profile /mvc/profile", "1 1")]
    [InlineData("/mvc/client /mvc/client", "1 2")]
    [InlineData("/mvc/nothing /mvc/nothing", "1 2")]
    [InlineData("/mvc/query?page=1&x=1 /mvc/query?page=1&x=2 /mvc/query?x=3&page=1 /mvc/query?page=2", "1 1 1 2")]
    [InlineData("/mvc/all?a=1&b=2 /mvc/all?a=1&b=2 /mvc/all?a=2&b=2", "1 1 2")]
    [InlineData("/mvc/byprofile?page=1&x=1 /mvc/byprofile?page=1&x=2 /mvc/byprofile?page=2", "1 1 2")]
    [InlineData("/mvc/language/de /mvc/language/en /mvc/language/de", "1 2 1")]
    public async Task The_same_app_gets_the_same_hits_and_fields(string paths, string pages)
    {
        var theirs = await TalkAsync(useOurs: false, paths);
        var ours = await TalkAsync(useOurs: true, paths);

        Assert.Equal(pages, string.Join(' ', ours.Select(static answer => answer.Body[^1])));
        Assert.Equal(theirs.Select(Compared), ours.Select(Compared));
    }

    /// <summary>Theirs lets all queries share where none is named, and answers the one with the other's page.</summary>
    [Fact]
    public async Task Where_no_query_keys_are_named_the_whole_query_counts_which_is_an_intended_difference()
    {
        Assert.Equal("11", string.Concat((await TalkAsync(useOurs: false, "/mvc/any?id=1 /mvc/any?id=2")).Select(static answer => answer.Body[^1])));
        Assert.Equal("12", string.Concat((await TalkAsync(useOurs: true, "/mvc/any?id=1 /mvc/any?id=2")).Select(static answer => answer.Body[^1])));
    }

    [Fact]
    public async Task An_action_that_names_query_keys_runs_for_every_method()
    {
        var answers = await TalkAsync(useOurs: true, "POST/mvc/posted?page=1 POST/mvc/posted?page=1");

        Assert.Equal(["page 1", "page 2"], answers.Select(static answer => answer.Body));
    }

    /// <summary>Evictions by URL read the policies of all endpoints.</summary>
    [Fact]
    public async Task An_action_with_an_undefined_cache_profile_fails_alone()
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            static web =>
            {
                web.MapPage("/a").CacheResponse();
                web.MapPost("/a", static () => "changed");
                web.MapGet("/typo", static () => "").WithMetadata(new ResponseCacheAttribute { CacheProfileName = "typo" });
            },
            new AppSetup { IsOnDefaults = true, Services = static services => services.AddControllers() });
        await app.WarmAsync("/a");
        await app.SendAsync(HttpMethod.Post, "/a");
        Assert.False((await app.GetAsync("/a")).IsHit);

        await app.WarmAsync("/a");
        await app.Control.EvictAsync("/a", TestContext.Current.CancellationToken);
        Assert.False((await app.GetAsync("/a")).IsHit);
    }

    /// <summary>MVC's filter does not run on a minimal API, so that no field of the response forbids storing.</summary>
    [Theory]
    [InlineData(true, ResponseCacheLocation.Any)]
    [InlineData(false, ResponseCacheLocation.Client)]
    public async Task An_endpoint_whose_attribute_forbids_shared_caches_is_not_stored_by_the_policy_of_its_group(
        bool noStore, ResponseCacheLocation location)
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            web => web.MapGroup("").CacheResponse(TimeSpan.FromMinutes(1)).MapGet("/a", static (HttpContext context) => context.NextPage())
                .WithMetadata(new ResponseCacheAttribute { NoStore = noStore, Location = location, Duration = 60 }),
            new AppSetup { IsOnDefaults = true, Services = static services => services.AddControllers() });
        Assert.Equal("page 1", (await app.GetAsync("/a")).Body);
        Assert.Equal("page 2", (await app.GetAsync("/a")).Body);
    }

    private static (int Status, string Body, string? CacheControl, string? Vary, string? Pragma, bool HasAge) Compared(Answer answer) =>
        ((int)answer.Status, answer.Body, answer["Cache-Control"], answer["Vary"], answer["Pragma"], answer["Age"] is not null);

    private async Task<List<Answer>> TalkAsync(bool useOurs, string paths)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<PageCounter>();
        builder.Services.AddControllers(static mvc =>
        {
            mvc.CacheProfiles["minute"] = new CacheProfile { Duration = 60 };
            mvc.CacheProfiles["pages"] = new CacheProfile { Duration = 60, VaryByQueryKeys = ["page"] };
        }).AddApplicationPart(typeof(MvcResponseCacheTests).Assembly);
        if (useOurs)
            builder.Services.AddRedisExpiringCache(options => (options.Configuration, options.InstanceName, options.ResponseCaching.OperationTimeout) = (
                fixture.Server.ConnectionString, fixture.Server.NewPrefix(), TimeSpan.FromSeconds(10)));
        else
            builder.Services.AddResponseCaching();

        await using var web = builder.Build();
        _ = useOurs ? web.UseRedisExpiringCache() : web.UseResponseCaching();
        web.MapControllers();
        await web.StartAsync(TestContext.Current.CancellationToken);
        using var client = web.GetTestClient();

        var answers = new List<Answer>();
        foreach (var path in paths.Split(' '))
        {
            var isPost = path.StartsWith("POST", StringComparison.Ordinal);
            using var request = new HttpRequestMessage(isPost ? HttpMethod.Post : HttpMethod.Get, new Uri(isPost ? path[4..] : path, UriKind.Relative));
            request.Headers.TryAddWithoutValidation("Accept-Language", path.Split('/')[^1]);
            using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
            answers.Add(await Answer.OfAsync(response));
        }

        return answers;
    }
}

/// <summary>Actions with MVC's own attribute.</summary>
[Route("mvc")]
public sealed class MvcCachedController : ControllerBase
{
    [HttpGet("any"), ResponseCache(Duration = 60)]
    public string Any() => HttpContext.NextPage();

    [HttpGet("profile"), ResponseCache(CacheProfileName = "minute")]
    public string Profile() => HttpContext.NextPage();

    [HttpGet("client"), ResponseCache(Duration = 60, Location = ResponseCacheLocation.Client)]
    public string Client() => HttpContext.NextPage();

    [HttpGet("nothing"), ResponseCache(NoStore = true, Location = ResponseCacheLocation.None)]
    public string Nothing() => HttpContext.NextPage();

    [HttpGet("query"), ResponseCache(Duration = 60, VaryByQueryKeys = ["page"])]
    public string Query() => HttpContext.NextPage();

    [HttpGet("all"), ResponseCache(Duration = 60, VaryByQueryKeys = ["*"])]
    public string All() => HttpContext.NextPage();

    [HttpGet("byprofile"), ResponseCache(CacheProfileName = "pages")]
    public string ByProfile() => HttpContext.NextPage();

    [HttpGet("language/{language}"), ResponseCache(Duration = 60, VaryByHeader = "Accept-Language")]
    public string Language() => HttpContext.NextPage();

    [HttpPost("posted"), ResponseCache(Duration = 60, VaryByQueryKeys = ["page"])]
    public string Posted() => HttpContext.NextPage();
}
