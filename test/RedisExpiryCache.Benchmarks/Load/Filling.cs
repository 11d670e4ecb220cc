namespace RedisExpiryCache.Benchmarks.Load;

/// <summary>Many URLs, each asked for once.</summary>
internal static class Filling
{
    private const int AtOnce = 32;

    /// <summary>Asks for the numbers from zero below a path.</summary>
    /// <returns>How many there were time for: all numbers below it have been asked for.</returns>
    public static async Task<int> RunAsync(WebServer server, string path, int count, TimeSpan? time = null)
    {
        using var deadline = new CancellationTokenSource(time ?? Timeout.InfiniteTimeSpan, TimeProvider.System);
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async _ =>
        {
            while (!deadline.IsCancellationRequested && Interlocked.Increment(ref next) is var number && number < count)
                await server.GetAsync($"{path}/{number}", CancellationToken.None);
        }));
        return Math.Min(next + 1, count);
    }
}
