using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Hosting;
using RedisExpiryCache.Redis;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>
/// Asks the app for stored responses anew while clients go on being served with them (RFC 5861 3): by a request of our own, in a service scope of its
/// own, that no client can cut short; one node at a time (<see cref="RequestCollapser"/>), and not again for a while where the app has failed. Stops
/// when the host does.
/// <para>Failure policy: what goes wrong is logged; nobody waits for it.</para>
/// </summary>
internal sealed class BackgroundRevalidation(RequestCollapser collapser, ResponseReport report, IServiceProvider services, TimeProvider time) : IHostedService, IDisposable
{
    /// <summary>More than this are not under way at a time; whatever is asked for next will be stale still.</summary>
    public const int MostAtOnce = 32;

    private const int RememberedFailures = 10_000, LongestBackoffDoublings = 6;

    /// <summary>After this a renewal is given up.</summary>
    public static readonly TimeSpan LongestCall = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan FirstBackoff = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource stopping = new();
    private readonly ConcurrentDictionary<string, Task> underWay = new(StringComparer.Ordinal);
    private readonly Recent<Failure> failures = new(RememberedFailures);
    private bool disposed;

    private sealed record Failure(int Times, DateTimeOffset NotBefore);

    /// <summary>How many are under way.</summary>
    public int Count => underWay.Count;

    /// <summary>Begins to renew what a request has found; does nothing where somebody is at it, or it has failed a moment ago.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="lookup">What it has found.</param>
    /// <param name="renew">Answers the request that it is given; false: the app has failed; null: it was not asked.</param>
    public void Start(Exchange exchange, Lookup lookup, Func<HttpContext, Task<bool?>> renew)
    {
        var resource = exchange.Question.Target.Digest;
        if (stopping.IsCancellationRequested || underWay.Count >= MostAtOnce || failures.Find(resource)?.NotBefore > time.GetUtcNow()
            || underWay.ContainsKey(resource) || collapser.IsUnderWay(exchange, lookup))
            return;

        var request = new BackgroundRequest(exchange.Context);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!underWay.TryAdd(resource, begun.Task))
            return;

        var culture = (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture);

        // Nothing of the client's request flows along: what hangs on it may be gone at any moment.
        using (ExecutionContext.SuppressFlow())
        {
            _ = Task.Run(async () =>
            {
                (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = culture;
                try
                {
                    await RunAsync(resource, request, renew);
                }
                finally
                {
                    underWay.TryRemove(resource, out _);
                    begun.SetResult();
                }
            });
        }
    }

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

    private async Task RunAsync(string resource, BackgroundRequest request, Func<HttpContext, Task<bool?>> renew)
    {
        bool? succeeded = false;
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
            limit.CancelAfter(LongestCall);
            succeeded = await request.RunAsync(services, renew, limit.Token);
        }
        catch (Exception failure)
        {
            if (!stopping.IsCancellationRequested)
                report.RenewalFailed(request.Path, failure);
        }

        if (succeeded is null)
            return;

        if (succeeded.Value)
        {
            if (failures.Find(resource) is not null)
                failures.Remember(resource, new Failure(0, default));

            return;
        }

        var times = (failures.Find(resource)?.Times ?? 0) + 1;
        var backoff = FirstBackoff * (1 << Math.Min(times - 1, LongestBackoffDoublings));
        failures.Remember(resource, new Failure(times, time.GetUtcNow() + backoff));
    }
}
