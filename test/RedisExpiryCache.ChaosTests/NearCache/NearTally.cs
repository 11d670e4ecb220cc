using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace RedisExpiryCache.ChaosTests.NearCache;

/// <summary>What was read in this process, and what of it was too old: out of date for longer than is promised.</summary>
internal sealed class NearTally : IDisposable
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(1);

    private const int ViolationsKept = 10;

    private readonly VersionBoard _board;
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<string> _first = [];
    private long _reads;
    private long _nearHits;
    private long _failures;
    private long _violations;
    private long _worstTicks;

    /// <param name="board">What is true.</param>
    /// <param name="meterFactory">Of the cache whose near hits count; null: none do.</param>
    public NearTally(VersionBoard board, object? meterFactory = null)
    {
        _board = board;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (meterFactory is not null && instrument.Meter.Scope == meterFactory
                && instrument.Name is "redis_expiry_cache.data.operations" or "redis_expiry_cache.response.requests")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            foreach (var tag in tags)
            {
                if (tag is { Key: "level", Value: "near" })
                    Interlocked.Increment(ref _nearHits);
            }
        });
        _listener.Start();
    }

    public long NearHits => Interlocked.Read(ref _nearHits);

    public NearReport Report => new(
        Interlocked.Read(ref _reads), NearHits, Interlocked.Read(ref _failures), Interlocked.Read(ref _violations), new TimeSpan(Interlocked.Read(ref _worstTicks)).TotalMilliseconds, [.. _first]);

    /// <summary>What was found near so far does not count.</summary>
    public void Begin() => Interlocked.Exchange(ref _nearHits, 0);

    /// <summary>Redis was away, which is told to who reads data.</summary>
    public void Failed() => Interlocked.Increment(ref _failures);

    /// <summary>A read that found nothing: there is always that.</summary>
    public void FoundNothing() => Interlocked.Increment(ref _reads);

    /// <param name="thing">What was read.</param>
    /// <param name="text">What it gave.</param>
    /// <param name="began">When the read did, as a timestamp.</param>
    /// <param name="bound">How long that may be out of date.</param>
    public void Found(int thing, string text, long began, TimeSpan bound)
    {
        Interlocked.Increment(ref _reads);
        if (Things.VersionIn(thing, text) is not { } version)
        {
            Wrong($"'{text}' under {Things.NameOf(thing)}.");
            return;
        }

        var stale = _board.StalenessOf(thing, version, began);
        if (stale > bound)
        {
            var took = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            Wrong($"'{text}' by a read that began {stale.TotalMilliseconds:0.0} ms after a newer one was acknowledged and took {took:0.0} ms; the newest is {_board.Current(thing)}.");
        }

        for (var seen = Interlocked.Read(ref _worstTicks); stale.Ticks > seen; seen = Interlocked.Read(ref _worstTicks))
            Interlocked.CompareExchange(ref _worstTicks, stale.Ticks, seen);
    }

    public void Wrong(string how)
    {
        if (Interlocked.Increment(ref _violations) <= ViolationsKept)
            _first.Enqueue(how);
    }

    public void Dispose() => _listener.Dispose();
}

/// <param name="Reads">That were answered, be it that there is nothing.</param>
/// <param name="NearHits">Those of them that were answered by this process's own copy.</param>
/// <param name="Failures">Reads that threw, because Redis was away.</param>
/// <param name="Violations">Reads that gave what had been out of date for too long, or something else's text.</param>
/// <param name="WorstMs">How long what was read had been out of date at most.</param>
/// <param name="FirstViolations">Some of them.</param>
internal sealed record NearReport(long Reads, long NearHits, long Failures, long Violations, double WorstMs, string[] FirstViolations)
{
    public override string ToString() => $"{Reads} reads, {NearHits} near hits, {Failures} failed, {Violations} violations, at worst {WorstMs:0.0} ms out of date";
}
