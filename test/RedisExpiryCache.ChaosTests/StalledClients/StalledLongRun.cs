using System.Globalization;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.ChaosTests.StalledClients;

/// <summary>Clients that do not read, beside a hot page and in front of followers. See test/chaos.sh.</summary>
internal static class StalledLongRun
{
    public const string Option = "--stalled";

    private const int Rounds = 3;

    /// <summary>More than a server buffers of a response, so that the write of it waits for the client.</summary>
    private const int LengthOfHotPage = 300_000;

    /// <summary>Loads take turns of this length, so that they find the same machine.</summary>
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(500);

    private static readonly Attack[] Attacks = [Attack.None, Attack.OtherSpellings, Attack.OtherVariants];

    /// <returns>0 when the hot page has kept nine hits of ten, 1 when it has not, 2 for arguments that mean nothing.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is not ["--seconds", var text] || !double.TryParse(text, CultureInfo.InvariantCulture, out var seconds)
            || seconds is not (> 0 and < 1000))
        {
            await Console.Error.WriteLineAsync("Usage: test/chaos.sh --stalled --seconds 3");
            return 2;
        }

        var kept = true;
        foreach (var writing in Enum.GetValues<Writing>())
            kept &= await HotPageAsync(writing, TimeSpan.FromSeconds(seconds));

        foreach (var protocols in new[] { HttpProtocols.Http1, HttpProtocols.Http2 })
        {
            foreach (var writing in Enum.GetValues<Writing>())
                await FollowAsync(protocols, writing);
        }

        return kept ? 0 : 1;
    }

    private static async Task<bool> HotPageAsync(Writing writing, TimeSpan time)
    {
        var path = StalledPages.PathOf(writing, LengthOfHotPage);
        await using var server = await RedisServer.StartAsync();
        await using var pages = await StalledPages.StartAsync(server);
        using var client = pages.NewClient(HttpProtocols.Http1);
        var load = new HotPageLoad(pages, path);
        var hits = new int[Attacks.Length];
        for (var round = 0; round < Rounds; round++)
        {
            var outcomes = Attacks.Select(static _ => new HotPageOutcome()).ToArray();
            await load.WarmAsync(client);
            var turns = Attacks.Length * (int)Math.Ceiling(time / Turn);
            for (var turn = 0; turn < turns; turn++)
            {
                // Each load comes first as often as the others do.
                var index = (turn + turn / Attacks.Length) % Attacks.Length;
                await load.RunAsync(client, Attacks[index], Turn, outcomes[index]);
            }

            foreach (var (index, attack) in Attacks.Index())
            {
                hits[index] += outcomes[index].Hits;
                Console.WriteLine($"{path} {attack,-14} {outcomes[index]}");
            }
        }

        foreach (var (index, attack) in Attacks.Index().Skip(1))
        {
            var share = 100.0 * hits[index] / hits[0];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path} {attack}: {share:0.0} % of the hits"));
        }

        return hits.All(some => some >= 0.9 * hits[0]);
    }

    private static async Task FollowAsync(HttpProtocols protocols, Writing writing)
    {
        var length = protocols == HttpProtocols.Http2 ? 1_000_000 : 8_000_000;
        await using var server = await RedisServer.StartAsync();
        await using var pages = await StalledPages.StartAsync(server);
        using (var client = pages.NewClient(HttpProtocols.Http1))
            await client.GetByteArrayAsync(new Uri(StalledPages.PathOf(Writing.OneWrite, 1), UriKind.Relative));

        var outcome = await FollowerLoad.RunAsync(pages, protocols, StalledPages.PathOf(writing, length));
        Console.WriteLine($"{protocols}, {writing,-13} {length,10} bytes: {outcome}");
    }
}
