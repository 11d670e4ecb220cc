using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>How a call of <see cref="FailingOrigin"/> fails.</summary>
public enum Failure
{
    Throws,
    AnswersWith500,
    AnswersWith429AndNoStore,
    ThrowsInTheBody,
    CutsTheBodyShort,
    Hangs,
}

/// <summary>A page whose calls fail as the test says, with counts of its calls and of the most at once.</summary>
internal sealed class FailingOrigin(RedisFixture fixture, Failure how, int failingCalls)
{
    public const int Followers = 100;

    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly Lock gate = new();
    private readonly HashSet<HttpContext> running = [];

    /// <summary>The first call that may fail waits here.</summary>
    public Gate First { get; } = new();

    /// <summary>Every call waits here.</summary>
    public Gate All { get; } = new();

    public int Calls { get; private set; }

    public int MostAtOnce { get; private set; }

    /// <summary>So many calls succeed before the first one that fails.</summary>
    public int HealthyCalls { get; init; }

    /// <summary>Otherwise it throws.</summary>
    public bool Answers499ToAbortedRequests { get; init; }

    /// <summary>Appended to <c>Cache-Control: max-age=60</c>.</summary>
    public string MoreCacheControl { get; init; } = "";

    public string? Vary { get; init; }

    public Task<CachedApp> StartAsync(AppSetup setup) =>
        CachedApp.StartAsync(fixture.Server, web => web.MapGet("/page", ServeAsync), setup);

    public static AppSetup Within(TimeSpan collapseTimeout, string? prefix = null) =>
        new() { Prefix = prefix, Options = options => options.ResponseCaching.CollapseTimeout = collapseTimeout };

    public static AppSetup WithoutRedis(TimeSpan collapseTimeout) => new()
    {
        ConnectionString = "127.0.0.1:1",
        Options = options =>
        {
            options.OperationTimeout = options.ResponseCaching.OperationTimeout = TimeSpan.FromMilliseconds(200);
            options.ResponseCaching.CollapseTimeout = collapseTimeout;
        },
    };

    public Task CalledAsync(int atLeast) => Eventually.True(() => Calls >= atLeast, Deadline, $"call {atLeast} of the origin");

    /// <summary>As if the clients of all calls in flight had left.</summary>
    public void AbortAll()
    {
        lock (gate)
        {
            foreach (var context in running)
                context.Abort();
        }
    }

    private async Task ServeAsync(HttpContext context)
    {
        int number;
        lock (gate)
        {
            number = ++Calls;
            running.Add(context);
            MostAtOnce = Math.Max(MostAtOnce, running.Count);
        }

        try
        {
            await AnswerAsync(context, number);
        }
        catch (OperationCanceledException) when (Answers499ToAbortedRequests)
        {
            context.Response.StatusCode = 499;
        }
        finally
        {
            lock (gate)
                running.Remove(context);
        }
    }

    private async Task AnswerAsync(HttpContext context, int number)
    {
        var aborted = context.RequestAborted;
        if (number == HealthyCalls + 1)
            await First.PassAsync(aborted);

        await All.PassAsync(aborted);

        // Long enough for calls that are made at once to overlap.
        await Task.Delay(TimeSpan.FromMilliseconds(30), TimeProvider.System, aborted);
        context.Response.Headers.CacheControl = $"max-age=60{MoreCacheControl}";
        context.Response.Headers.Vary = Vary;
        if (number > HealthyCalls && number - HealthyCalls <= failingCalls)
            await FailAsync(context);
        else
            await context.Response.WriteAsync($"page {number} {context.Request.Headers.AcceptLanguage}", aborted);
    }

    private async Task FailAsync(HttpContext context)
    {
        var response = context.Response;
        switch (how)
        {
            case Failure.AnswersWith500:
                response.Headers.CacheControl = default;
                response.StatusCode = 500;
                await response.WriteAsync("failed");
                break;
            case Failure.AnswersWith429AndNoStore:
                response.Headers.CacheControl = "no-store";
                response.StatusCode = 429;
                await response.WriteAsync("failed");
                break;
            case Failure.ThrowsInTheBody:
                await response.WriteAsync("first half");
                await response.Body.FlushAsync();
                throw new InvalidOperationException("The origin fails.");
            case Failure.CutsTheBodyShort:
                response.ContentLength = 1000;
                await response.WriteAsync("first half");
                break;
            case Failure.Hangs:
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
                break;
            default:
                throw new InvalidOperationException("The origin fails.");
        }
    }

    /// <summary>The status of a request, or null where its connection was cut.</summary>
    public static async Task<int?> StatusAsync(CachedApp app, params (string Name, string Value)[] fields)
    {
        try
        {
            return (int)(await app.GetAsync("/page", fields)).Status;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    public static Task<int?>[] Send(CachedApp app, int count = Followers) => [.. Enumerable.Range(0, count).Select(_ => StatusAsync(app))];
}
