using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Localization;
using Microsoft.AspNetCore.Rewrite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using RedisExpiryCache.IntegrationTests.Support;
using RedisExpiryCache.ResponseCaching.Renewals;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>A renewal runs the whole pipeline, and is stored only under the key of the request that started it.</summary>
public sealed partial class RenewalPipelineTests(RedisFixture fixture)
{
    private const string Stale = "public, max-age=60, stale-while-revalidate=600";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private static readonly AsyncLocal<string?> Ambient = new();

    private readonly FakeTimeProvider time = new(TimeProvider.System.GetUtcNow());
    private readonly Gate gate = new();
    private int calls;
    private int renewals;

    public enum Trigger
    {
        ResponseField,
        Policy,
        EarlyRefresh,
        MarkStale,
    }

    /// <summary>The tests run without the data of real cultures.</summary>
    private sealed class NamedCulture(string name) : CultureInfo("")
    {
        public override string Name => name;
    }

    private sealed class Tenant
    {
        public string Name { get; set; } = "DEFAULT";
    }

    [Theory]
    [InlineData(Trigger.ResponseField)]
    [InlineData(Trigger.Policy)]
    [InlineData(Trigger.EarlyRefresh)]
    [InlineData(Trigger.MarkStale)]
    public async Task A_renewal_keeps_the_tenant_that_middleware_in_front_put_into_a_scoped_service(Trigger trigger)
    {
        await using var app = await StartAsync(
            web => web.Use((context, next) =>
            {
                context.RequestServices.GetRequiredService<Tenant>().Name = context.Request.Host.Host;
                return next(context);
            }),
            web => MapTriggered(web, trigger, TenantOf),
            EarlyRefreshIf(trigger));

        await RenewAsync(app, trigger);

        Assert.Equal("2 app.example", (await app.GetAsync("/page")).Body);
    }

    [Theory]
    [InlineData(Trigger.ResponseField)]
    [InlineData(Trigger.Policy)]
    [InlineData(Trigger.EarlyRefresh)]
    [InlineData(Trigger.MarkStale)]
    public async Task A_renewal_keeps_the_tenant_that_middleware_in_front_put_into_an_AsyncLocal(Trigger trigger)
    {
        await using var app = await StartAsync(
            web => web.Use(async (context, next) =>
            {
                Ambient.Value = context.Request.Host.Host;
                await next(context);
            }),
            web => MapTriggered(web, trigger, static _ => Ambient.Value ?? "DEFAULT"),
            EarlyRefreshIf(trigger));

        await RenewAsync(app, trigger);

        Assert.Equal("2 app.example", (await app.GetAsync("/page")).Body);
    }

    [Fact]
    public async Task Fields_that_the_page_appends_to_those_of_middleware_in_front_are_whole_after_a_renewal()
    {
        await using var app = await StartAsync(
            static web => web.Use((context, next) =>
            {
                context.Response.Headers.ContentSecurityPolicy = "frame-ancestors 'none'";
                context.Response.Headers.Vary = "X-Front";
                return next(context);
            }),
            web => web.MapGet("/page", context =>
            {
                context.Response.Headers.Append("Content-Security-Policy", "img-src 'self'");
                context.Response.Headers.Append("Vary", "X-Page");
                return Make(context, Stale);
            }));
        await MakeStaleAsync(app, "/page");
        await HitAsync(app, "/page", "2");

        using var request = app.Request(HttpMethod.Get, "/page");
        using var response = await app.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal("frame-ancestors 'none'|img-src 'self'", string.Join('|', response.Headers.GetValues("Content-Security-Policy")));
        Assert.Equal(["X-Front", "X-Page"], response.Headers.Vary.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_page_whose_Cache_Control_is_set_in_front_is_still_stored_after_a_renewal()
    {
        await using var app = await StartAsync(
            static web => web.Use((context, next) =>
            {
                context.Response.Headers.CacheControl = Stale;
                return next(context);
            }),
            web => web.MapGet("/page", context => Make(context, cacheControl: null)));
        await MakeStaleAsync(app, "/page");

        await HitAsync(app, "/page", "2");
    }

    [Fact]
    public async Task A_renewal_runs_under_the_path_base_of_the_request_that_started_it()
    {
        await using var app = await StartAsync(
            static web => web.UsePathBase("/app").UseRouting(),
            web => web.MapGet("/page", context => Make(context, Stale, $"{context.Request.PathBase} {context.Request.Path}")));
        await MakeStaleAsync(app, "/app/page");

        await HitAsync(app, "/app/page", "2 /app /page");
    }

    [Fact]
    public async Task A_renewal_is_rewritten_as_the_request_that_started_it_was_and_not_twice()
    {
        await using var app = await StartAsync(
            static web => web.UseRewriter(new RewriteOptions().AddRewrite("^(.*)$", "site/$1?q=1", skipRemainingRules: true)).UseRouting(),
            web => web.MapGet("/{**path}", context => Make(context, Stale, $"{context.Request.Path}{context.Request.QueryString}")));
        await MakeStaleAsync(app, "/page");

        await HitAsync(app, "/page", "2 /site/page?q=1");
    }

    [Fact]
    public async Task Forwarded_fields_are_applied_to_a_renewal_as_to_the_request_that_started_it_and_not_twice()
    {
        await using var app = await StartAsync(
            static web =>
            {
                var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.All, ForwardedForHeaderName = "X-Client" };
                options.KnownProxies.Clear();
                options.KnownIPNetworks.Clear();
                web.UseForwardedHeaders(options);
            },
            web => web.MapGet("/page", context => Make(
                context, Stale, $"{context.Request.Scheme} {context.Request.Host} {context.Connection.RemoteIpAddress}")));
        (string, string)[] fields =
        [
            ("X-Client", "6.6.6.6, 9.9.9.9"), ("X-Forwarded-Proto", "http, https"), ("X-Forwarded-Host", "evil.example, shop.example"),
        ];
        await MakeStaleAsync(app, "/page", fields);

        await HitAsync(app, "/page", "2 https shop.example 9.9.9.9", fields);
    }

    [Fact]
    public async Task A_field_that_middleware_in_front_removes_is_there_again_for_a_renewal()
    {
        await using var app = await StartAsync(
            static web => web.Use((context, next) =>
            {
                context.RequestServices.GetRequiredService<Tenant>().Name = context.Request.Headers["X-Tenant"].ToString();
                context.Request.Headers.Remove("X-Tenant");
                return next(context);
            }),
            web => web.MapGet("/page", context => Make(context, null, TenantOf(context))).CacheResponse(static policy => policy
                .Expire(TimeSpan.FromSeconds(60)).StaleWhileRevalidate(TimeSpan.FromMinutes(10))
                .VaryByValue(TenantOf)));
        await MakeStaleAsync(app, "/page", ("X-Tenant", "acme"));

        await HitAsync(app, "/page", "2 acme", ("X-Tenant", "acme"));
    }

    [Fact]
    public async Task A_renewal_has_the_culture_that_request_localization_chose_for_the_request_that_started_it()
    {
        await using var app = await StartAsync(
            static web =>
            {
                CultureInfo[] cultures = [new NamedCulture("en"), new NamedCulture("de")];
                web.UseRequestLocalization(new RequestLocalizationOptions
                {
                    DefaultRequestCulture = new RequestCulture(cultures[0]),
                    SupportedCultures = cultures,
                    SupportedUICultures = cultures,
                });
            },
            web => web.MapGet("/page", context => Make(context, null, CultureInfo.CurrentUICulture.Name)).CacheResponse(static policy =>
                policy.Expire(TimeSpan.FromSeconds(60)).StaleWhileRevalidate(TimeSpan.FromMinutes(10)).VaryByCulture()));
        await MakeStaleAsync(app, "/page", ("Accept-Language", "de"));

        await HitAsync(app, "/page", "2 de", ("Accept-Language", "de"));
    }

    private static string TenantOf(HttpContext context) => context.RequestServices.GetRequiredService<Tenant>().Name;

    private static bool IsRenewal(HttpContext context) => context.TraceIdentifier.EndsWith("-renewal", StringComparison.Ordinal);

    private static Action<RedisExpiringCacheOptions>? EarlyRefreshIf(Trigger trigger) =>
        trigger == Trigger.EarlyRefresh ? static options => options.ResponseCaching.EarlyRefresh = 100 : null;

    private void MapTriggered(WebApplication web, Trigger trigger, Func<HttpContext, string> tenant)
    {
        var page = web.MapGet("/page", context => Make(
            context, trigger == Trigger.Policy ? null : trigger == Trigger.ResponseField ? Stale : "max-age=60", tenant(context)));
        if (trigger == Trigger.Policy)
            page.CacheResponse(static policy => policy.Expire(TimeSpan.FromSeconds(60)).StaleWhileRevalidate(TimeSpan.FromMinutes(10)));
    }

    private async Task RenewAsync(CachedApp app, Trigger trigger)
    {
        if (trigger == Trigger.EarlyRefresh)
        {
            // The page takes ten seconds to make, by this clock, so an early refresh is due at once.
            gate.Close();
            var first = app.GetAsync("/page");
            await Eventually.True(() => calls == 1, Deadline, "the page to be called");
            time.Advance(TimeSpan.FromSeconds(10));
            gate.Open();
            Assert.Equal("1 app.example", (await first).Body);
        }
        else
        {
            Assert.Equal("1 app.example", (await app.GetAsync("/page")).Body);
            if (trigger == Trigger.MarkStale)
                await app.Control.MarkStaleAsync("/page", TestContext.Current.CancellationToken);
            else
                time.Advance(TimeSpan.FromSeconds(70));
        }

        await Eventually.True(
            async () => (await app.GetAsync("/page")).Body.StartsWith("2 ", StringComparison.Ordinal), Deadline, "the page to be renewed");
    }

    private Task<CachedApp> StartAsync(
        Action<WebApplication> front, Action<WebApplication> map, Action<RedisExpiringCacheOptions>? options = null,
        Action<IServiceCollection>? services = null) =>
        CachedApp.StartAsync(fixture.Server, map, new AppSetup
        {
            Time = time,
            Options = options,
            Services = all =>
            {
                all.AddScoped<Tenant>();
                services?.Invoke(all);
            },
            Outside = web =>
            {
                web.Use((context, next) =>
                {
                    if (IsRenewal(context))
                        Interlocked.Increment(ref renewals);

                    return next(context);
                });
                front(web);
            },
        });

    private async Task Make(HttpContext context, string? cacheControl, string? text = null)
    {
        if (cacheControl is not null)
            context.Response.Headers.CacheControl = cacheControl;

        var number = Interlocked.Increment(ref calls);
        await gate.PassAsync(context.RequestAborted);
        await context.Response.WriteAsync(text is null ? $"{number}" : $"{number} {text}");
    }

    private async Task MakeStaleAsync(CachedApp app, string path, params (string Name, string Value)[] fields)
    {
        Assert.True((await app.GetAsync(path, fields)).WasStored);
        time.Advance(TimeSpan.FromSeconds(70));
    }

    private static Task HitAsync(CachedApp app, string path, string body, params (string Name, string Value)[] fields) => Eventually.True(
        async () => await app.GetAsync(path, fields) is { IsHit: true } answer && answer.Body == body, Deadline, $"a hit with '{body}'");

    private static Task IdleAsync(CachedApp app) => Eventually.True(
        () => app.Services.GetRequiredService<BackgroundRevalidation>().Count == 0, Deadline, "renewals to be over");
}
