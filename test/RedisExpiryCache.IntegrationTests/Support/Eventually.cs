using System.Diagnostics;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>For what a real server or another process decides: poll with a deadline instead of sleeping and hoping.</summary>
public static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <param name="what">Completes the sentence "Waited in vain for …".</param>
    public static async Task True(Func<Task<bool>> condition, TimeSpan within, string what)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed >= within)
            {
                Assert.Fail($"Waited in vain for {what} ({within.TotalSeconds:0.###} s).");
            }

            await Task.Delay(Pause, TimeProvider.System);
        }
    }

    /// <inheritdoc cref="True(Func{Task{bool}}, TimeSpan, string)"/>
    public static Task True(Func<bool> condition, TimeSpan within, string what) =>
        True(() => Task.FromResult(condition()), within, what);
}
