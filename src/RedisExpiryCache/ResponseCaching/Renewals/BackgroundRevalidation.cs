using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using RedisExpiryCache.ResponseCaching.Collapsing;
using RedisExpiryCache.ResponseCaching.Keys;
using RedisExpiryCache.ResponseCaching.Lookup;

namespace RedisExpiryCache.ResponseCaching.Renewals;

/// <summary>
/// Renews stored responses while clients are served with them (RFC 5861 3), by requests that run through the application's whole pipeline.
/// </summary>
/// <remarks>
/// One node at a time (<see cref="RequestCollapser"/>), not again for a while where the origin has failed, and not in the background where
/// the pipeline does not bring the request back to the same key. Failure policy: what goes wrong is logged.
/// </remarks>
internal sealed class BackgroundRevalidation(
    RequestCollapser collapser, ResponseKeys keys, RenewalPipeline pipeline, ResponseCacheTelemetry report, IServiceProvider services,
    TimeProvider time) : IHostedService, IDisposable
{
    /// <summary>After this a renewal is aborted.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>An application that does not end an aborted renewal within this time no longer holds the resource.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource stopping = new();
    private readonly ConcurrentDictionary<string, Task> underWay = new(StringComparer.Ordinal);
    private readonly RenewalSlots slots = new();
    private readonly RenewalFailures failures = new(time);
    private bool disposed;

    /// <summary>Resources that are being renewed.</summary>
    public int Count => underWay.Count;

    /// <summary>Pages of which so many renewals are under way that no further one may start.</summary>
    public int FullPages => slots.FullPages;

    /// <summary>Starts a renewal, unless one is under way or has failed a moment ago.</summary>
    /// <param name="exchange">The client's request.</param>
    /// <param name="lookup">What it has found.</param>
    /// <param name="place">What follows the response cache.</param>
    /// <param name="renewed">When the fresh response that is to be renewed came; null: it is stale.</param>
    /// <returns>False: the response has to be revalidated in the foreground.</returns>
    public bool TryStart(ResponseCacheContext exchange, LookupResult lookup, RequestDelegate place, DateTimeOffset? renewed)
    {
        var resource = exchange.Question.Target.Digest;
        if (failures.IsTooSoon(resource, out var isForeground))
            return !isForeground;

        if (!pipeline.TryFindOriginal(exchange.Context, out var original))
            return false;

        if (original is null || stopping.IsCancellationRequested
            || underWay.ContainsKey(resource) || collapser.IsUnderWay(exchange, lookup))
            return true;

        // Requests without an endpoint are one page: their paths are the client's choice.
        object page = exchange.Context.GetEndpoint() ?? (object)this;
        if (!slots.TryTake(page))
        {
            report.RenewalsFull(exchange.Context.GetEndpoint()?.DisplayName ?? "requests without an endpoint", RenewalSlots.MostPerPage);
            return true;
        }

        var renewal = new Renewal(place, VariantKey.Of(exchange.Question, keys, lookup.Url?.Names ?? []), renewed);
        var request = new BackgroundRequest(original, exchange.Context.TraceIdentifier, renewal);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var run = new Run(resource, exchange.Path, request, renewal, ended);
        if (underWay.TryAdd(resource, ended.Task))
            Begin(() => RunAsync(run), page);
        else
            slots.Release(page);

        return true;
    }

    /// <summary>Prepares for renewals, before the first one is needed.</summary>
    public void Prepare() => pipeline.StartCapturing();

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Aborts all renewals and awaits their end, for a moment.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await stopping.CancelAsync();
        await Task.WhenAll(underWay.Values).WaitAsync(Grace, TimeProvider.System, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>As stopping does, for a host that is disposed of without being stopped. Containers may call it twice.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, true))
            return;

        // Not disposed of: renewals that the application has not ended are still registered.
        stopping.Cancel();
    }

    private void Begin(Func<Task> run, object page)
    {
        // Nothing of the client's request flows along: it may be over at any moment.
        using (ExecutionContext.SuppressFlow())
        {
            _ = Task.Run(async () =>
            {
                try
                {
                    await run();
                }
                finally
                {
                    slots.Release(page);
                }
            });
        }
    }

    private async Task RunAsync(Run run)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        using var abort = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token, limit.Token);
        run.Renewal.Begin(time, abort.Token);
        var execution = ExecuteAsync(run, abort.Token);
        try
        {
            await execution.WaitAsync(Limit + Grace, time);
            End(run, run.Renewal.Outcome);
        }
        catch (TimeoutException)
        {
            report.RenewalNotEnded(run.Path, Limit);
            End(run, RenewalOutcome.Failed);

            // The tokens are the application's for as long as it runs.
            await execution;
        }
    }

    /// <summary>Throws nothing: the application's exceptions are logged, however late.</summary>
    private async Task ExecuteAsync(Run run, CancellationToken token)
    {
        Exception? thrown = null;
        try
        {
            if (!await run.Request.RunAsync(services, pipeline.Application!, token))
                run.Renewal.Outcome = RenewalOutcome.Failed;
        }
        catch (Exception failure)
        {
            thrown = failure;
        }

        if ((run.Renewal.Failure ?? thrown) is { } toReport && !stopping.IsCancellationRequested)
            report.RenewalFailed(run.Path, toReport);
    }

    private void End(Run run, RenewalOutcome outcome)
    {
        if (!stopping.IsCancellationRequested)
        {
            if (outcome is RenewalOutcome.NotReached or RenewalOutcome.KeyDiffers)
                report.NotRenewable(run.Path, outcome);

            failures.Remember(run.Resource, outcome);
        }

        underWay.TryRemove(run.Resource, out _);
        run.Ended.SetResult();
    }

    private sealed record Run(string Resource, string Path, BackgroundRequest Request, Renewal Renewal, TaskCompletionSource Ended);
}
