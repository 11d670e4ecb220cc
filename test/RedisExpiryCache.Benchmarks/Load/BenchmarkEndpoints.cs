using System.Diagnostics;
using Microsoft.AspNetCore.Builder;

namespace RedisExpiryCache.Benchmarks.Load;

/// <summary>What the apps serve. The responses themselves say that they may be kept, so that the app without a cache serves the same to a proxy.</summary>
internal static class BenchmarkEndpoints
{
    /// <summary>The request field by which <c>/variants</c> are told apart.</summary>
    public const string VariantField = "X-Variant";

    /// <summary>For each, <c>/endpoint-tags</c> has one that carries as many; those of <c>/tags</c> are only known when the response is there.</summary>
    public static readonly int[] TagCounts = [1, 10, 100];

    /// <summary>What a handler takes that has something to do.</summary>
    private static readonly TimeSpan Work = TimeSpan.FromMilliseconds(5);

    private static readonly byte[] Bytes = new byte[8 * 1024 * 1024];
    private static long made;

    /// <summary>How many responses came from here so far.</summary>
    public static long Made => Interlocked.Read(ref made);

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/body/{size:int}", static (int size, HttpContext context) => WriteAsync(context.Response, size));
        app.MapGet("/tags/{count:int}/{number:int}", static (int count, HttpContext context) =>
        {
            context.Features.Get<IResponseCacheFeature>()?.AddTags(Tags(count));
            return WriteAsync(context.Response, size: 1024);
        });
        foreach (var count in TagCounts)
        {
            app.MapGet($"/endpoint-tags/{count}", static (HttpContext context) => WriteAsync(context.Response, size: 1024))
                .CacheResponse(policy => policy.Tag(Tags(count)));
        }

        app.MapGet("/variants/{count:int}", static (HttpContext context) =>
        {
            context.Response.Headers.Vary = VariantField;
            return WriteAsync(context.Response, size: 1024);
        });
        app.MapGet("/slow/{number:long}", static async (HttpContext context) =>
        {
            await Task.Delay(Work, TimeProvider.System, context.RequestAborted);
            await WriteAsync(context.Response, size: 1024);
        });
        app.MapPost("/evict/{tag}", static async (string tag, HttpContext context) =>
        {
            var watch = Stopwatch.StartNew();
            await context.RequestServices.GetRequiredService<IResponseCacheInvalidator>().EvictByTagAsync(tag);
            await context.Response.WriteAsync($"{watch.Elapsed.TotalMilliseconds}");
        });
    }

    private static string[] Tags(int count) => [.. Enumerable.Range(0, count).Select(static tag => $"tag-{tag}")];

    private static async Task WriteAsync(HttpResponse response, int size)
    {
        Interlocked.Increment(ref made);
        response.Headers.CacheControl = "public, max-age=3600";
        response.ContentType = "application/octet-stream";
        response.ContentLength = size;
        await response.BodyWriter.WriteAsync(Bytes.AsMemory(0, size));
    }
}
