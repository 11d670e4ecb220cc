using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace RedisExpiryCache.Telemetry;

/// <summary>Where a hit was found, as the metrics and <c>Cache-Status</c> name it.</summary>
internal enum HitLevel
{
    /// <summary>Redis was asked.</summary>
    Redis,

    /// <summary>In this process.</summary>
    Near,
}

/// <summary>
/// The meter <c>RedisExpiryCache</c>: docs/observing.md lists its instruments. Durations are in seconds, as OpenTelemetry has them.
/// </summary>
internal sealed class CacheMetrics
{
    public const string MeterName = "RedisExpiryCache";

    private readonly Counter<long> dataOperations;
    private readonly Histogram<double> dataDuration;
    private readonly Counter<long> responseRequests;
    private readonly Histogram<double> lookupDuration;
    private readonly Counter<long> responseStores;
    private readonly Counter<long> evictions;
    private readonly Counter<long> outputOperations;
    private readonly Histogram<double> outputDuration;
    private readonly UpDownCounter<long> openCircuits;
    private readonly UpDownCounter<long> pendingEvictions;
    private readonly Counter<long> lostEvictions;
    private readonly UpDownCounter<long> nearActive;
    private readonly Counter<long> nearInvalidations;

    public CacheMetrics(IMeterFactory? factory)
    {
        var meter = factory?.Create(MeterName) ?? new Meter(MeterName);
        dataOperations = meter.CreateCounter<long>(
            "redis_expiry_cache.data.operations", "{operation}", "Calls of the data cache, by operation, outcome and reason.");
        dataDuration = meter.CreateHistogram<double>(
            "redis_expiry_cache.data.operation.duration", "s", "How long calls of the data cache took, by operation and outcome.");
        responseRequests = meter.CreateCounter<long>(
            "redis_expiry_cache.response.requests", "{request}", "Requests that met the response cache, by outcome and reason.");
        lookupDuration = meter.CreateHistogram<double>(
            "redis_expiry_cache.response.lookup.duration", "s", "How long looking up a stored response took, by outcome.");
        responseStores = meter.CreateCounter<long>(
            "redis_expiry_cache.response.stores", "{response}", "Responses of the app that were stored or not, by outcome and reason.");
        evictions = meter.CreateCounter<long>(
            "redis_expiry_cache.response.evictions", "{eviction}", "Evictions of stored responses, by what was named, outcome and reason.");
        outputOperations = meter.CreateCounter<long>(
            "redis_expiry_cache.output.operations", "{operation}", "Calls of the output cache's store, by operation, outcome and reason.");
        outputDuration = meter.CreateHistogram<double>(
            "redis_expiry_cache.output.operation.duration", "s", "How long calls of the output cache's store took, by operation and outcome.");
        openCircuits = meter.CreateUpDownCounter<long>(
            "redis_expiry_cache.circuits.open", "{circuit}", "Circuits to Redis servers that are open, by what they stand for.");
        pendingEvictions = meter.CreateUpDownCounter<long>(
            "redis_expiry_cache.evictions.pending", "{key}", "Redis keys that are still to be deleted, because Redis was away when they should have been.");
        lostEvictions = meter.CreateCounter<long>(
            "redis_expiry_cache.evictions.lost", "{key}", "Redis keys that should have been deleted and were more than can be remembered.");
        nearActive = meter.CreateUpDownCounter<long>(
            "redis_expiry_cache.near.active", "{cache}", "Near caches that are in use: 0 while Redis is not heard.");
        nearInvalidations = meter.CreateCounter<long>(
            "redis_expiry_cache.near.invalidations", "{message}", "What Redis has said to near caches: that a key has changed, or all have.");
    }

    public static long Start() => Stopwatch.GetTimestamp();

    public void DataOperation(long started, DataOperation operation, DataOutcome outcome, string? reason, HitLevel? level = null)
    {
        if (dataOperations.Enabled)
        {
            dataOperations.Add(
                1, Tag("operation", operation.Token()), Tag("outcome", outcome.Token()), Tag("reason", reason), Tag("level", level?.Token()));
        }

        if (dataDuration.Enabled)
            dataDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, Tag("operation", operation.Token()), Tag("outcome", outcome.Token()));
    }

    public void ResponseRequest(string outcome, string? reason, HitLevel? level = null)
    {
        if (responseRequests.Enabled)
            responseRequests.Add(1, Tag("outcome", outcome), Tag("reason", reason), Tag("level", level?.Token()));
    }

    public void ResponseLookup(long started, string outcome, HitLevel? level = null)
    {
        if (lookupDuration.Enabled)
            lookupDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, Tag("outcome", outcome), Tag("level", level?.Token()));
    }

    public void ResponseStore(string outcome, string? reason) => responseStores.Add(1, Tag("outcome", outcome), Tag("reason", reason));

    public void Eviction(string named, string outcome, string? reason) =>
        evictions.Add(1, Tag("named", named), Tag("outcome", outcome), Tag("reason", reason));

    public void OutputOperation(long started, string operation, string outcome, string? reason)
    {
        outputOperations.Add(1, Tag("operation", operation), Tag("outcome", outcome), Tag("reason", reason));
        outputDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, Tag("operation", operation), Tag("outcome", outcome));
    }

    public void CircuitOpen(int more, string scope) => openCircuits.Add(more, Tag("scope", scope));

    public void EvictionsPending(int more)
    {
        if (more != 0)
            pendingEvictions.Add(more);
    }

    public void EvictionsLost(int count) => lostEvictions.Add(count);

    public void NearActive(int more) => nearActive.Add(more);

    public void NearInvalidated() => nearInvalidations.Add(1);

    private static KeyValuePair<string, object?> Tag(string name, string? value) => new(name, value);
}
