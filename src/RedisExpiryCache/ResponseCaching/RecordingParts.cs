namespace RedisExpiryCache.ResponseCaching;

/// <summary>What all recordings of responses need.</summary>
internal readonly record struct RecordingParts(
    StorableResponses Storable, StoresUnderWay StoresUnderWay, ResponseReport Report, TimeProvider Time);
