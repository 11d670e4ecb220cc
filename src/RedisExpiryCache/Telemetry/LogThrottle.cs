using RedisExpiryCache.Concurrency;

namespace RedisExpiryCache.Telemetry;

/// <summary>Bounds the lines of one kind of event: each subject once per minute, and a number of subjects per minute in all.</summary>
/// <remarks>What is not logged is counted, and the next line of its kind tells the count. Metrics count every event.</remarks>
internal sealed class LogThrottle(TimeProvider? time = null)
{
    /// <summary>So many subjects (paths, keys, tags) of one kind are named per minute.</summary>
    public const int MostLines = 20;

    private const int RememberedKinds = 1_000;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly TimeProvider time = time ?? TimeProvider.System;
    private readonly Lock gate = new();
    private readonly BoundedCache<Kind> kinds = new(RememberedKinds);

    private sealed class Kind
    {
        public readonly Dictionary<string, long> Lines = new(StringComparer.Ordinal);
        public long Suppressed;
    }

    /// <summary>Whether a line is due.</summary>
    /// <param name="kind">What has happened, from a small set of texts.</param>
    /// <param name="suppressed">How many events of the kind were not logged since its last line.</param>
    /// <param name="subject">What it has happened to.</param>
    public bool IsDue(string kind, out long suppressed, string subject = "")
    {
        lock (gate)
        {
            var known = kinds.Find(kind);
            if (known is null)
                kinds.Remember(kind, known = new Kind());

            var now = time.GetTimestamp();
            if (!TryAdd(known.Lines, subject, now))
            {
                known.Suppressed++;
                suppressed = 0;
                return false;
            }

            suppressed = known.Suppressed;
            known.Suppressed = 0;
            return true;
        }
    }

    /// <summary>For an event whose line tells no count.</summary>
    public bool IsDue(string kind) => IsDue(kind, out _);

    private bool TryAdd(Dictionary<string, long> lines, string subject, long now)
    {
        if (lines.TryGetValue(subject, out var last) && time.GetElapsedTime(last, now) < Interval)
            return false;

        if (lines.Count >= MostLines)
        {
            foreach (var (logged, at) in lines)
            {
                if (time.GetElapsedTime(at, now) >= Interval)
                    lines.Remove(logged);
            }
        }

        if (lines.Count >= MostLines && !lines.ContainsKey(subject))
            return false;

        lines[subject] = now;
        return true;
    }
}
