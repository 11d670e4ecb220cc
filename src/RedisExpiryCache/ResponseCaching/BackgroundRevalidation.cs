using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using RedisExpiryCache.Redis;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>
/// Renews stored responses while clients are served with them (RFC 5861 3), by requests that run through the application's whole pipeline.
/// </summary>
/// <remarks>
/// One node at a time (<see cref="RequestCollapser"/>), not again for a while where the origin has failed, and not in the background where
/// the pipeline does not bring the request back to the same key. Failure policy: what goes wrong is logged.
/// </remarks>
internal sealed class BackgroundRevalidation(
    RequestCollapser collapser, ResponseKeys keys, RenewalPipeline pipeline, ResponseReport report, IServiceProvider services,
    TimeProvider time)
    : IHostedService, IDisposable
{
    /// <summary>More than this are not under way at a time; whatever is asked for next will be stale still.</summary>
    public const int MostAtOnce = 32;

    private const int RememberedFailures = 10_000, LongestBackoffDoublings = 6;

    /// <summary>After this a renewal is given up.</summary>
    public static readonly TimeSpan LongestCall = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan FirstBackoff = TimeSpan.FromSeconds(1);

    /// <summary>For so long a page that cannot be renewed in the background is revalidated in the foreground.</summary>
    private static readonly TimeSpan ForegroundPeriod = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource stopping = new();
    private readonly ConcurrentDictionary<string, Task> underWay = new(StringComparer.Ordinal);
    private readonly Recent<Failure> failures = new(RememberedFailures);
    private bool disposed;

    /// <param name="Times">In a row.</param>
    /// <param name="NotBefore">When the next renewal may begin.</param>
    /// <param name="IsForeground">Until then the page is revalidated in the foreground.</param>
    private sealed record Failure(int Times, DateTimeOffset NotBefore, bool IsForeground = false);

    /// <summary>How many are under way.</summary>
    public int Count => underWay.Count;

    /// <summary>Starts a renewal, unless one is under way or has failed a moment ago.</summary>
    /// <param name="exchange">The client's request.</param>
    /// <param name="lookup">What it has found.</param>
    /// <param name="place">What follows the response cache.</param>
    /// <param name="renewed">When the fresh response that is to be renewed came; null: it is stale.</param>
    /// <returns>False: the response has to be revalidated in the foreground.</returns>
    public bool TryStart(Exchange exchange, Lookup lookup, RequestDelegate place, DateTimeOffset? renewed)
    {
        var resource = exchange.Question.Target.Digest;
        if (failures.Find(resource) is { } failure && failure.NotBefore > time.GetUtcNow())
            return !failure.IsForeground;

        if (!pipeline.TryFindOriginal(exchange.Context, out var original))
            return false;

        if (original is null || stopping.IsCancellationRequested || underWay.Count >= MostAtOnce
            || underWay.ContainsKey(resource) || collapser.IsUnderWay(exchange, lookup))
            return true;

        var renewal = new Renewal(place, VariantKey.Of(exchange.Question, keys, lookup.Url?.Names ?? []), renewed);
        var request = new BackgroundRequest(original, exchange.Context.TraceIdentifier, renewal);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!underWay.TryAdd(resource, begun.Task))
            return true;

        var path = exchange.Path;

        // Nothing of the client's request flows along: it may be over at any moment.
        using (ExecutionContext.SuppressFlow())
        {
            _ = Task.Run(async () =>
            {
                try
                {
                    await RunAsync(resource, path, request, renewal);
                }
                finally
                {
                    underWay.TryRemove(resource, out _);
                    begun.SetResult();
                }
            });
        }

        return true;
    }

    /// <summary>Prepares for renewals, before the first one is needed.</summary>
    public void Prepare() => pipeline.StartCapturing();

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Cancels what is under way, and waits for it as long as the host does.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await stopping.CancelAsync();
        await Task.WhenAll(underWay.Values).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>As stopping does, for an app that is thrown away without being stopped. Containers may call it twice.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, true))
            return;

        stopping.Cancel();
        stopping.Dispose();
    }

    private async Task RunAsync(string resource, string path, BackgroundRequest request, Renewal renewal)
    {
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
            limit.CancelAfter(LongestCall);
            if (!await request.RunAsync(services, pipeline.Application!, limit.Token))
                renewal.Outcome = RenewalOutcome.Failed;
        }
        catch (Exception failure)
        {
            renewal.Failure ??= failure;
        }

        if (stopping.IsCancellationRequested)
            return;

        if (renewal.Failure is { } thrown)
            report.RenewalFailed(path, thrown);

        Remember(resource, path, renewal.Outcome);
    }

    private void Remember(string resource, string path, RenewalOutcome outcome)
    {
        var before = failures.Find(resource);
        switch (outcome)
        {
            case RenewalOutcome.NotNeeded or RenewalOutcome.Done when before is null:
            case RenewalOutcome.NotNeeded:
                return;
            case RenewalOutcome.Done:
                failures.Remember(resource, new Failure(0, default));
                return;
            case RenewalOutcome.Failed:
                var times = (before?.Times ?? 0) + 1;
                var backoff = FirstBackoff * (1 << Math.Min(times - 1, LongestBackoffDoublings));
                failures.Remember(resource, new Failure(times, time.GetUtcNow() + backoff));
                return;
            default:
                report.NotRenewable(path, outcome);
                failures.Remember(resource, new Failure(before?.Times ?? 0, time.GetUtcNow() + ForegroundPeriod, IsForeground: true));
                return;
        }
    }
}
