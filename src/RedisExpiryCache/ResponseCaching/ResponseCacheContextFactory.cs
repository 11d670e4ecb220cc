using RedisExpiryCache.ResponseCaching.Keys;
using RedisExpiryCache.ResponseCaching.Policies;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>Begins exchanges. Failure policy: an unexpected error is logged, and the request goes to the origin.</summary>
internal sealed class ResponseCacheContextFactory(
    PolicyProvider policies, ResponseKeys keys, ResponseCacheTelemetry report, TimeProvider time)
{
    /// <param name="context">The request.</param>
    /// <param name="policy">Of its endpoint, or of the GET's.</param>
    /// <param name="budget">Its time for Redis.</param>
    /// <param name="get">The route of the GET that corresponds to it; null: its own.</param>
    /// <returns>Null: it failed.</returns>
    public ResponseCacheContext? TryBegin(HttpContext context, ResponsePolicy policy, RequestTimeLimit budget, RoutedGet? get = null)
    {
        try
        {
            if (policies.UnseenClaimOf(policy, context) is { } claimType)
                report.ClaimOnNoUser(claimType, policy.AllowsMissingClaims);

            using var asGet = get?.Enter(context);
            return ResponseCacheContext.Begin(context, policy, keys, budget, time.GetUtcNow());
        }
        catch (Exception mistake)
        {
            report.InternalError(mistake);
            return null;
        }
    }
}
