using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.DependencyInjection;

namespace RedisExpiryCache.Benchmarks.Load;

/// <summary>One of the apps that are compared: the same endpoint, with another cache in front of it. It listens on the port that it is told, until it is killed.</summary>
internal static class BenchmarkApp
{
    public const string Verb = "app";

    /// <summary>Where it says how it stands (<see cref="AppState"/>).</summary>
    public const string StatePath = "/state";

    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is not [var name, var port, var redis] || !Enum.TryParse<Candidate>(name, out var candidate))
            return 2;

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        AddCache(builder.Services, candidate, redis);
        await using var app = builder.Build();

        // In front of any cache.
        app.Use(static (context, next) => context.Request.Path == StatePath
            ? context.Response.WriteAsync($"{new AppState(GC.GetTotalAllocatedBytes(precise: true), BenchmarkEndpoints.Made)}")
            : next(context));
        UseCache(app, candidate);
        var endpoints = app.MapGroup("");
        BenchmarkEndpoints.Map(endpoints);
        if (candidate is Candidate.OutputCaching or Candidate.OutputCachingOnRedis)
            endpoints.CacheOutput(static policy => policy.Expire(Lifetime));

        await app.RunAsync();
        return 0;
    }

    private static void AddCache(IServiceCollection services, Candidate candidate, string redis)
    {
        switch (candidate)
        {
            case Candidate.Bare:
                break;
            case Candidate.ResponseCaching:
                services.AddResponseCaching();
                break;
            case Candidate.OutputCaching or Candidate.OutputCachingOnRedis:
                services.AddOutputCache();
                if (candidate == Candidate.OutputCachingOnRedis)
                    services.AddStackExchangeRedisOutputCache(options => options.Configuration = redis);

                break;
            case Candidate.Redis or Candidate.Near:
                services.AddRedisExpiringCache(options =>
                {
                    options.Configuration = redis;
                    options.InstanceName = $"{candidate}:";

                    // The responses speak for themselves, as behind the proxies that it is compared with.
                    options.ResponseCaching.Scope = ResponseCachingScope.AllResponses;

                    // A hit that is slow is to be seen as one, and not as an answer of the app.
                    options.OperationTimeout = options.ResponseCaching.OperationTimeout = TimeSpan.FromSeconds(30);
                    options.NearCache.Enabled = candidate == Candidate.Near;
                });
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(candidate));
        }
    }

    private static void UseCache(WebApplication app, Candidate candidate)
    {
        if (candidate == Candidate.ResponseCaching)
            app.UseResponseCaching();
        else if (candidate is Candidate.OutputCaching or Candidate.OutputCachingOnRedis)
            app.UseOutputCache();
        else if (candidate is Candidate.Redis or Candidate.Near)
            app.UseRedisExpiringCache();
    }
}
