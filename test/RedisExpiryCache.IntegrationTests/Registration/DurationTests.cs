using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.IntegrationTests.Registration;

/// <summary>An endpoint that is to be cached and does not say for how long, or says something that cannot be.</summary>
public sealed class DurationTests(RedisFixture fixture)
{
    private const int NoDuration = 76;

    [Theory]
    [InlineData("/bare", 60)]
    [InlineData("/tagged", 60)]
    [InlineData("/named", 60)]
    [InlineData("/group", 60)]
    [InlineData("/says", 30)]
    [InlineData("/expires", 300)]
    [InlineData("/slides", 200)]
    public async Task CacheResponse_without_a_duration_means_60_seconds_where_the_response_does_not_say(string path, int seconds)
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            static web =>
            {
                web.MapPage("/bare", cacheControl: null).CacheResponse();
                web.MapPage("/tagged", cacheControl: null).CacheResponse(static policy => policy.Tag("a"));
                web.MapPage("/named", cacheControl: null).CacheResponse("tagged");
                web.MapGroup("").CacheResponse().MapGet("/group", static (HttpContext context) => context.NextPage());
                web.MapPage("/says", "max-age=30").CacheResponse();
                web.MapPage("/expires", cacheControl: null).CacheResponse(static policy => policy.Expire(TimeSpan.FromMinutes(5)));
                web.MapPage("/slides", cacheControl: null).CacheResponse(static policy => policy.Slide(TimeSpan.FromSeconds(200)));
            },
            new AppSetup { IsOnDefaults = true, Options = static options => options.ResponseCaching.AddPolicy("tagged", static policy => policy.Tag("a")) });
        Assert.InRange((await app.WarmAsync(path)).TimeLeft, seconds * 2 / 3, seconds);
    }

    [Fact]
    public async Task Duration_of_a_base_policy_goes_before_the_60_seconds()
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            static web => web.MapPage("/bare", cacheControl: null).CacheResponse(),
            new AppSetup { Options = static options => options.ResponseCaching.AddBasePolicy(static policy => policy.Expire(TimeSpan.FromMinutes(5))) });
        Assert.InRange((await app.WarmAsync("/bare")).TimeLeft, 200, 300);
    }

    [Fact]
    public async Task Attribute_without_a_duration_is_a_warning_that_names_endpoint_and_remedy()
    {
        await using var app = await StartAsync();
        var warning = Assert.Single(app.Logs, static log => log.Event.Id == NoDuration);
        Assert.Equal(
            "[RedisResponseCache] has no duration at HTTP: GET, HEAD /bare, HTTP: GET, HEAD /tagged, HTTP: GET, HEAD /named and 2 more: only responses whose own "
            + "fields say how long they are fresh are stored. Write Duration = 60 (seconds) or SlidingDuration, name a policy that has one, or set "
            + "options.ResponseCaching.DefaultDuration; where nothing is to be stored, NoStore = true. See "
            + HelpLink.Policies,
            warning.Message);
        Assert.Equal("no-freshness", (await app.GetAsync("/bare")).Detail);
        Assert.True((await app.GetAsync("/says")).WasStored);
    }

    [Theory]
    [InlineData("default duration")]
    [InlineData("base policy")]
    public async Task Duration_of_all_endpoints_is_one(string where)
    {
        await using var app = await StartAsync(caching =>
        {
            if (where == "default duration")
                caching.DefaultDuration = TimeSpan.FromMinutes(1);
            else
                caching.AddBasePolicy(static policy => policy.Slide(TimeSpan.FromMinutes(1)));
        });
        Assert.DoesNotContain(app.Logs, static log => log.Event.Id == NoDuration);
        await app.WarmAsync("/bare");
    }

    [Theory]
    [InlineData(typeof(NegativeController), "Duration is -1; it must be more than zero seconds.")]
    [InlineData(typeof(ZeroController), "Duration is 0; it must be more than zero seconds. To store nothing, write NoStore = true.")]
    [InlineData(typeof(NameController), "VaryByHeaderNames contains '*'; each must be the name of one request header.")]
    public async Task Wrong_value_on_a_controller_stops_the_start_with_endpoint_property_and_value(Type controller, string said)
    {
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => CachedApp.StartAsync(
            fixture.Server,
            static web => web.MapControllers(),
            new AppSetup { Services = services => services.AddControllers().ConfigureApplicationPartManager(parts => OneController.Only(parts, controller)) }));
        Assert.Contains($"[RedisResponseCache] at {controller.FullName!.Replace('+', '.')}.Get (", failure.Message.Replace('+', '.'), StringComparison.Ordinal);
        Assert.Contains($"): {said}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_value_on_a_lambda_stops_the_start_too()
    {
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => CachedApp.StartAsync(
            fixture.Server, static web => web.MapGet("/a", [RedisResponseCache(SlidingDuration = -5)] static () => "")));
        Assert.Equal("[RedisResponseCache] at HTTP: GET /a: SlidingDuration is -5; it must be zero or more seconds.", failure.Message);
    }

    private Task<CachedApp> StartAsync(Action<ResponseCachingOptions>? configure = null) => CachedApp.StartAsync(
        fixture.Server,
        static web =>
        {
            web.MapPage("/bare", new RedisResponseCacheAttribute());
            web.MapPage("/tagged", new RedisResponseCacheAttribute { Tags = ["a"] });
            web.MapPage("/named", new RedisResponseCacheAttribute { PolicyName = "tagged" });
            web.MapPage("/says", "max-age=60").WithMetadata(new RedisResponseCacheAttribute { Tags = ["a"] });
            web.MapPage("/action", new RedisResponseCacheAttribute { Duration = 60 }).WithMetadata(new RedisResponseCacheAttribute { Tags = ["a"] });
            web.MapPage("/slides", new RedisResponseCacheAttribute { SlidingDuration = 60 });
            web.MapPage("/never", new RedisResponseCacheAttribute { NoStore = true });
            web.MapPage("/hourly", new RedisResponseCacheAttribute { PolicyName = "hourly" });
            web.MapPage("/mvc", "public, max-age=60").WithMetadata(new ResponseCacheAttribute { Duration = 60 }, new RedisResponseCacheAttribute { Tags = ["a"] });
        },
        new AppSetup
        {
            Services = static services => services.AddControllers(),
            Options = options =>
            {
                options.ResponseCaching.AddPolicy("tagged", static policy => policy.Tag("a"));
                options.ResponseCaching.AddPolicy("hourly", static policy => policy.Expire(TimeSpan.FromHours(1)));
                configure?.Invoke(options.ResponseCaching);
            },
        });

    [Route("wrong")]
    public sealed class NegativeController : ControllerBase
    {
        [HttpGet]
        [RedisResponseCache(Duration = -1)]
        public string Get() => Request.Method;
    }

    [Route("wrong")]
    [RedisResponseCache(Duration = 0)]
    public sealed class ZeroController : ControllerBase
    {
        [HttpGet]
        public string Get() => Request.Method;
    }

    [Route("wrong")]
    public sealed class NameController : ControllerBase
    {
        [HttpGet]
        [RedisResponseCache(Duration = 60, VaryByHeaderNames = ["*"])]
        public string Get() => Request.Method;
    }
}
