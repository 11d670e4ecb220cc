using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>What one app's meter measured.</summary>
internal sealed class RecordedMetrics : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<(string Instrument, IReadOnlyDictionary<string, string?> Tags)> _measured = [];

    public RecordedMetrics(IServiceProvider services)
    {
        var factory = services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "RedisExpiryCache" && ReferenceEquals(instrument.Meter.Scope, factory))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Add(instrument, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Add(instrument, tags));
        _listener.Start();
    }

    /// <summary>How often an instrument measured something with these tags, such as <c>("outcome", "hit")</c>.</summary>
    public int Count(string instrument, params (string Name, string? Value)[] tags) => _measured.Count(one =>
        one.Instrument == $"redis_expiry_cache.{instrument}" && tags.All(tag => one.Tags.GetValueOrDefault(tag.Name) == tag.Value));

    public void Dispose() => _listener.Dispose();

    private void Add(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var values = new Dictionary<string, string?>();
        foreach (var (name, value) in tags)
        {
            values[name] = value?.ToString();
        }

        _measured.Enqueue((instrument.Name, values));
    }
}
