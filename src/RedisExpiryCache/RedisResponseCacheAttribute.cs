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

    /// <summary>For how many seconds a response is fresh, and kept at most. Default: none. Range: more than zero.</summary>
    /// <remarks>
    /// Without it, <see cref="SlidingDuration"/>, the named or base policies, the response's own fields (RFC 9111 4.2.1) and
    /// <see cref="ResponseCachingOptions.DefaultDuration"/> decide, in this order. Where there is none of these but the fields, a warning at
    /// start-up names the endpoint. A value out of range, of this or any other property, stops the start of the application with a message that
    /// names endpoint, property and value.
    /// </remarks>
    public int Duration
    {
        get => duration ?? 0;
        set => duration = value;
    }

    /// <summary>
    /// For how many seconds a response is kept after its last use; each use slides it (Redis PEXPIRE), though never beyond
    /// <see cref="Duration"/> where that is set. Default: 0, it does not slide. Range: zero or more.
    /// </summary>
    public int SlidingDuration
    {
        get => slidingDuration ?? 0;
        set => slidingDuration = value;
    }

    /// <summary>
    /// For how many seconds clients may use a response that has no <c>Cache-Control</c> of its own without a request. Default: 0.
    /// Range: zero or more.
    /// </summary>
    /// <remarks>As <see cref="ResponseCachePolicyBuilder.ClientExpire"/> says.</remarks>
    public int ClientDuration
    {
        get => clientDuration ?? 0;
        set => clientDuration = value;
    }

    /// <summary>RFC 5861 3: for how many seconds a stale response may be served while it is being validated. Default: 0, or what the response says. Range: zero or more.</summary>
    public int StaleWhileRevalidate
    {
        get => staleWhileRevalidate ?? 0;
        set => staleWhileRevalidate = value;
    }

    /// <summary>
    /// RFC 5861 4: for how many seconds a stale response may stand in for an app that fails. Default: 0, or what the response or
    /// <see cref="ResponseCachingOptions.StaleIfError"/> says. Range: zero or more.
    /// </summary>
    public int StaleIfError
    {
        get => staleIfError ?? 0;
        set => staleIfError = value;
    }

    /// <summary>
    /// The query keys that make a difference; the others are ignored. Default: null, the whole query counts. An empty list: none counts.
    /// <c>["*"]</c>: all count, in any order.
    /// </summary>
    public string[]? VaryByQueryKeys { get; set; }

    /// <summary>
    /// The query keys that make no difference, where <see cref="VaryByQueryKeys"/> is not set; all others do, in any order. <c>"utm_*"</c> stands for
    /// all that begin so. Default: null.
    /// </summary>
    public string[]? IgnoredQueryKeys { get; set; }

    /// <summary>Request fields that make a difference, beside those in the response's own <c>Vary</c>, to which they are added. Default: none.</summary>
    /// <remarks>Each has to be the name of one field: neither "*" nor a list.</remarks>
    public string[]? VaryByHeaderNames { get; set; }

    /// <summary>Route values that make a difference, beside the path, which always does. Default: none.</summary>
    public string[]? VaryByRouteValueNames { get; set; }

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
    public string[]? VaryByClaimTypes { get; set; }

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
    public string[]? Tags { get; set; }

    /// <summary>
    /// The named policy that holds where this attribute says nothing (<see cref="ResponseCachingOptions.AddPolicy"/>). Default: null. A name that
    /// was not added stops the start of the application.
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

    PolicySettings IPolicyMetadata.Settings => Faults.FirstOrDefault() is { } fault ? throw new InvalidOperationException($"[RedisResponseCache]: {fault}") : new()
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

    TimeSpan? IPolicyMetadata.DefaultDuration => null;

    /// <summary>What its properties do not take, a sentence each.</summary>
    /// <remarks>
    /// The setters throw nothing: reflection would say that a property was not found, wherever the attribute is read first.
    /// </remarks>
    internal IEnumerable<string> Faults
    {
        get
        {
            if (duration <= 0)
                yield return $"{nameof(Duration)} is {duration}; it must be more than zero seconds. To store nothing, write {nameof(NoStore)} = true.";

            (string Name, int? Value)[] spans =
            [
                (nameof(SlidingDuration), slidingDuration), (nameof(ClientDuration), clientDuration),
                (nameof(StaleWhileRevalidate), staleWhileRevalidate), (nameof(StaleIfError), staleIfError),
            ];
            foreach (var (name, value) in spans.Where(static span => span.Value < 0))
                yield return $"{name} is {value}; it must be zero or more seconds.";

            (string Name, string[]? Values)[] lists =
            [
                (nameof(VaryByQueryKeys), VaryByQueryKeys), (nameof(IgnoredQueryKeys), IgnoredQueryKeys), (nameof(VaryByHeaderNames), VaryByHeaderNames),
                (nameof(VaryByRouteValueNames), VaryByRouteValueNames), (nameof(VaryByClaimTypes), VaryByClaimTypes), (nameof(Tags), Tags),
            ];
            foreach (var (name, _) in lists.Where(static list => list.Values?.Contains(null) is true))
                yield return $"{name} contains null.";

            foreach (var name in (VaryByHeaderNames ?? []).Where(static name => name is not null && !ResponseCachePolicyBuilder.IsFieldName(name)))
                yield return $"{nameof(VaryByHeaderNames)} contains '{name}'; each must be the name of one request header.";
        }
    }

    private static TimeSpan? Seconds(int? seconds) => seconds is { } some ? TimeSpan.FromSeconds(some) : null;
}
