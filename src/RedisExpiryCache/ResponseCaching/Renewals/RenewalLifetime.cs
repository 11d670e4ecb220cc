using Microsoft.AspNetCore.Http.Features;

namespace RedisExpiryCache.ResponseCaching.Renewals;

/// <summary>Aborts a renewal's request: at its limit, at shutdown, or by the application itself.</summary>
/// <remarks>
/// As on a server, callbacks that the application registers on RequestAborted do not run inside of the caller, and what they throw reaches
/// neither the timer of the limit nor the host's shutdown.
/// </remarks>
internal sealed class RenewalLifetime : IHttpRequestLifetimeFeature, IDisposable
{
    private readonly Lock gate = new();
    private readonly CancellationTokenSource source = new();
    private bool isOver;

    public RenewalLifetime() => RequestAborted = source.Token;

    public CancellationToken RequestAborted { get; set; }

    public bool IsAborted => source.IsCancellationRequested;

    public void Abort()
    {
        lock (gate)
        {
            if (!isOver)
                _ = ObserveAsync(source.CancelAsync());
        }
    }

    public void Dispose()
    {
        lock (gate)
            isOver = true;

        source.Dispose();
    }

    private static async Task ObserveAsync(Task cancelling) => await cancelling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
