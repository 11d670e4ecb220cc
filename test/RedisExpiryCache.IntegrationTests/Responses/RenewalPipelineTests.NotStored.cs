using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>Where a renewal cannot be brought back to the same key, it is not stored.</summary>
public sealed partial class RenewalPipelineTests
{
    [Fact]
    public async Task A_page_that_varies_by_a_user_of_the_connection_is_never_renewed_as_another_and_not_tried_at_each_request()
    {
        await using var app = await StartAsync(
            web => web.Use((context, next) =>
            {
                // As Negotiate does: the connection is signed in, and later requests on it bring no proof.
                var items = context.Features.GetRequiredFeature<IConnectionItemsFeature>().Items;
                if (context.Request.Headers["X-Login"] is [{ } login])
                    items["user"] = login;

                if (items.TryGetValue("user", out var user))
                    context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, (string)user!)], "test"));

                return next(context);
            }),
            web => web.MapGet("/page", context => Make(context, null, context.User.Identity?.Name ?? "NONE")).CacheResponse(static policy =>
                policy.Expire(TimeSpan.FromSeconds(60)).StaleWhileRevalidate(TimeSpan.FromMinutes(10)).VaryByUser()));
        Assert.Equal("1 alice", (await app.GetAsync("/page", ("X-Login", "alice"))).Body);
        time.Advance(TimeSpan.FromSeconds(70));
        Assert.Equal("1 alice", (await app.GetAsync("/page")).Body);
        await IdleAsync(app);
        Assert.Equal(1, renewals);

        Assert.Equal("2 alice", (await app.GetAsync("/page")).Body);
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal("2 alice", (await app.GetAsync("/page")).Body);
        Assert.Equal((2, 1), (calls, renewals));
    }

    [Fact]
    public async Task A_renewal_that_middleware_in_front_answers_is_not_stored_and_the_page_is_revalidated_in_front_of_the_client()
    {
        await using var app = await StartAsync(
            static web => web.Use((context, next) =>
            {
                if (!IsRenewal(context))
                    return next(context);

                context.Response.Headers.CacheControl = Stale;
                return context.Response.WriteAsync("from the front");
            }),
            web => web.MapGet("/page", context => Make(context, Stale)));
        await MakeStaleAsync(app, "/page");
        Assert.Equal("1", (await app.GetAsync("/page")).Body);
        await IdleAsync(app);

        Assert.Equal("2", (await app.GetAsync("/page")).Body);
        Assert.Equal(1, renewals);
    }

    [Fact]
    public async Task An_error_page_of_an_exception_handler_in_front_does_not_replace_the_page_at_a_renewal()
    {
        await using var app = await StartAsync(
            static web => web.UseExceptionHandler("/error"),
            web =>
            {
                web.MapGet("/page", context => calls == 1 ? throw new InvalidOperationException("no database") : Make(context, Stale, ""));
                web.MapGet("/error", static context =>
                {
                    context.Response.StatusCode = 200;
                    context.Response.Headers.CacheControl = Stale;
                    return context.Response.WriteAsync("sorry");
                });
            });
        await MakeStaleAsync(app, "/page");
        await app.GetAsync("/page");
        await Eventually.True(() => app.Logs.Any(static log => log.Event.Id == 29), Deadline, "the failure in the log");
        await IdleAsync(app);

        Assert.Equal("1 ", (await app.GetAsync("/page")).Body);
    }

    [Fact]
    public async Task Without_the_start_of_the_pipeline_a_stale_page_is_revalidated_in_front_of_the_client()
    {
        await using var app = await StartAsync(
            static _ => { },
            web => web.MapGet("/page", context => Make(context, Stale)),
            services: static services => services.RemoveAll<IStartupFilter>());
        await MakeStaleAsync(app, "/page");

        Assert.Equal("2", (await app.GetAsync("/page")).Body);
        Assert.Equal("2", (await app.GetAsync("/page")).Body);
    }

    [Fact]
    public async Task A_renewal_of_a_branch_runs_that_branch()
    {
        var builder = TestApp.NewBuilder();
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddRedisExpiringCache(options =>
            (options.Configuration, options.InstanceName, options.ResponseCaching.Scope) = (
                fixture.Server.ConnectionString, fixture.Server.NewPrefix(), ResponseCachingScope.AllResponses));
        await using var web = builder.Build();
        foreach (var name in new[] { "a", "b" })
            web.Map($"/{name}", branch => branch.UseRedisExpiringCache().Run(context => Make(context, Stale, name)));

        await web.StartAsync(TestContext.Current.CancellationToken);
        using var client = web.GetTestClient();
        Assert.Equal("1 b", await GetAsync());
        await Eventually.True(async () => await GetAsync() == "1 b" && calls == 1, Deadline, "the page to be stored");
        time.Advance(TimeSpan.FromSeconds(70));

        await Eventually.True(async () => await GetAsync() == "2 b", Deadline, "the page to be renewed");

        Task<string> GetAsync() => client.GetStringAsync(new Uri("/b", UriKind.Relative), TestContext.Current.CancellationToken);
    }
}
