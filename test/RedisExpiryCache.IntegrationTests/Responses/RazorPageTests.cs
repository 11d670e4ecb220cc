using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Mvc.ApplicationModels;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RedisExpiryCache.IntegrationTests.Support;
using RedisExpiryCache.RazorApp;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>Attributes on the models of Razor Pages, and policies by MVC's own conventions.</summary>
public sealed class RazorPageTests(RedisFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_page_is_cached_by_the_attribute_on_its_model()
    {
        await using var app = await StartAsync();

        Assert.Contains("product 7, visit 1", (await app.WarmAsync("/Products/Details/7?page=1&utm=x")).Body, StringComparison.Ordinal);
        Assert.Contains("visit 1", (await app.GetAsync("/Products/Details/7?page=1&utm=y")).Body, StringComparison.Ordinal);
        Assert.Contains("visit 2", (await app.GetAsync("/Products/Details/7?page=2")).Body, StringComparison.Ordinal);
        Assert.Contains("product 8, visit 3", (await app.GetAsync("/Products/Details/8?page=1")).Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/Products/Edit/7", true)]
    [InlineData("/Products/Edit/7?handler=price", true)]
    [InlineData("/Products/Edit/7?fail=true", false)]
    [InlineData("/Products/Edit/8", false)]
    public async Task Posting_a_form_evicts_what_the_attribute_on_its_page_names(string form, bool evicts)
    {
        await using var app = await StartAsync();
        await app.WarmAsync("/Products/Details/7");

        await app.SendAsync(HttpMethod.Post, form);

        Assert.Equal(!evicts, (await app.GetAsync("/Products/Details/7")).IsHit);
    }

    [Fact]
    public async Task Showing_the_form_evicts_nothing_and_may_be_cached()
    {
        await using var app = await StartAsync();
        await app.WarmAsync("/Products/Details/7");
        await app.WarmAsync("/Products/Edit/7");
        Assert.Contains("fwd=bypass", (await app.GetAsync("/Products/Edit/7", ("Connection", "Upgrade"), ("Upgrade", "websocket"))).CacheStatus, StringComparison.Ordinal);
        Assert.True((await app.GetAsync("/Products/Details/7")).IsHit);

        await app.SendAsync(HttpMethod.Post, "/Products/Edit/7");

        Assert.False((await app.GetAsync("/Products/Edit/7")).IsHit);
    }

    [Fact]
    public async Task An_eviction_by_URL_knows_how_pages_vary_also_on_a_node_that_has_never_shown_them()
    {
        await using var app = await StartAsync();
        await using var other = await StartAsync(prefix: app.Prefix);
        await app.WarmAsync("/Products/Details/7?page=1");

        await other.Control.EvictAsync("/Products/Details/7?page=1&utm=z", Token);

        Assert.False((await app.GetAsync("/Products/Details/7?page=1")).IsHit);
    }

    [Fact]
    public async Task MVCs_own_attribute_works_on_a_page_with_its_query_keys()
    {
        await using var app = await StartAsync();

        Assert.Contains("visit 1", (await app.WarmAsync("/Classic?page=1&x=1")).Body, StringComparison.Ordinal);
        Assert.Contains("visit 1", (await app.GetAsync("/Classic?x=2&page=1")).Body, StringComparison.Ordinal);
        Assert.Contains("visit 2", (await app.GetAsync("/Classic?page=2")).Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("one page")]
    [InlineData("a folder")]
    [InlineData("all pages")]
    public async Task A_convention_says_it_for_one_page_for_a_folder_or_for_all(string scope)
    {
        await using var app = await StartAsync(
            pages =>
            {
                var minute = new RedisResponseCacheAttribute { Duration = 60 };
                if (scope == "one page")
                    pages.Conventions.AddPageApplicationModelConvention("/Plain", model => model.EndpointMetadata.Add(minute));
                else if (scope == "a folder")
                    pages.Conventions.AddFolderApplicationModelConvention("/", model => model.EndpointMetadata.Add(minute));
            },
            web => _ = scope == "all pages" ? web.MapRazorPages().CacheResponse(policy => policy.Expire(TimeSpan.FromMinutes(1))) : web.MapRazorPages());

        Assert.Contains("visit 1", (await app.WarmAsync("/Plain")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_stands_on_a_model_is_nearer_than_a_convention_of_all_pages()
    {
        await using var app = await StartAsync(map: web => web.MapRazorPages().CacheResponse(policy => policy.Expire(TimeSpan.FromHours(1))));

        Assert.InRange((await app.WarmAsync("/Products/Details/7")).TimeLeft, 1, 60);
        Assert.InRange((await app.WarmAsync("/Plain")).TimeLeft, 3000, 3600);
    }

    [Fact]
    public async Task A_policy_that_nobody_has_added_stops_the_start_on_a_page_too()
    {
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(pages => pages.Conventions.AddPageApplicationModelConvention(
            "/Plain", model => model.EndpointMetadata.Add(new RedisResponseCacheAttribute { PolicyName = "nobody" }))));

        Assert.Contains("'nobody' (/Plain)", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Attributes_on_handler_methods_are_warned_of()
    {
        await using var app = await StartAsync();

        var warning = Assert.Single(app.Logs, record => record.Level == LogLevel.Warning);
        Assert.Equal((37, "HandlerModel.OnGet"), (warning.Event.Id, warning.Values["Handlers"]));
    }

    [Fact]
    public async Task Without_the_middleware_the_pages_are_among_those_that_are_warned_of()
    {
        using var log = new RecordingLoggerProvider();
        var builder = TestApp.NewBuilder(log);
        builder.Services.AddRedisExpiringCache(fixture.Server.ConnectionString);
        AddPages(builder.Services);
        await using var web = builder.Build();
        web.MapRazorPages();
        await web.StartAsync(Token);

        var warning = Assert.Single(log.Records, static record => record.Event.Id == 28);
        Assert.Contains("/Products/Details", warning.Message, StringComparison.Ordinal);
    }

    private Task<CachedApp> StartAsync(Action<RazorPagesOptions>? pages = null, Action<WebApplication>? map = null, string? prefix = null) =>
        CachedApp.StartAsync(fixture.Server, map ?? (static web => web.MapRazorPages()), new AppSetup { Prefix = prefix, Services = services => AddPages(services, pages) });

    private static void AddPages(IServiceCollection services, Action<RazorPagesOptions>? pages = null)
    {
        services.AddSingleton<Visits>().AddRazorPages().AddApplicationPart(typeof(Visits).Assembly);
        services.Configure(pages ?? (static _ => { }));
    }
}
