using System.Diagnostics;
using StackExchange.Redis;
using Xunit.Sdk;

namespace RedisExpiryCache.ChaosTests.Topologies;

/// <summary>
/// A story comes true again some time after a failover. It is told until then: an acknowledged write may be lost in one, and on a busy machine servers
/// see another failure where there was none.
/// </summary>
internal static class AfterFailover
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task ComesTrueAsync(Func<Task> tell)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await tell();
                return;
            }
            catch (Exception notYet) when (notYet is XunitException or RedisException or TimeoutException && watch.Elapsed < Patience)
            {
                TestContext.Current.SendDiagnosticMessage("Not yet: {0}", notYet.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, TestContext.Current.CancellationToken);
            }
        }
    }
}
