using System.Runtime.CompilerServices;
using RedisExpiryCache.ResponseCaching.Policies;

namespace RedisExpiryCache;

/// <summary>
/// Stores the successful responses (200, 203, 204, 300, 301, 308) of a controller, an action, a Razor page or a minimal-API handler in Redis. The nearest
/// attribute counts, the action's before the controller's; for a Razor page it stands on the model. Needs <c>app.UseRedisExpiringCache()</c>.
/// <para>
/// Never stored, whatever is set here: responses with <c>Set-Cookie</c>, <c>no-store</c>, <c>private</c> or <c>Vary: *</c> (RFC 9111 3). Signed-in users
/// and requests with <c>Authorization</c> get the app's own answer, which is not stored either, unless the policy tells users apart (<see cref="VaryByUser"/>,
/// <see cref="VaryByClaimTypes"/>) or the response itself says that it is for everybody (<c>public</c> or <c>s-maxage</c>, RFC 9111 3.5).
/// </para>
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, Inherited = true)]
public sealed class RedisResponseCacheAttribute : Attribute, IPolicyMetadata
{
    private int? duration, slidingDuration, clientDuration, staleWhileRevalidate, staleIfError;
    private bool? varyByHost, varyByUser, allowMissingClaims, varyByCulture, noStore;

    /// <summary>
    /// For how many seconds a response is fresh, and kept at most. Default: 0, that is: only <see cref="SlidingDuration"/> counts, or, where that is
    /// 0 too, the response's own headers (RFC 9111 4.2.1).
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Set to less than 0.</exception>
    public int Duration
    {
        get => duration ?? 0;
        set => duration = NotNegative(value);
    }

    /// <summary>
    /// For how many seconds a response is kept after its last use; each use slides it (Redis PEXPIRE), though never beyond
    /// <see cref="Duration"/> where that is set. Default: 0, it does not slide.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Set to less than 0.</exception>
    public int SlidingDuration
    {
        get => slidingDuration ?? 0;
        set => slidingDuration = NotNegative(value);
    }

    /// <summary>
    /// For how many seconds clients may use a response that has no <c>Cache-Control</c> of its own without a request. Default: 0.
    /// </summary>
    /// <remarks>As <see cref="ResponseCachePolicyBuilder.ClientExpire"/> says.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">Set to less than 0.</exception>
    public int ClientDuration
    {
        get => clientDuration ?? 0;
        set => clientDuration = NotNegative(value);
    }

    /// <summary>RFC 5861 3: for how many seconds a stale response may be served while it is being validated. Default: 0, or what the response says.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Set to less than 0.</exception>
    public int StaleWhileRevalidate
    {
        get => staleWhileRevalidate ?? 0;
        set => staleWhileRevalidate = NotNegative(value);
    }

    /// <summary>
    /// RFC 5861 4: for how many seconds a stale response may stand in for an app that fails. Default: 0, or what the response or
    /// <see cref="ResponseCachingOptions.StaleIfError"/> says.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Set to less than 0.</exception>
    public int StaleIfError
    {
        get => staleIfError ?? 0;
        set => staleIfError = NotNegative(value);
    }

    /// <summary>
    /// The query keys that make a difference; the others are ignored. Default: null, the whole query counts. An empty list: none counts.
    /// <c>["*"]</c>: all count, in any order.
    /// </summary>
    /// <exception cref="ArgumentNullException">One of them is null.</exception>
    public string[]? VaryByQueryKeys
    {
        get;
        set => field = WithoutNull(value);
    }

    /// <summary>
    /// The query keys that make no difference, where <see cref="VaryByQueryKeys"/> is not set; all others do, in any order. <c>"utm_*"</c> stands for
    /// all that begin so. Default: null.
    /// </summary>
    /// <exception cref="ArgumentNullException">One of them is null.</exception>
    public string[]? IgnoredQueryKeys
    {
        get;
        set => field = WithoutNull(value);
    }

    /// <summary>Request fields that make a difference, beside those in the response's own <c>Vary</c>, to which they are added. Default: none.</summary>
    /// <exception cref="ArgumentException">One of them cannot be the name of a field, "*" included.</exception>
    public string[]? VaryByHeaderNames
    {
        get;
        set
        {
            field = value is null ? null : ResponseCachePolicyBuilder.FieldNames(value, nameof(VaryByHeaderNames));
        }
    }

    /// <summary>Route values that make a difference, beside the path, which always does. Default: none.</summary>
    /// <exception cref="ArgumentNullException">One of them is null.</exception>
    public string[]? VaryByRouteValueNames
    {
        get;
        set => field = WithoutNull(value);
    }

    /// <summary>Whether the host makes a difference. Default: true.</summary>
    public bool VaryByHost
    {
        get => varyByHost ?? true;
        set => varyByHost = value;
    }

    /// <summary>Whether the request's culture makes a difference; <c>UseRequestLocalization</c> has to stand before the cache. Default: false.</summary>
    public bool VaryByCulture
    {
        get => varyByCulture ?? false;
        set => varyByCulture = value;
    }

    /// <summary>
    /// Whether each signed-in user has responses of its own. Default: false, responses to signed-in users are not stored.
    /// </summary>
    /// <remarks>
    /// As <see cref="ResponseCachePolicyBuilder.VaryByUser"/> says. <c>UseAuthentication</c> has to stand before the cache.
    /// </remarks>
    public bool VaryByUser
    {
        get => varyByUser ?? false;
        set => varyByUser = value;
    }

    /// <summary>Signed-in users with the same values of these claims share their responses. Default: none.</summary>
    /// <remarks>As <see cref="ResponseCachePolicyBuilder.VaryByClaim"/> says: a user who lacks one of them gets nothing stored.</remarks>
    /// <exception cref="ArgumentNullException">One of them is null.</exception>
    public string[]? VaryByClaimTypes
    {
        get;
        set => field = WithoutNull(value);
    }

    /// <summary>
    /// Whether signed-in users who lack a claim of <see cref="VaryByClaimTypes"/> share responses with those who lack it too.
    /// Default: false.
    /// </summary>
    public bool AllowMissingClaims
    {
        get => allowMissingClaims ?? false;
        set => allowMissingClaims = value;
    }

    /// <summary>
    /// Names by which to evict the responses (<see cref="IResponseCacheInvalidator.EvictByTagAsync"/>, <see cref="RedisResponseCacheEvictAttribute"/>). A route
    /// value is named in braces: <c>"product:{id}"</c>. Default: none.
    /// </summary>
    /// <remarks>A name that the endpoint's route does not have stops the start of the application.</remarks>
    /// <exception cref="ArgumentNullException">One of them is null.</exception>
    public string[]? Tags
    {
        get;
        set => field = WithoutNull(value);
    }

    /// <summary>
    /// The named policy that holds where this attribute says nothing (<see cref="ResponseCachingOptions.AddPolicy"/>). Default: null. A name that
    /// nobody has added stops the app's start.
    /// </summary>
    public string? PolicyName { get; set; }

    /// <summary>
    /// Whether responses are neither looked up nor stored, whatever they or a policy further from the endpoint say. Default: as these say, or false.
    /// Set to false it undoes a policy's.
    /// </summary>
    public bool NoStore
    {
        get => noStore ?? false;
        set => noStore = value;
    }

    PolicySettings IPolicyMetadata.Settings => new()
    {
        Duration = Seconds(duration),
        Sliding = Seconds(slidingDuration),
        ClientDuration = Seconds(clientDuration),
        StaleWhileRevalidate = Seconds(staleWhileRevalidate),
        StaleIfError = Seconds(staleIfError),
        NoStore = noStore,
        QueryKeys = VaryByQueryKeys,
        IgnoredQueryKeys = VaryByQueryKeys is null ? IgnoredQueryKeys : null,
        HeaderNames = VaryByHeaderNames,
        RouteValueNames = VaryByRouteValueNames,
        VaryByHost = varyByHost,
        VaryByCulture = varyByCulture,
        VaryByUser = varyByUser,
        ClaimTypes = VaryByClaimTypes,
        AllowMissingClaims = allowMissingClaims,
        Tags = Tags ?? [],
    };

    internal static string[]? WithoutNull(string[]? values, [CallerMemberName] string name = "") =>
        values is null ? null : ResponseCachePolicyBuilder.WithoutNull(values, name);

    private static TimeSpan? Seconds(int? seconds) => seconds is { } some ? TimeSpan.FromSeconds(some) : null;

    private static int NotNegative(int seconds, [CallerMemberName] string name = "")
    {
        ArgumentOutOfRangeException.ThrowIfNegative(seconds, name);
        return seconds;
    }
}
