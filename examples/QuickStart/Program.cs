// A small shop that caches its pages and its baskets in Redis, and takes you on a tour through its own cache.
//
//   dotnet run --project examples/QuickStart             the tour, then it goes on serving: / has the tour as buttons
//   dotnet run --project examples/QuickStart -- --tour   the tour only; exit code 0 if every step showed what it should
//
// It uses the Redis that ConnectionStrings:Redis names; without one it brings its own.

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RedisExpiryCache;

var tourOnly = args.Contains("--tour");
var builder = WebApplication.CreateBuilder([.. args.Where(arg => arg != "--tour")]);
builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting", LogLevel.None).AddFilter("RedisExpiryCache", LogLevel.Warning);
if (builder.Configuration["urls"] is null)
    builder.WebHost.UseUrls("http://localhost:5080");

// The host is part of a page's cache key: other Host fields than these would each make keys of their own in Redis.
builder.Configuration["AllowedHosts"] ??= "localhost;127.0.0.1;[::1]";

var redis = builder.Configuration.GetConnectionString("Redis");
using var embedded = string.IsNullOrWhiteSpace(redis) ? EmbeddedRedis.Start() : null;

// The two lines that an app needs: this one and app.UseRedisExpiringCache().
builder.Services.AddRedisExpiringCache(options =>
{
    options.Configuration = embedded?.ConnectionString ?? redis;
    options.InstanceName = "shop:";
});

// Disposed before the embedded Redis, so that the connections to it are closed by then.
await using var app = builder.Build();
app.UseRedisExpiringCache();

var prices = new ConcurrentDictionary<int, decimal> { [7] = 19.90m };

// The tour as buttons. It is not marked, so it is not cached.
app.MapGet("/", static () => Results.Content(Page.Html, "text/html"));

// A page that takes half a second to make, cached for a minute under two tags.
app.MapGet("/products/{id:int}", [RedisResponseCache(Duration = 60, Tags = ["products", "product:{id}"])] async (int id) =>
{
    await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
    return prices.TryGetValue(id, out var price) ? Results.Ok(new { id, price }) : Results.NotFound();
});

// A change of the price evicts that product's page.
app.MapPost("/products/{id:int}/price/{price:decimal}", [RedisResponseCacheEvict(Tags = ["product:{id}"])] (int id, decimal price) =>
{
    prices[id] = price;
    return Results.Ok();
});

// Data of a user's own, kept for three seconds after its last use.
app.MapPut("/baskets/{user}/{item}", (string user, string item, IDistributedCache cache) =>
    cache.SetStringAsync($"basket:{user}", item, new DistributedCacheEntryOptions { SlidingExpiration = TimeSpan.FromSeconds(3) }));
app.MapGet("/baskets/{user}", async (string user, IDistributedCache cache) =>
    await cache.GetStringAsync($"basket:{user}") is { } basket ? Results.Text(basket) : Results.NotFound());
app.MapGet("/baskets/{user}/lifetime", async (string user, IRedisExpiringCache cache) =>
    await cache.GetLifetimeAsync($"basket:{user}") is { } lifetime ? Results.Ok(lifetime) : Results.NotFound());

try
{
    await app.StartAsync();
}
catch (Exception wrong) when (wrong is IOException or OptionsValidationException)
{
    Console.Error.WriteLine(wrong is IOException
        ? $"{wrong.Message} Stop what listens there, or choose another address with --urls http://localhost:5081."
        : $"ConnectionStrings:Redis: {wrong.Message}");
    return 1;
}

try
{
    await app.Services.GetRequiredService<IRedisExpiringCache>().GetLifetimeAsync("anything");
}
catch (Exception away)
{
    Console.Error.WriteLine($"No Redis answers where ConnectionStrings:Redis points. Start one there, or unset it to use the embedded one. ({away.Message})");
    return 1;
}

var address = app.Urls.First();
Console.WriteLine($"""

    RedisExpiryCache: a quick tour
      the app    {address}
      its Redis  {(embedded is null ? "the one that ConnectionStrings:Redis names" : $"an embedded Garnet on {embedded.ConnectionString}, because ConnectionStrings:Redis is not set")}

    """);

var allShown = await new Tour(new HttpClient { BaseAddress = new Uri(address) }).RunAsync();
if (!tourOnly)
{
    Console.WriteLine($"""

        Now try it yourself, in a browser or from a shell; Ctrl+C ends it.
          {address}
          curl -i {address}/products/7
          curl -i -X POST {address}/products/7/price/17.50
          curl -i -X PUT {address}/baskets/alice/tea ; curl -i {address}/baskets/alice ; curl -i {address}/baskets/alice/lifetime
        {(embedded is null ? "" : $"  redis-cli -p {embedded.Port} --scan --pattern 'shop:*'")}
        """);
    await app.WaitForShutdownAsync();
}

await app.StopAsync();
return allShown ? 0 : 1;

/// <summary>Walks through the app as a client would, prints what comes back, and checks it.</summary>
internal sealed class Tour(HttpClient client)
{
    private bool allShown = true;

    public async Task<bool> RunAsync()
    {
        // A run before this one may have left the page in a Redis that lives on.
        await client.PostAsync("/products/7/price/19.90", content: null);

        Title("A miss: the app makes the page, which takes it half a second");
        var miss = await Get("/products/7");
        Check(miss.Status.Contains("fwd=uri-miss; stored"), "a miss that is stored");
        Check(miss.Took.TotalMilliseconds >= 450, "half a second of work");

        Title("A hit: the same page from Redis");
        var hit = await Get("/products/7");
        Check(hit.Status.Contains("; hit;") && hit.Age is not null, "a hit with its Age");
        Check(hit.Took < miss.Took / 2, "an answer in less than half the time");
        Check(hit.Body == miss.Body, "the same page");

        Title("Its time to live counts down");
        await Wait(1.2);
        var later = await Get("/products/7");
        await Wait(1.2);
        var last = await Get("/products/7");
        Check(TimeToLive(hit) > TimeToLive(later) && TimeToLive(later) > TimeToLive(last), "a ttl that gets shorter");

        Title("A client that has the page already gets a 304");
        var unchanged = await Get("/products/7", ifNoneMatch: hit.ETag);
        Check(unchanged.Code == HttpStatusCode.NotModified && unchanged.Body.Length == 0, "304 without a body");

        Title("A new price evicts the tag product:7: the page is made anew");
        await Send(HttpMethod.Post, "/products/7/price/17.50");
        var renewed = await Get("/products/7");
        Check(renewed.Status.Contains("fwd=uri-miss; stored") && renewed.Body.Contains("17.5"), "a miss with the new price");

        Title("A sliding entry lives for 3 s after its last use: three reads keep it alive for longer than that");
        await Send(HttpMethod.Put, "/baskets/alice/tea");
        for (var read = 0; read < 3; read++)
        {
            await Wait(1.5);
            Check((await Get("/baskets/alice")).Body == "tea", "the basket");
        }

        Title("Nobody reads it for 3 s: Redis drops it");
        await Wait(3.5);
        Check((await Get("/baskets/alice")).Code == HttpStatusCode.NotFound, "no basket");

        Console.WriteLine(allShown ? "\nEvery step showed what it should." : "\nNot every step showed what it should.");
        return allShown;
    }

    private static int TimeToLive(Answer answer) =>
        answer.Status.Split("ttl=") is [_, var seconds] && int.TryParse(seconds, out var ttl) ? ttl : -1;

    private static void Title(string text) => Console.WriteLine($"\n{text}");

    private static async Task Wait(double seconds)
    {
        Console.WriteLine(FormattableString.Invariant($"  … {seconds} s later"));
        await Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);
    }

    private void Check(bool shown, string what)
    {
        if (shown)
            return;

        allShown = false;
        Console.WriteLine($"  NOT SHOWN: {what}");
    }

    private Task<Answer> Get(string path, string? ifNoneMatch = null) => Send(HttpMethod.Get, path, ifNoneMatch);

    private async Task<Answer> Send(HttpMethod method, string path, string? ifNoneMatch = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (ifNoneMatch is not null)
            request.Headers.TryAddWithoutValidation("If-None-Match", ifNoneMatch);

        var clock = Stopwatch.StartNew();
        using var response = await client.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        var answer = new Answer(
            response.StatusCode, body, clock.Elapsed, response.Headers.ETag?.ToString(), response.Headers.Age,
            response.Headers.TryGetValues("Cache-Status", out var status) ? string.Join(", ", status) : "");
        Console.WriteLine(answer.Describe(method, path));
        return answer;
    }
}

internal sealed record Answer(HttpStatusCode Code, string Body, TimeSpan Took, string? ETag, TimeSpan? Age, string Status)
{
    public string Describe(HttpMethod method, string path)
    {
        var line = new StringBuilder($"  {method,-4} {path,-30} {(int)Code}  {Took.TotalMilliseconds,5:0} ms  {Body}");
        if (Age is { } age)
            line.Append($"\n       Age: {age.TotalSeconds:0}");

        return line.Append($"\n       Cache-Status: {Status}").ToString();
    }
}
