using System.Collections.Concurrent;
using System.Globalization;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.ChaosTests.Staleness;

/// <summary>
/// Pages with versions that only grow, as an app's database would have them. Once an eviction has returned, every version below the one that it was made for is
/// too old, for each read that begins later; an eviction that threw has promised nothing.
/// </summary>
internal sealed class StaleChecker(int pages)
{
    private const int ViolationsKept = 20;

    private readonly int[] _versions = new int[pages];
    private readonly int[] _evictedBelow = new int[pages];
    private readonly ConcurrentQueue<string> _violations = [];
    private long _reads;
    private long _hits;
    private long _acknowledged;
    private long _refused;
    private long _violationCount;

    public int Pages => pages;

    public long Reads => Interlocked.Read(ref _reads);

    public long Hits => Interlocked.Read(ref _hits);

    /// <summary>Evictions that returned.</summary>
    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    /// <summary>Evictions that threw.</summary>
    public long RefusedEvictions => Interlocked.Read(ref _refused);

    public long Violations => Interlocked.Read(ref _violationCount);

    /// <summary>The first of them.</summary>
    public IReadOnlyList<string> FirstViolations => [.. _violations];

    /// <summary>What the app makes a page from.</summary>
    public string Body(int page, string kind) => string.Create(CultureInfo.InvariantCulture, $"page {page} {kind} version {Volatile.Read(ref _versions[page])}");

    /// <summary>Something changes, and is then evicted.</summary>
    public async Task ChangeAsync(IReadOnlyCollection<int> changed, Func<Task> evict)
    {
        var versions = changed.ToDictionary(page => page, page => Interlocked.Increment(ref _versions[page]));
        try
        {
            await evict();
        }
        catch (Exception failure) when (failure is StackExchange.Redis.RedisException or TimeoutException)
        {
            Interlocked.Increment(ref _refused);
            return;
        }

        foreach (var (page, version) in versions)
            Raise(ref _evictedBelow[page], version);

        Interlocked.Increment(ref _acknowledged);
    }

    /// <summary>A request from its beginning to its end, and what is wrong with its answer, if anything.</summary>
    public async Task ReadAsync(int page, string kind, Func<Task<Answer>> request)
    {
        var atLeast = Volatile.Read(ref _evictedBelow[page]);
        Answer answer;
        try
        {
            answer = await request();
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
        {
            Violated($"page {page}: no answer. {failure}");
            return;
        }

        Interlocked.Increment(ref _reads);
        if (answer.IsHit)
            Interlocked.Increment(ref _hits);

        var (start, status) = ($"page {page} {kind} version ", (int)answer.Status);
        if (status != 200 || !answer.Body.StartsWith(start, StringComparison.Ordinal))
            Violated($"{status} '{answer.Body}' for page {page} {kind} ({answer.CacheStatus}).");
        else if (int.Parse(answer.Body.AsSpan(start.Length), CultureInfo.InvariantCulture) is var version && version < atLeast)
            Violated($"'{answer.Body}' ({answer.CacheStatus}) after the eviction of everything below version {atLeast} had returned.");
    }

    public void Violated(string how)
    {
        if (Interlocked.Increment(ref _violationCount) <= ViolationsKept)
            _violations.Enqueue(how);
    }

    private static void Raise(ref int value, int atLeast)
    {
        for (var seen = Volatile.Read(ref value); seen < atLeast;)
        {
            var before = Interlocked.CompareExchange(ref value, atLeast, seen);
            if (before == seen)
                return;

            seen = before;
        }
    }
}
