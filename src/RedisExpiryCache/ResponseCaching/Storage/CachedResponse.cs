using Microsoft.Extensions.Primitives;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching.Storage;

/// <summary>A stored response without its body.</summary>
/// <param name="Fields">The header fields as they are sent again, but for those that are worked out anew for each answer.</param>
/// <param name="Rules">What the rules of reuse look at.</param>
internal sealed record CachedResponse(KeyValuePair<string, StringValues>[] Fields, StoredResponse Rules)
{
    /// <summary>The field with the names of those that the origin removed after middleware in front had set them.</summary>
    /// <remarks>Never sent.</remarks>
    public const string RemovedFields = "!removed";

    public int StatusCode => Rules.StatusCode;

    public StringValues this[string name] => ValueIn(Fields, name);

    public static StringValues ValueIn(KeyValuePair<string, StringValues>[] fields, string name)
    {
        foreach (var field in fields)
        {
            if (field.Key.Equals(name, StringComparison.OrdinalIgnoreCase))
                return field.Value;
        }

        return default;
    }

    public static CachedResponse Of(
        KeyValuePair<string, StringValues>[] fields, ResponseFacts facts, StoredLifetime lifetime, DateTimeOffset now) =>
        new(fields, new StoredResponse
        {
            StatusCode = facts.StatusCode,
            ResponseTime = now,
            CorrectedInitialAge = lifetime.CorrectedInitialAge,
            FreshnessLifetime = lifetime.FreshnessLifetime,
            NoCache = facts.CacheControl.NoCache,
            MustRevalidate = facts.CacheControl.ForbidsStale,
            AllowsEverybody = facts.CacheControl.AllowsEverybody,
            AllowsAuthorization = facts.CacheControl.AllowsAuthorization,
            StaleWhileRevalidate = lifetime.StaleWhileRevalidate,
            StaleIfError = lifetime.StaleIfError,
            Part = facts.StatusCode == StatusCodes.Status206PartialContent ? StoredRange.Parse(facts.ContentRange) : null,
            Date = facts.Date ?? now,
            LastModified = facts.LastModified,
            ETag = facts.ETag,
        });
}
