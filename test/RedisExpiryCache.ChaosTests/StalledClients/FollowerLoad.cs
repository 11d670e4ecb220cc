using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.ChaosTests.StalledClients;

/// <summary>What a load of followers has shown.</summary>
internal sealed record FollowerOutcome(int Calls, int Answered, TimeSpan First, TimeSpan Longest)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Calls,2} calls of the origin, {Answered} answered, {First.TotalSeconds:0.00} to {Longest.TotalSeconds:0.00} s");
}

/// <summary>Followers of a request whose client does not read.</summary>
internal static class FollowerLoad
{
    public const int Followers = 20;

    public static async Task<FollowerOutcome> RunAsync(StalledPages pages, HttpProtocols protocols, string path)
    {
        var before = pages.Calls;
        using var leader = await pages.StallAsync(protocols, path);
        while (pages.Calls == before)
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);

        using var client = pages.NewClient(protocols);
        var waits = await Task.WhenAll(Enumerable.Range(0, Followers).Select(_ => FollowAsync(client, path)));
        var answered = waits.Count(static wait => wait is not null);
        return new FollowerOutcome(pages.Calls - before, answered, waits.Min() ?? default, waits.Max() ?? default);
    }

    /// <returns>The time to the end of the answer; null: it was cut short.</returns>
    private static async Task<TimeSpan?> FollowAsync(HttpClient client, string path)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            await client.GetByteArrayAsync(new Uri(path, UriKind.Relative));
            return Stopwatch.GetElapsedTime(began);
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}
