using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Registration;

/// <summary>Attributes that do nothing because of the middleware's place, and hosts that nothing filters, are logged once.</summary>
public sealed class PlacementTests(RedisFixture fixture)
{
    private const int AttributesPassedBy = 31, HostsNotFiltered = 32;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Attributes_are_warned_of_once_if_UseRouting_comes_after_the_cache()
    {
        var warning = Assert.Single(await WarningsAsync(AttributesPassedBy, ["/a", "/a"], static web =>
        {
            web.UseRedisExpiringCache();
            web.UseRouting();
            web.MapGet("/a", [RedisResponseCache(Duration = 60)] () => "");
        }));
        Assert.Contains("GET /a", warning.Message, StringComparison.Ordinal);
        Assert.Contains("UseRouting", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evictions_are_warned_of_if_UseRouting_comes_after_the_cache() => Assert.Single(
        await WarningsAsync(AttributesPassedBy, ["POST /a"], static web =>
        {
            web.UseRedisExpiringCache();
            web.UseRouting();
            web.MapPost("/a", static () => "").EvictCachedResponses(tags: ["a"]);
        }));

    [Fact]
    public async Task Attributes_of_short_circuited_endpoints_are_warned_of()
    {
        var warning = Assert.Single(await WarningsAsync(AttributesPassedBy, ["/a"], static web =>
        {
            web.UseRedisExpiringCache();
            web.MapGet("/a", [RedisResponseCache(Duration = 60)] () => "").ShortCircuit();
        }));
        Assert.Contains("ShortCircuit", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Attributes_of_endpoints_in_a_branch_in_front_are_warned_of() => Assert.Single(
        await WarningsAsync(AttributesPassedBy, ["/api/a"], static web =>
        {
            web.Map("/api", static branch => branch.UseRouting().UseEndpoints(static endpoints =>
                endpoints.MapGet("/a", static () => "").CacheResponse(static policy => policy.Expire(TimeSpan.FromMinutes(1)))));
            web.UseRedisExpiringCache();
        }));

    [Fact]
    public async Task Nothing_is_warned_of_in_the_right_order_or_without_attributes_or_if_something_in_front_refuses_the_request()
    {
        Assert.Empty(await WarningsAsync(AttributesPassedBy, ["/a", "/a", "/plain", "/refused", "POST /a", "/none"], static web =>
        {
            web.UseRouting();
            web.Use(static (context, next) =>
            {
                if (context.Request.Path != "/refused")
                    return next(context);

                context.Response.StatusCode = 401;
                return Task.CompletedTask;
            });
            web.UseRedisExpiringCache();
            web.MapGet("/a", [RedisResponseCache(Duration = 60)] () => "");
            web.MapPost("/a", [RedisResponseCacheEvict(Tags = ["a"])] () => "");
            web.MapGet("/refused", [RedisResponseCache(Duration = 60)] () => "");
            web.MapGet("/plain", static () => "").ShortCircuit();
        }));
    }

    [Fact]
    public async Task A_hit_of_another_cache_in_front_is_not_taken_for_an_endpoint_that_ran() => Assert.Empty(
        await WarningsAsync(AttributesPassedBy, ["/a", "/a"], static web =>
        {
            web.UseRouting();
            web.UseOutputCache();
            web.UseRedisExpiringCache();
            web.MapGet("/a", static () => "").CacheOutput().CacheResponse();
        }));

    [Theory]
    [InlineData("Production", null, true)]
    [InlineData("Production", "*", true)]
    [InlineData("Staging", "shop.example;*", true)]
    [InlineData("Production", "shop.example", false)]
    [InlineData("Production", "shop.example;*.shop.example", false)]
    [InlineData("Development", "*", false)]
    [InlineData("Testing", "*", false)]
    public async Task Host_filtering_that_is_missing_is_warned_of_once_outside_development_and_tests(
        string environment, string? hosts, bool warned)
    {
        var warnings = await WarningsAsync(HostsNotFiltered, ["/a"], Cached, environment, hosts);
        Assert.Equal(warned ? 1 : 0, warnings.Length);
        Assert.All(warnings, static warning => Assert.Contains("AllowedHosts", warning.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Host_filtering_is_not_missed_where_no_policy_varies_by_host_or_the_routes_name_their_hosts()
    {
        Assert.Empty(await WarningsAsync(HostsNotFiltered, [], Cached, "Production", "*", static options =>
            options.ResponseCaching.AddBasePolicy(static policy => policy.VaryByHost(false))));
        Assert.Empty(await WarningsAsync(HostsNotFiltered, [], static web =>
        {
            web.UseRedisExpiringCache();
            web.MapGet("/a", [RedisResponseCache(Duration = 60)] () => "").RequireHost("shop.example");
        }, "Production", "*"));
        Assert.Empty(await WarningsAsync(HostsNotFiltered, [], static web => web.MapGet("/plain", static () => ""), "Production", "*"));
        Assert.Empty(await WarningsAsync(HostsNotFiltered, [], static web =>
        {
            web.UseRedisExpiringCache();
            web.MapGet("/unmarked", static () => "");
        }, "Production", "*", static options => options.ResponseCaching.Scope = ResponseCachingScope.MarkedEndpoints));
    }

    private static void Cached(WebApplication web)
    {
        web.UseRedisExpiringCache();
        web.MapGet("/a", [RedisResponseCache(Duration = 60)] () => "");
    }

    private async Task<LogRecord[]> WarningsAsync(
        int id, string[] requests, Action<WebApplication> map, string environment = "Testing", string? hosts = null,
        Action<RedisExpiringCacheOptions>? options = null)
    {
        using var log = new RecordingLoggerProvider();
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = environment });
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.Configuration["AllowedHosts"] = hosts;
        builder.Services.AddOutputCache();
        builder.Services.AddRedisExpiringCache(cache =>
        {
            (cache.Configuration, cache.InstanceName) = (fixture.Server.ConnectionString, fixture.Server.NewPrefix());
            cache.OperationTimeout = cache.ResponseCaching.OperationTimeout = Caches.Patience;
            options?.Invoke(cache);
        });
        await using var web = builder.Build();
        map(web);
        await web.StartAsync(Token);
        using var client = web.GetTestClient();
        client.BaseAddress = new Uri("http://shop.example");
        foreach (var words in requests.Select(static request => request.Split(' ')))
        {
            using var message = new HttpRequestMessage(new HttpMethod(words.Length > 1 ? words[0] : "GET"), words[^1]);
            (await client.SendAsync(message, Token)).Dispose();
        }

        return [.. log.Records.Where(record => record.Event.Id == id && record.Level == LogLevel.Warning)];
    }
}
