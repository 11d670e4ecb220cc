using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.ChaosTests.Staleness;

/// <summary>Pages, clients that read them on every node of a service, and something that changes and evicts them all the time.</summary>
internal sealed class Traffic : IAsyncDisposable
{
    private const int Pages = 12;
    private const int ReadersOfEach = 3;

    private static readonly string[] Kinds = ["plain", "fancy"];

    private readonly CancellationTokenSource _end = new();
    private Task _running = Task.CompletedTask;

    public StaleChecker Checker { get; } = new(Pages);

    public void Map(WebApplication web)
    {
        web.MapGet("/quiet", [RedisResponseCache(Duration = 60)] () => "quiet");
        web.MapGet("/page/{page:int}", [RedisResponseCache(Duration = 60, Tags = ["page:{page}", "pages"], VaryByHeaderNames = ["X-Kind"])] async (int page, HttpContext context) =>
        {
            // What is read now may be outdated by the time it is sent.
            var body = Checker.Body(page, context.Request.Headers["X-Kind"].ToString());
            await PauseAsync(Random.Shared.Next(100) == 0 ? 150 : Random.Shared.Next(10));
            return body;
        });
    }

    public void Begin(IEnumerable<CachedApp> apps) => _running = Task.WhenAll(apps.SelectMany(ClientsOf));

    /// <summary>Throws what went wrong and is not a violation.</summary>
    public async Task StopAsync()
    {
        await _end.CancelAsync();
        await _running;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAny(_running);
        _end.Dispose();
    }

    private IEnumerable<Task> ClientsOf(CachedApp app)
    {
        for (var i = 0; i < ReadersOfEach; i++)
            yield return RepeatAsync(() => ReadAsync(app), mostMs: 6);

        yield return RepeatAsync(() => ChangeAsync(app), mostMs: 30);
        yield return RepeatAsync(() => UseDataAsync(app), mostMs: 20);
    }

    private async Task RepeatAsync(Func<Task> act, int mostMs)
    {
        // Off the caller's back: where all that is awaited is ready at once, this would not return.
        await Task.Yield();
        while (!_end.IsCancellationRequested)
        {
            await act();
            await PauseAsync(Random.Shared.Next(1, mostMs));
        }
    }

    private Task ReadAsync(CachedApp app)
    {
        var (page, kind) = (Random.Shared.Next(Pages), Kinds[Random.Shared.Next(Kinds.Length)]);
        return Checker.ReadAsync(page, kind, () => app.GetAsync($"/page/{page}", ("X-Kind", kind)));
    }

    private Task ChangeAsync(CachedApp app)
    {
        var page = Random.Shared.Next(Pages);
        return Random.Shared.Next(20) switch
        {
            0 => Checker.ChangeAsync([.. Enumerable.Range(0, Pages)], () => app.Control.EvictAllAsync().AsTask()),
            1 => Checker.ChangeAsync([.. Enumerable.Range(0, Pages)], () => app.Control.EvictByTagAsync("pages").AsTask()),
            < 10 => Checker.ChangeAsync([page], () => app.Control.EvictAsync($"/page/{page}").AsTask()),
            _ => Checker.ChangeAsync([page], () => app.Control.EvictByTagAsync($"page:{page}").AsTask()),
        };
    }

    /// <summary>What is read under a key was written for that key; that it may fail is the data cache's way.</summary>
    private async Task UseDataAsync(CachedApp app)
    {
        var cache = app.Services.GetRequiredService<IRedisExpiringCache>();
        var key = string.Create(CultureInfo.InvariantCulture, $"data-{Random.Shared.Next(20)}");
        try
        {
            if (Random.Shared.Next(3) == 0)
                await cache.SetAsync(key, new(Encoding.UTF8.GetBytes($"{key} {Some.Word()}")), Caches.Both(sliding: 30, relative: 60), Random.Shared.Next(2) == 0 ? [] : ["data"]);
            else if (Random.Shared.Next(10) == 0)
                await cache.RemoveByTagAsync("data");
            else if (await cache.GetAsync(key) is { } value && !Encoding.UTF8.GetString(value).StartsWith($"{key} ", StringComparison.Ordinal))
                Checker.Violated($"'{Encoding.UTF8.GetString(value)}' under {key}.");
        }
        catch (Exception failure) when (failure is RedisException or TimeoutException)
        {
            // Redis is away just now, which is what this is all about.
        }
    }

    private static Task PauseAsync(int ms) => Task.Delay(TimeSpan.FromMilliseconds(ms), TimeProvider.System);
}
