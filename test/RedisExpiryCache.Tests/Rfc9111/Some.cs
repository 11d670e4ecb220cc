using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.Rfc9111;

/// <summary>Facts whose values do not matter to the test, and the readings that the shell will do.</summary>
internal static class Some
{
    public static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static RequestFacts Request(string? cacheControl = null, string method = "GET") =>
        new() { Method = method, CacheControl = CacheControl.Parse(cacheControl) };

    public static ResponseFacts Response(StringValues cacheControl = default, int status = 200) =>
        new() { StatusCode = status, CacheControl = CacheControl.Parse(cacheControl) };

    /// <summary>A stored response that is <paramref name="age"/> seconds old.</summary>
    public static StoredResponse Stored(double age = 0, double? lifetime = 60) => new()
    {
        ResponseTime = Now - Seconds(age),
        Date = Now - Seconds(age),
        FreshnessLifetime = lifetime is { } seconds ? Seconds(seconds) : null,
    };

    public static CachingRules Rules(bool honor = true) => new() { HonorRequestDirectives = honor };

    public static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
