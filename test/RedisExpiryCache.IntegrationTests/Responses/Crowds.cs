using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>An app whose pages count how often they are made and wait at a gate, and crowds that ask for them.</summary>
internal sealed class Crowds(ServerFixture fixture)
{
    public const int Size = 20;

    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private int calls;

    public Gate Gate { get; } = new();

    public int Calls => Volatile.Read(ref calls);

    public static AppSetup Patient(string? prefix = null) =>
        new() { Prefix = prefix, Options = static options => options.ResponseCaching.CollapseTimeout = TimeSpan.FromSeconds(60) };

    public Task<CachedApp> StartAsync(AppSetup? setup = null) => CachedApp.StartAsync(fixture.Server, Map, setup ?? Patient());

    private void Map(WebApplication web)
    {
        web.MapGet("/page", [RedisResponseCache(Duration = 60, Tags = ["pages"])] async Task<string> (HttpContext context) => await Make(context));
        web.MapGet("/throws-once", [RedisResponseCache(Duration = 60)] async Task<string> (HttpContext context) =>
            await Make(context) == "page 1" ? throw new InvalidOperationException("The first one fails.") : "fine");
        web.MapGet("/hangs-once", [RedisResponseCache(Duration = 60)] async Task<string> (HttpContext context) =>
        {
            var number = Interlocked.Increment(ref calls);
            if (number == 1)
                await Gate.PassAsync(context.RequestAborted);

            return $"page {number}";
        });
        web.MapGet("/languages", async Task<string> (HttpContext context) =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            context.Response.Headers.Vary = "Accept-Language";
            return $"{await Make(context)} {context.Request.Headers.AcceptLanguage}";
        });
        web.MapGet("/tagged", async Task<string> (HttpContext context) =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            context.Response.Headers.ETag = "\"always\"";
            return (await Make(context))[..4];
        });
        web.MapGet("/late-private", async Task<string> (HttpContext context) =>
        {
            context.Response.Headers.CacheControl = "private, max-age=60";
            return await Make(context);
        });
        web.MapGet("/private", context => Early(context, static headers => headers.CacheControl = "private, max-age=60"));
        web.MapGet("/no-store", context => Early(context, static headers => headers.CacheControl = "no-store"));
        web.MapGet("/cookie", context => Early(context, static headers => (headers.CacheControl, headers.SetCookie) = ("max-age=60", "a=b")));
    }

    private async Task<string> Make(HttpContext context)
    {
        var number = Interlocked.Increment(ref calls);
        await Gate.PassAsync(context.RequestAborted);
        return $"page {number}";
    }

    /// <summary>Says what it is before it has it.</summary>
    private async Task Early(HttpContext context, Action<IHeaderDictionary> say)
    {
        var number = Interlocked.Increment(ref calls);
        say(context.Response.Headers);
        await context.Response.StartAsync(context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        await Gate.PassAsync(context.RequestAborted);
        await context.Response.WriteAsync($"page {number}", context.RequestAborted);
    }

    public static Task<Answer>[] Send(CachedApp app, string path, int count = Size) => [.. Enumerable.Range(0, count).Select(_ => app.GetAsync(path))];

    public Task CalledAsync(int times) => Eventually.True(() => Volatile.Read(ref calls) == times, Deadline, $"call {times} of the app; there were {Volatile.Read(ref calls)}");

    /// <summary>So many have looked: they are in the app, or wait for who is.</summary>
    public static Task LookedAsync(CachedApp app, int times) => Eventually.True(
        () => app.Metrics.Count("response.lookup.duration") >= times, Deadline, $"{times} lookups; there were {app.Metrics.Count("response.lookup.duration")}");

    public async Task<string> LockKeyAsync(CachedApp app)
    {
        string? found = null;
        await Eventually.True(
            async () => (found = (await fixture.Server.KeysAsync(app.Prefix)).FirstOrDefault(key => key.StartsWith($"{app.Prefix}lock:", StringComparison.Ordinal))) is not null, Deadline, "the lock");
        return found!;
    }
}
