using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.ChaosTests.Crashes;

/// <summary>An app that writes all that this library writes, in a process of its own, so that it can be killed. It ends with its parent.</summary>
internal static class KillableApp
{
    public const string Verb = "app";

    /// <summary>Nothing that the app stores may live longer.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(120);

    /// <param name="arguments">The connection string, the InstanceName and the entry format.</param>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddRedisExpiringCache(options =>
        {
            (options.Configuration, options.InstanceName) = (arguments[0], arguments[1]);
            options.EntryFormat = Enum.Parse<EntryFormat>(arguments[2]);
            options.ResponseCaching.Scope = ResponseCachingScope.AllResponses;
        });
        await using var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.UseRedisExpiringCache();
        Map(app);
        await app.StartAsync();
        Console.WriteLine($"listens on {app.Urls.Single()}");

        // The parent holds the other end: it closes when the parent dies, however it does.
        while (await Console.In.ReadLineAsync() is not null)
        {
        }

        return 0;
    }

    /// <summary>Also mapped by tests that keep it in their own process.</summary>
    public static void Map(WebApplication app)
    {
        app.MapGet("/page/{id}", [RedisResponseCache(Duration = 60, Tags = ["page:{id}", "pages"], VaryByHeaderNames = ["X-Kind"])] (string id) => $"page {id}");
        app.MapPost("/page/{id}", [RedisResponseCacheEvict(Tags = ["page:{id}"])] (string id) => $"changed {id}");
        app.MapGet("/sliding/{id}", [RedisResponseCache(Duration = 120, SlidingDuration = 30)] (string id) => $"sliding {id}");
        app.MapGet("/tagged/{id}", (string id, HttpContext context) =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            context.Response.Headers["Cache-Groups"] = "\"group\"";
            return $"tagged {id}";
        });
        app.MapGet("/data/{id}", async (string id, IRedisExpiringCache cache) =>
        {
            await UseAsync(cache, id);
            return $"data {id}";
        });
    }

    /// <summary>Each kind of data entry, and each thing that can be done to it; that some of it may fail is what the tests are about.</summary>
    public static async Task UseAsync(IRedisExpiringCache cache, string id)
    {
        await AttemptAsync(async () => await cache.SetAsync($"{id}-plain", Some.Bytes(), Caches.Relative(60)));
        await AttemptAsync(async () => await cache.SetAsync($"{id}-sliding", Some.Bytes(), Caches.Sliding(60)));
        await AttemptAsync(async () => await cache.SetAsync($"{id}-both", Some.Bytes(), Caches.Both(30, 120)));
        await AttemptAsync(async () => await cache.SetAsync($"{id}-tagged", new(Some.Bytes()), Caches.Relative(90), ["one", "other"]));
        await AttemptAsync(async () => await cache.GetAsync($"{id}-sliding"));
        await AttemptAsync(async () => await cache.GetAsync($"{id}-tagged"));
        await AttemptAsync(async () => await cache.RefreshAsync($"{id}-both"));
        await AttemptAsync(async () => await cache.GetLifetimeAsync($"{id}-both"));
        await AttemptAsync(async () => await cache.ExpireAsync($"{id}-plain", Caches.Sliding(45)));
        await AttemptAsync(async () => await cache.ExpireAsync($"{id}-tagged", Caches.Both(45, 100)));
        await AttemptAsync(async () => await cache.RemoveAsync([$"{id}-plain", $"{id}-none"]));
        await AttemptAsync(async () => await cache.RemoveByTagAsync("other"));
    }

    /// <summary>All that can be asked of the app, by path.</summary>
    public static IEnumerable<(HttpMethod Method, string Path)> Requests(int round)
    {
        var id = round.ToString(CultureInfo.InvariantCulture);
        return
        [
            (HttpMethod.Get, $"/page/{id}"), (HttpMethod.Get, $"/page/{id}"), (HttpMethod.Get, $"/sliding/{id}"), (HttpMethod.Get, $"/sliding/{id}"),
            (HttpMethod.Get, $"/tagged/{id}"), (HttpMethod.Post, $"/page/{id}"), (HttpMethod.Get, $"/data/{id}"), (HttpMethod.Get, $"/page/{id}"),
        ];
    }

    private static async Task AttemptAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (Exception failure) when (failure is StackExchange.Redis.RedisException or TimeoutException)
        {
            // Told to the caller, as the data cache does. What matters is what is left in Redis.
        }
    }
}
