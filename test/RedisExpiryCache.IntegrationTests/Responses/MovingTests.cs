using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>The differences that docs/moving.md lists, each seen on Microsoft's middleware and on this one.</summary>
public sealed class MovingTests(RedisFixture fixture)
{
    /// <summary>Each row: requests, and the number of the page that each of them got there and here.</summary>
    /// <remarks>A HEAD has the number of pages made. Here the first public response of an unmarked endpoint is not stored.</remarks>
    [Theory]
    [InlineData("/page /page /page", "1 1 1", "1 2 2")]
    [InlineData("/max-age /max-age", "1 2", "1 2")]
    [InlineData("/public /public", "1 1", "1 2")]
    [InlineData("/page /page /PAGE", "1 1 1", "1 2 2")]
    [InlineData("/page /page /page/", "1 1 2", "1 2 2")]
    [InlineData("/value/a /value/a /value/A", "1 1 1", "1 2 3")]
    [InlineData("/page?a=1 /page?a=1 /page?a=2", "1 1 1", "1 2 3")]
    [InlineData("/page /page HEAD/page", "1 1 2", "1 2 2")]
    [InlineData("/page /page no-cache/page", "1 1 2", "1 2 2")]
    [InlineData("/missing /missing /missing", "1 2 3", "1 2 2")]
    public Task Response_caching_and_this_cache_differ_as_documented(string requests, string there, string here) => DifferAsync(
        static services => services.AddResponseCaching(),
        static web => web.UseResponseCaching(),
        MapPages,
        MapPages,
        requests,
        there,
        here);

    [Theory]
    [InlineData("/minute /minute", "1 1", "1 1")]
    [InlineData("/bare /bare", "1 1", "1 1")]
    [InlineData("/minute?a=1&b=2 /minute?b=2&a=1", "1 1", "1 2")]
    [InlineData("/minute no-cache/minute", "1 1", "1 1")]
    [InlineData("/moved /moved", "1 2", "1 1")]
    [InlineData("/vary /vary", "1 1", "1 2")]
    [InlineData("/minute /MINUTE", "1 1", "1 1")]
    [InlineData("/minute /minute/", "1 2", "1 1")]
    [InlineData("/value/a /value/A", "1 1", "1 2")]
    [InlineData("/no-store /no-store", "1 1", "1 2")]
    public Task The_output_cache_and_this_cache_differ_as_documented(string requests, string there, string here) => DifferAsync(
        static services => services.AddOutputCache(),
        static web => web.UseOutputCache(),
        static web => MapMarked(web, static (page, bare) => page.CacheOutput(policy => Keep(policy, bare))),
        static web => MapMarked(web, static (page, bare) => _ = bare
            ? page.CacheResponse()
            : page.CacheResponse(policy => policy.Expire(TimeSpan.FromMinutes(1)))),
        requests,
        there,
        here);

    private static void Keep(Microsoft.AspNetCore.OutputCaching.OutputCachePolicyBuilder policy, bool bare)
    {
        if (!bare)
            policy.Expire(TimeSpan.FromMinutes(1));
    }

    private static void MapPages(WebApplication web)
    {
        Page(web, "/page", cacheControl: "public, max-age=60");
        Page(web, "/max-age", cacheControl: "max-age=60");
        Page(web, "/value/{name}", cacheControl: "public, max-age=60");
        Page(web, "/public", cacheControl: "public");
        Page(web, "/missing", cacheControl: "public, max-age=60", status: StatusCodes.Status404NotFound);
    }

    private static void MapMarked(WebApplication web, Action<RouteHandlerBuilder, bool> mark)
    {
        mark(Page(web, "/minute"), false);
        mark(Page(web, "/bare"), true);
        mark(Page(web, "/moved", status: StatusCodes.Status301MovedPermanently), false);
        mark(Page(web, "/vary", vary: "*"), false);
        mark(Page(web, "/value/{name}"), false);
        mark(Page(web, "/no-store", cacheControl: "no-store"), false);
    }

    private static RouteHandlerBuilder Page(
        WebApplication web, string path, string? cacheControl = null, string? vary = null, int status = StatusCodes.Status200OK) =>
        web.MapMethods(path, ["GET", "HEAD"], (HttpContext context, PageCounter pages) =>
        {
            context.Response.Headers.CacheControl = cacheControl;
            context.Response.Headers.Vary = vary;
            return Results.Text(pages.Next(), statusCode: status);
        });

    private async Task DifferAsync(
        Action<IServiceCollection> addTheirs,
        Action<WebApplication> useTheirs,
        Action<WebApplication> mapTheirs,
        Action<WebApplication> mapOurs,
        string requests,
        string there,
        string here)
    {
        var theirs = await PagesAsync(addTheirs, useTheirs, mapTheirs, requests);
        var ours = await PagesAsync(
            services => services.AddRedisExpiringCache(
                options => (options.Configuration, options.InstanceName) = (fixture.Server.ConnectionString, fixture.Server.NewPrefix())),
            static web => web.UseRedisExpiringCache(),
            mapOurs,
            requests);
        Assert.Equal((there, here), (theirs, ours));
    }

    private static async Task<string> PagesAsync(
        Action<IServiceCollection> add, Action<WebApplication> use, Action<WebApplication> map, string requests)
    {
        var builder = TestApp.NewBuilder();
        builder.Services.AddSingleton<PageCounter>();
        add(builder.Services);
        await using var web = builder.Build();
        use(web);
        map(web);
        await web.StartAsync(TestContext.Current.CancellationToken);
        if (web.Services.GetService<IRedisExpiringCache>() is { } cache)
            await CachedApp.ConnectAsync(cache);

        List<string> pages = [];
        foreach (var request in requests.Split(' '))
            pages.Add(await PageAsync(web, request));

        return string.Join(' ', pages);
    }

    private static async Task<string> PageAsync(WebApplication web, string request)
    {
        var prefix = request[..request.IndexOf('/', StringComparison.Ordinal)];
        using var message = new HttpRequestMessage(prefix == "HEAD" ? HttpMethod.Head : HttpMethod.Get, request[prefix.Length..]);
        if (prefix == "no-cache")
            message.Headers.TryAddWithoutValidation("Cache-Control", prefix);

        using var client = web.GetTestClient();
        using var response = await client.SendAsync(message, TestContext.Current.CancellationToken);
        return message.Method == HttpMethod.Head
            ? web.Services.GetRequiredService<PageCounter>().Made.ToString(CultureInfo.InvariantCulture)
            : (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))["page ".Length..];
    }
}
