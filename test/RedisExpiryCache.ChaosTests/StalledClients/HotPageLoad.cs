using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.ChaosTests.StalledClients;

/// <summary>What HTTP/2 clients with a window of zero request beside a hot page.</summary>
internal enum Attack
{
    None,
    OtherSpellings,
    OtherVariants,
}

/// <summary>What a load of a hot page has shown.</summary>
internal sealed class HotPageOutcome
{
    private readonly List<TimeSpan> _times = [];
    private readonly List<string> _misses = [];

    public int Hits => _times.Count - _misses.Count;

    public int Stalled { get; set; }

    public void Add(List<TimeSpan> times, List<string> misses)
    {
        _times.AddRange(times);
        _misses.AddRange(misses);
    }

    public override string ToString()
    {
        TimeSpan[] sorted = [.. _times.Order()];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{sorted.Length,6} answers, {Hits,6} hits, p50 {At(50):0.0} ms, p99 {At(99):0.0} ms, {Stalled} stalled streams{Misses()}");

        string Misses() => string.Concat(_misses.CountBy(static miss => miss).Select(static miss => $"; {miss.Value} {miss.Key}"));

        double At(int percent) => sorted.Length == 0 ? 0 : sorted[sorted.Length * percent / 100].TotalMilliseconds;
    }
}

/// <summary>Eight clients read a hot page, while other clients request it in other spellings or variants and do not read.</summary>
internal sealed class HotPageLoad(StalledPages pages, string path)
{
    private const int Readers = 8, LettersOfPath = 9;
    private const string Query = "?a=1&b=2", OtherQuery = "?b=2&a=1";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private int _stalled;

    /// <summary>Returns once the page is a hit.</summary>
    public async Task WarmAsync(HttpClient client)
    {
        for (var isHit = false; !isHit;)
        {
            using var end = new CancellationTokenSource(Pause);
            var (times, misses) = await ReadAsync(client, path + Query, end.Token);
            isHit = misses.Count < times.Count;
        }
    }

    public async Task RunAsync(HttpClient client, Attack attack, TimeSpan time, HotPageOutcome outcome)
    {
        using var end = new CancellationTokenSource(time);
        var attacking = attack == Attack.None ? Task.FromResult(0) : Task.Run(() => AttackAsync(attack, end.Token));
        var reading = Enumerable.Range(0, Readers).Select(_ => Task.Run(() => ReadAsync(client, path + Query, end.Token)));
        foreach (var (times, misses) in await Task.WhenAll(reading))
            outcome.Add(times, misses);

        outcome.Stalled += await attacking;
    }

    private static async Task<(List<TimeSpan> Times, List<string> Misses)> ReadAsync(HttpClient client, string path, CancellationToken end)
    {
        var (times, misses) = (new List<TimeSpan>(), new List<string>());
        while (!end.IsCancellationRequested)
        {
            var began = Stopwatch.GetTimestamp();
            using var response = await client.GetAsync(new Uri(path, UriKind.Relative), CancellationToken.None);
            times.Add(Stopwatch.GetElapsedTime(began));
            var status = response.Headers.NonValidated["Cache-Status"].ToString();
            if (!status.StartsWith("RedisExpiryCache; hit", StringComparison.Ordinal))
                misses.Add(status);
        }

        return (times, misses);
    }

    private async Task<int> AttackAsync(Attack attack, CancellationToken end)
    {
        List<StalledClient> stalled = [];
        while (!end.IsCancellationRequested)
        {
            var number = ++_stalled;
            var language = string.Create(CultureInfo.InvariantCulture, $"x{number}");
            stalled.Add(await (attack == Attack.OtherVariants
                ? pages.StallAsync(HttpProtocols.Http2, path + Query, ("accept-language", language))
                : pages.StallAsync(HttpProtocols.Http2, SpellingOf(number))));
            await Task.Delay(Pause, TimeProvider.System, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        stalled.ForEach(static one => one.Dispose());
        return stalled.Count;
    }

    /// <summary>The bits of the number choose the letter case of the path; the lowest one, the order of the query.</summary>
    private string SpellingOf(int number)
    {
        var letters = path.ToLowerInvariant().ToCharArray();
        for (var bit = 1; bit < LettersOfPath; bit++)
        {
            if ((number >> bit & 1) != 0)
                letters[bit] = char.ToUpperInvariant(letters[bit]);
        }

        return new string(letters) + (number % 2 == 0 ? Query : OtherQuery);
    }
}
