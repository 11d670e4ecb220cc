using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.OutputCache;

/// <summary>The small app that runs on each store. Every answer of it is a new one.</summary>
internal static class OutputPages
{
    public const int BlobSize = 5 * 1024 * 1024;

    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    public static void Map(WebApplication web)
    {
        web.MapGet("/page/{id}", Next).CacheOutput(policy => policy.Expire(Long).Tag("pages"));
        web.MapGet("/news", Next).CacheOutput(policy => policy.Expire(Long).Tag("news", "front {page} ünter"));
        web.MapGet("/plain", Next).CacheOutput();
        web.MapGet("/query", Next).CacheOutput(policy => policy.SetVaryByQuery("page"));
        web.MapGet("/language", Next).CacheOutput(policy => policy.SetVaryByHeader("Accept-Language"));
        web.MapGet("/short", Next).CacheOutput(policy => policy.Expire(TimeSpan.FromSeconds(2)));
        web.MapGet("/attribute", [OutputCache(Duration = 600, Tags = ["pages"])] (HttpContext context) => context.NextPage());
        web.MapGet("/uncached", Next);
        web.MapGet("/cookie", context => With(context, "Set-Cookie", "a=b")).CacheOutput();
        web.MapGet("/missing", context => WithStatus(context, StatusCodes.Status404NotFound)).CacheOutput();
        web.MapPost("/posted", Next).CacheOutput();
        web.MapGet("/validated", Validated).CacheOutput(policy => policy.Expire(Long));
        web.MapGet("/blob", Blob).CacheOutput(policy => policy.Expire(Long).Tag("pages"));
        web.MapGet("/empty", context => WithStatus(context, StatusCodes.Status200OK, silent: true)).CacheOutput();
        web.MapGet("/slow", SlowAsync).CacheOutput(policy => policy.Expire(Long));
        web.MapGet("/too-many-tags", Next).CacheOutput(policy => policy.Tag([.. Enumerable.Range(0, 4_000).Select(static i => $"tag number {i}")]));
        web.MapPost("/evict/{tag}", async (string tag, IOutputCacheStore store, CancellationToken token) => await store.EvictByTagAsync(tag, token));
    }

    private static Task Next(HttpContext context) => context.Response.WriteAsync(context.NextPage());

    private static Task With(HttpContext context, string name, string value)
    {
        context.Response.Headers[name] = value;
        return Next(context);
    }

    private static Task WithStatus(HttpContext context, int status, bool silent = false)
    {
        context.Response.StatusCode = status;
        var page = context.NextPage();
        return silent ? Task.CompletedTask : context.Response.WriteAsync(page);
    }

    private static Task Validated(HttpContext context)
    {
        context.Response.Headers.LastModified = "Wed, 21 Oct 2015 07:28:00 GMT";
        context.Response.Headers["X-Kept"] = "[ \u00e4 ]";
        return With(context, "ETag", "\"one\"");
    }

    private static async Task Blob(HttpContext context)
    {
        context.NextPage();
        context.Response.ContentType = "application/octet-stream";
        await context.Response.Body.WriteAsync(Some.Bytes(BlobSize));
    }

    private static async Task SlowAsync(HttpContext context, PageCounter pages, Gate gate)
    {
        var page = pages.Next();
        await gate.PassAsync(context.RequestAborted);
        await context.Response.WriteAsync(page);
    }
}
