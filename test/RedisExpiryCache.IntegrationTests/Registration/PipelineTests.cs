using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Registration;

/// <summary>The middleware's place: once in a pipeline, and there at all where endpoints count on it.</summary>
public sealed class PipelineTests(RedisFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("again")]
    [InlineData("in a branch")]
    [InlineData("in a branch of a branch")]
    [InlineData("in a branch that comes back")]
    [InlineData("twice in a branch")]
    [InlineData("at an endpoint")]
    public async Task Used_twice_in_one_pipeline_it_says_so(string where)
    {
        await using var web = Builder().Build();
        if (where != "twice in a branch")
            web.UseRedisExpiringCache();

        var failure = Assert.Throws<InvalidOperationException>(() => _ = where switch
        {
            "in a branch" => web.Map("/a", branch => branch.UseRedisExpiringCache()),
            "in a branch of a branch" => web.Map("/a", branch => branch.Map("/b", inner => inner.UseRedisExpiringCache())),
            "in a branch that comes back" => web.UseWhen(_ => true, branch => branch.UseRedisExpiringCache()),
            "at an endpoint" => ((IEndpointRouteBuilder)web).CreateApplicationBuilder().UseRedisExpiringCache(),
            "twice in a branch" => web.Map("/a", branch => branch.UseRedisExpiringCache().UseRedisExpiringCache()),
            _ => web.UseRedisExpiringCache(),
        });
        Assert.Contains("UseRedisExpiringCache was called before", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Branches_apart_may_have_one_each()
    {
        var builder = Builder();
        builder.Services.Configure<RedisExpiringCacheOptions>(static options => options.ResponseCaching.Scope = ResponseCachingScope.AllResponses);
        await using var web = builder.Build();
        var made = 0;
        foreach (var path in new[] { "/a", "/b" })
        {
            web.Map(path, branch => branch.UseRedisExpiringCache().Run(context =>
            {
                context.Response.Headers.CacheControl = "max-age=60";
                return context.Response.WriteAsync($"page {++made}", Token);
            }));
        }

        await web.StartAsync(Token);
        using var client = web.GetTestClient();
        string[] pages = [await GetAsync("/a"), await GetAsync("/b"), await GetAsync("/a"), await GetAsync("/b")];
        Assert.Equal(["page 1", "page 2", "page 1", "page 2"], pages);

        Task<string> GetAsync(string path) => client.GetStringAsync(new Uri(path, UriKind.Relative), Token);
    }

    [Theory]
    [InlineData("in a branch that comes back")]
    [InlineData("in a branch of a branch")]
    public async Task A_request_that_comes_to_it_twice_is_cached_once_and_that_is_said_once(string where)
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            static web => web.MapPage("/a"),
            new AppSetup
            {
                Outside = web => web.UseWhen(static _ => true, branch => _ = where == "in a branch that comes back"
                    ? branch.UseRedisExpiringCache()
                    : branch.UseWhen(static _ => true, static inner => inner.UseRedisExpiringCache())),
            });

        Assert.Equal("RedisExpiryCache; fwd=uri-miss; stored", (await app.GetAsync("/a")).CacheStatus);
        Assert.True((await app.GetAsync("/a")).IsHit);
        await app.GetAsync("/a", ("Cache-Control", "no-cache"));
        await app.CountedAsync(2, "response.stores", ("outcome", "stored"));
        await app.CountedAsync(3, "response.requests");
        var warning = Assert.Single(app.Logs, static record => record.Level >= LogLevel.Warning);
        Assert.Equal(38, warning.Event.Id);
    }

    [Fact]
    public async Task A_request_that_is_run_again_to_explain_a_failure_has_not_come_to_it_twice()
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            static web =>
            {
                web.MapPage("/sorry");
                web.MapGet("/a", static string () => throw new InvalidOperationException("no"));
                web.MapGet("/b", static () => Results.NotFound());
            },
            new AppSetup { Outside = static web => web.UseExceptionHandler("/sorry").UseStatusCodePagesWithReExecute("/sorry") });

        await app.GetAsync("/a");
        await app.GetAsync("/b");

        Assert.DoesNotContain(app.Logs, static record => record.Event.Id == 38);
    }

    [Theory]
    [InlineData(1, "HTTP: GET /1.")]
    [InlineData(3, "HTTP: GET /1, HTTP: GET /2, HTTP: GET /3.")]
    [InlineData(5, "HTTP: GET /1, HTTP: GET /2, HTTP: GET /3 and 2 more.")]
    public async Task Attributes_without_the_middleware_are_warned_of_once_with_three_names_at_most(int endpoints, string names)
    {
        var warning = Assert.Single(await WarningsAsync(web =>
        {
            web.MapGet("/plain", () => "");
            for (var i = 1; i <= endpoints; i++)
                web.MapGet($"/{i}", [RedisResponseCache(Duration = 60)] () => "");
        }));
        Assert.Equal((28, LogLevel.Warning), (warning.Event.Id, warning.Level));
        Assert.EndsWith(names, warning.Message, StringComparison.Ordinal);
        Assert.Equal(endpoints, warning.Values["Count"]);
    }

    [Fact]
    public async Task An_attribute_that_evicts_counts_as_well() => Assert.Contains(
        "POST /a", Assert.Single(await WarningsAsync(web => web.MapPost("/a", [RedisResponseCacheEvict(Tags = ["a"])] () => ""))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task So_do_the_actions_of_controllers() => Assert.Contains(
        "Controller", Assert.Single(await WarningsAsync(web => web.MapControllers(), services => services.AddControllers().AddApplicationPart(typeof(PipelineTests).Assembly))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Without_such_endpoints_nothing_is_said()
    {
        Assert.Empty(await WarningsAsync(_ => { }));
        Assert.Empty(await WarningsAsync(web => web.MapGet("/plain", () => "")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task With_the_middleware_nothing_is_said(bool inBranch) => Assert.Empty(await WarningsAsync(web =>
    {
        _ = inBranch ? web.UseWhen(_ => true, branch => branch.UseRedisExpiringCache()) : web.UseRedisExpiringCache();
        web.MapGet("/a", [RedisResponseCache(Duration = 60)] () => "");
    }));

    [Fact]
    public async Task An_app_without_routing_hears_nothing()
    {
        using var log = new RecordingLoggerProvider();
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.Services.AddRedisExpiringCache(fixture.Server.ConnectionString);
        using var host = builder.Build();
        await host.StartAsync(Token);
        await host.StopAsync(Token);
        Assert.Null(host.Services.GetService<EndpointDataSource>());
        Assert.DoesNotContain(log.Records, IsWarning);
    }

    [Fact]
    public async Task An_endpoint_that_cannot_be_made_does_not_keep_the_app_from_starting() =>
        Assert.Empty(await WarningsAsync(_ => { }, services => services.AddSingleton<EndpointDataSource>(new BrokenEndpoints())));

    [Fact]
    public async Task A_wrong_value_in_an_attribute_stops_the_start_and_is_named()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => WarningsAsync(web => web.MapGet("/a", [RedisResponseCache(Duration = -1)] () => "")));
        Assert.Contains("HTTP: GET /a: Duration is -1;", failure.Message, StringComparison.Ordinal);

        failure = await Assert.ThrowsAsync<InvalidOperationException>(
            () => WarningsAsync(web => web.MapPost("/b", [RedisResponseCacheEvict(Paths = ["products"])] () => "")));
        Assert.Equal(
            "[RedisResponseCacheEvict] at HTTP: POST /b: Paths contains 'products'; each must begin with a slash, as in "
            + "\"/products?page=2\".",
            failure.Message);
    }

    [Fact]
    public void A_wrong_path_of_a_convention_is_refused_where_it_is_written()
    {
        using var log = new RecordingLoggerProvider();
        var web = Builder(log).Build();
        var failure = Assert.Throws<ArgumentException>(() => web.MapPost("/a", () => "").EvictCachedResponses(paths: ["products"]));
        Assert.Contains("'products'", failure.Message, StringComparison.Ordinal);
    }

    private async Task<LogRecord[]> WarningsAsync(Action<WebApplication> map, Action<IServiceCollection>? services = null)
    {
        using var log = new RecordingLoggerProvider();
        var builder = Builder(log);
        services?.Invoke(builder.Services);
        await using var web = builder.Build();
        map(web);
        await web.StartAsync(Token);
        return [.. log.Records.Where(IsWarning)];
    }

    private static bool IsWarning(LogRecord record) =>
        record.Level >= LogLevel.Warning && record.Category.StartsWith("RedisExpiryCache", StringComparison.Ordinal);

    private WebApplicationBuilder Builder(RecordingLoggerProvider? log = null)
    {
        var builder = TestApp.NewBuilder(log);
        builder.Services.AddRedisExpiringCache(options =>
            (options.Configuration, options.InstanceName) = (fixture.Server.ConnectionString, fixture.Server.NewPrefix()));
        return builder;
    }

    private sealed class BrokenEndpoints : EndpointDataSource
    {
        public override IReadOnlyList<Endpoint> Endpoints => throw new InvalidOperationException("no such handler");

        public override IChangeToken GetChangeToken() => new CancellationChangeToken(CancellationToken.None);
    }
}
