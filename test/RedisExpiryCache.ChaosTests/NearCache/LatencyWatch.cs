using System.Diagnostics;
using System.Text;
using StackExchange.Redis;

namespace RedisExpiryCache.ChaosTests.NearCache;

/// <summary>Looks at one entry all the time, and says how long after the acknowledgement of each version it saw that.</summary>
internal sealed class LatencyWatch(NearApp app) : IDisposable
{
    private readonly List<(long Version, long SeenAt)> _sightings = [];
    private Thread? _watching;
    private volatile bool _isOver;

    public void Begin()
    {
        _isOver = false;
        _sightings.Clear();
        _watching = new Thread(Watch) { IsBackground = true };
        _watching.Start();
    }

    public NearLatency End()
    {
        Dispose();
        double[] late = [.. _sightings.Select(LatencyOf).OfType<double>().Order()];
        return late.Length == 0 ? new NearLatency(0, 0, 0) : new NearLatency(late.Length, late[late.Length / 2], late[(int)(late.Length * 0.99)]);
    }

    public void Dispose()
    {
        _isOver = true;
        _watching?.Join();
    }

    private void Watch()
    {
        var last = app.Board.Current(Things.Watched);
        while (!_isOver)
        {
            var version = Look();
            var now = Stopwatch.GetTimestamp();
            if (version > last)
                _sightings.Add((last = version.Value, now));
            else
                Thread.Yield();
        }
    }

    private long? Look()
    {
        try
        {
            return app.Cache.Get(Things.NameOf(Things.Watched)) is { } bytes ? Things.VersionIn(Things.Watched, Encoding.UTF8.GetString(bytes)) : null;
        }
        catch (Exception failure) when (failure is RedisException or TimeoutException)
        {
            return null;
        }
    }

    /// <summary>Zero where it was seen before the writer itself knew.</summary>
    private double? LatencyOf((long Version, long SeenAt) sighting) => app.Board.AcknowledgedAt(Things.Watched, sighting.Version) is { } acknowledged
        ? Math.Max(0, Stopwatch.GetElapsedTime(acknowledged, sighting.SeenAt).TotalMilliseconds)
        : null;
}

/// <param name="Count">Of the changes that were seen.</param>
/// <param name="MedianMs">From a write's acknowledgement to the first read that shows it.</param>
/// <param name="P99Ms">One in a hundred took longer.</param>
internal sealed record NearLatency(int Count, double MedianMs, double P99Ms)
{
    public override string ToString() => $"{Count} changes seen {MedianMs:0.00} ms after their acknowledgement at the median, {P99Ms:0.00} ms at the 99th percentile";
}
