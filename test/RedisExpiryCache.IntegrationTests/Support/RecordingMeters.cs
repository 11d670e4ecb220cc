using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>A meter factory of the test's own, so that what other tests measure at the same time does not count.</summary>
public sealed class RecordingMeters : IMeterFactory
{
    private readonly ConcurrentQueue<Measurement> _measurements = [];
    private readonly ConcurrentBag<Meter> _meters = [];
    private readonly MeterListener _listener = new();

    public RecordingMeters()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == this)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.Start();
    }

    public sealed record Measurement(string Instrument, string? Unit, double Value, IReadOnlyDictionary<string, object?> Tags);

    public IReadOnlyList<Measurement> All => [.. _measurements];

    /// <summary>What was counted, as "operation outcome reason".</summary>
    public IReadOnlyList<string> Operations =>
    [
        .. All.Where(one => one.Instrument == "redis_expiry_cache.data.operations")
            .Select(one => $"{one.Tags["operation"]} {one.Tags["outcome"]} {one.Tags["reason"]}".TrimEnd()),
    ];

    /// <summary>How often an instrument measured something with these tags, such as <c>("outcome", "hit")</c>.</summary>
    public int Count(string instrument, params (string Name, string? Value)[] tags) => _measurements.Count(one =>
        one.Instrument == $"redis_expiry_cache.{instrument}" && tags.All(tag => one.Tags.GetValueOrDefault(tag.Name) as string == tag.Value));

    public Meter Create(MeterOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var meter = new Meter(options.Name, options.Version, options.Tags, scope: this);
        _meters.Add(meter);
        return meter;
    }

    public void Dispose()
    {
        _listener.Dispose();
        foreach (var meter in _meters)
        {
            meter.Dispose();
        }
    }

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        _measurements.Enqueue(new Measurement(instrument.Name, instrument.Unit, value, new Dictionary<string, object?>(tags.ToArray())));
}
