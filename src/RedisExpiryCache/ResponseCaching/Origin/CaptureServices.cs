using RedisExpiryCache.ResponseCaching.Lookup;
using RedisExpiryCache.ResponseCaching.Storage;

namespace RedisExpiryCache.ResponseCaching.Origin;

/// <summary>What all recordings of responses need.</summary>
internal readonly record struct CaptureServices(
    StoreDecision Storable, StoresInProgress StoresUnderWay, ResponseCacheTelemetry Report, TimeProvider Time);
