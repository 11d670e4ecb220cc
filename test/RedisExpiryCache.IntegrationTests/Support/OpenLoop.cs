using System.Collections.Concurrent;
using System.Diagnostics;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>
/// Clients that ask at their own pace, however long the answers take: one that waited for the answer before would ask a slow server less often, and so measure it as faster
/// than it is. Each answer's time counts from when its request was due.
/// </summary>
internal static class OpenLoop
{
    /// <summary>A request that was answered, or failed (no status).</summary>
    /// <param name="Due">When it was to be sent, since the beginning.</param>
    /// <param name="Took">Until its answer was read.</param>
    /// <param name="Status">Null: an exception in place of an answer.</param>
    public sealed record Sample(TimeSpan Due, TimeSpan Took, int? Status);

    public static async Task<IReadOnlyList<Sample>> RunAsync(CachedApp app, string path, int perSecond, TimeSpan duration)
    {
        var samples = new ConcurrentQueue<Sample>();
        var total = (int)(perSecond * duration.TotalSeconds);
        var requests = new List<Task>(total);
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < total; i++)
        {
            var due = TimeSpan.FromSeconds((double)i / perSecond);
            if (due > watch.Elapsed)
                await Task.Delay(due - watch.Elapsed, TimeProvider.System);

            requests.Add(AskAsync(due));
        }

        await Task.WhenAll(requests);
        return [.. samples.OrderBy(static sample => sample.Due)];

        async Task AskAsync(TimeSpan due)
        {
            int? status = null;
            try
            {
                status = (int)(await app.GetAsync(path)).Status;
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                // No answer: so it has no status.
            }

            samples.Enqueue(new Sample(due, watch.Elapsed - due, status));
        }
    }
}
