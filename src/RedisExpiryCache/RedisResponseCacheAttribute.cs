using RedisExpiryCache.ResponseCaching.Policies;

namespace RedisExpiryCache;

/// <summary>Stores the successful responses (200, 203, 204, 300, 301, 308) of an endpoint in Redis.</summary>
/// <remarks>
/// On controllers, actions, handlers of minimal APIs and models of Razor Pages. The nearest attribute counts, an action's before its
/// controller's. Needs <c>app.UseRedisExpiringCache()</c>. A value out of its range stops the start of the application with a message that
/// names endpoint, property and value.
/// <para>
/// Never stored, whatever is set here: responses with <c>Set-Cookie</c>, <c>no-store</c>, <c>private</c> or <c>Vary: *</c> (RFC 9111 3).
/// Signed-in users and requests with <c>Authorization</c> get the application's own response, which is not stored either, unless the policy
/// tells users apart (<see cref="VaryByUser"/>, <see cref="VaryByClaimTypes"/>) or the response says that it may be shared
/// (<c>public</c> or <c>s-maxage</c>, RFC 9111 3.5).
/// </para>
/// <para> A hit does not run the endpoint: no endpoint filter of a minimal API and no filter of MVC, authorization filters included. Put a
/// check that each request has to pass, such as one of an API key, into an authorization policy (<c>[Authorize]</c> or
/// <c>RequireAuthorization</c>, with <c>UseAuthorization</c> in front of the cache), or into middleware in front of
/// <c>UseRedisExpiringCache</c>.
/// </para>
/// </remarks>
/// <example>
/// <code>
/// app.MapGet("/products/{id}", [RedisResponseCache(Duration = 60, Tags = ["product:{id}"])] (int id) => $"Product {id}");
/// </code>
/// </example>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, Inherited = true)]
public sealed class RedisResponseCacheAttribute : Attribute, IPolicyMetadata
{
    private int? duration, slidingDuration, clientDuration, staleWhileRevalidate, staleIfError;
    private bool? varyByHost, varyByUser, allowMissingClaims, varyByCulture, noStore;

    /// <summary>How many seconds a response is fresh, and kept at most. Default: none. Range: more than zero.</summary>
    /// <remarks>
    /// Without it, <see cref="SlidingDuration"/>, the named or base policies, the response's own fields (RFC 9111 4.2.1) and <see
    /// cref="ResponseCachingOptions.DefaultDuration"/> decide, in this order. Where there is none of these but the fields, a warning at
    /// start-up names the endpoint.
    /// </remarks>
    /// <example><code>[RedisResponseCache(Duration = 60)]</code></example>
    public int Duration
    {
        get => duration ?? 0;
        set => duration = value;
    }

    /// <summary>
    /// How many seconds a response is kept after its last use (Redis PEXPIRE). Default: 0, it does not slide. Range: zero or more.
    /// </summary>
    /// <remarks>Never beyond <see cref="Duration"/> where that is set.</remarks>
    /// <example><code>[RedisResponseCache(Duration = 3600, SlidingDuration = 300)]</code></example>
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
    /// <example><code>[RedisResponseCache(Duration = 3600, ClientDuration = 60)]</code></example>
    public int ClientDuration
    {
        get => clientDuration ?? 0;
        set => clientDuration = value;
    }

    /// <summary>
    /// How many seconds a stale response may be served while it is revalidated (RFC 5861 3). Default: 0, or as the response says. Range:
    /// zero or more.
    /// </summary>
    /// <example><code>[RedisResponseCache(Duration = 60, StaleWhileRevalidate = 30)]</code></example>
    public int StaleWhileRevalidate
    {
        get => staleWhileRevalidate ?? 0;
        set => staleWhileRevalidate = value;
    }

    /// <summary>
    /// How many seconds a stale response may replace an error of the origin (RFC 5861 4). Default: 0. Range: zero or more.
    /// </summary>
    /// <remarks>Where it is not set, the response's own directive or <see cref="ResponseCachingOptions.StaleIfError"/> counts.</remarks>
    /// <example><code>[RedisResponseCache(Duration = 60, StaleIfError = 600)]</code></example>
    public int StaleIfError
    {
        get => staleIfError ?? 0;
        set => staleIfError = value;
    }

    /// <summary>The query keys that are part of the cache key; others are ignored. Default: null, the whole query.</summary>
    /// <remarks>An empty list: the query is ignored. <c>["*"]</c>: all keys, in any order.</remarks>
    /// <example><code>[RedisResponseCache(Duration = 60, VaryByQueryKeys = ["page", "sort"])]</code></example>
    public string[]? VaryByQueryKeys { get; set; }

    /// <summary>The query keys that are not part of the cache key; all others are, in any order. Default: null.</summary>
    /// <remarks><c>"utm_*"</c> stands for all that begin with it. Not used where <see cref="VaryByQueryKeys"/> is set.</remarks>
    /// <example><code>[RedisResponseCache(Duration = 60, IgnoredQueryKeys = ["utm_*", "fbclid"])]</code></example>
    public string[]? IgnoredQueryKeys { get; set; }

    /// <summary>The request fields that select a variant, beside those in the response's <c>Vary</c>. Default: null, none.</summary>
    /// <remarks>Each is the name of one field, neither "*" nor a list. They are added to <c>Vary</c>.</remarks>
    /// <example><code>[RedisResponseCache(Duration = 60, VaryByHeaderNames = ["Accept-Language"])]</code></example>
    public string[]? VaryByHeaderNames { get; set; }

    /// <summary>The route values that are part of the cache key, beside the path. Default: null, none.</summary>
    /// <example><code>[RedisResponseCache(Duration = 60, VaryByRouteValueNames = ["culture"])]</code></example>
    public string[]? VaryByRouteValueNames { get; set; }

    /// <summary>Whether the host is part of the cache key. Default: true.</summary>
    /// <example><code>[RedisResponseCache(Duration = 60, VaryByHost = false)]</code></example>
    public bool VaryByHost
    {
        get => varyByHost ?? true;
        set => varyByHost = value;
    }

    /// <summary>Whether the request's culture is part of the cache key. Default: false.</summary>
    /// <remarks>Place <c>UseRequestLocalization</c> before the cache.</remarks>
    /// <example><code>[RedisResponseCache(Duration = 60, VaryByCulture = true)]</code></example>
    public bool VaryByCulture
    {
        get => varyByCulture ?? false;
        set => varyByCulture = value;
    }

    /// <summary>Whether each signed-in user has responses of their own. Default: false, those of signed-in users are not stored.</summary>
    /// <remarks>As <see cref="ResponseCachePolicyBuilder.VaryByUser"/> says. Place <c>UseAuthentication</c> before the cache.</remarks>
    /// <example><code>[RedisResponseCache(Duration = 60, VaryByUser = true)]</code></example>
    public bool VaryByUser
    {
        get => varyByUser ?? false;
        set => varyByUser = value;
    }

    /// <summary>The claims whose values signed-in users must have in common to share responses. Default: null, none.</summary>
    /// <remarks>As <see cref="ResponseCachePolicyBuilder.VaryByClaim"/> says: for a user who lacks one of them nothing is stored.</remarks>
    /// <example><code>[RedisResponseCache(Duration = 60, VaryByClaimTypes = ["tenant"])]</code></example>
    public string[]? VaryByClaimTypes { get; set; }

    /// <summary>
    /// Whether users who lack a claim of <see cref="VaryByClaimTypes"/> share responses with others who lack it. Default: false.
    /// </summary>
    /// <example><code>[RedisResponseCache(Duration = 60, VaryByClaimTypes = ["tenant"], AllowMissingClaims = true)]</code></example>
    public bool AllowMissingClaims
    {
        get => allowMissingClaims ?? false;
        set => allowMissingClaims = value;
    }

    /// <summary>The names by which responses are evicted, route values in braces: <c>"product:{id}"</c>. Default: null, none.</summary>
    /// <remarks>
    /// See <see cref="IResponseCacheInvalidator.EvictByTagAsync"/> and <see cref="RedisResponseCacheEvictAttribute"/>. A name in braces
    /// that the endpoint's route does not have stops the start of the application.
    /// </remarks>
    /// <example><code>[RedisResponseCache(Duration = 60, Tags = ["products", "product:{id}"])]</code></example>
    public string[]? Tags { get; set; }

    /// <summary>The named policy that holds for what this attribute does not set. Default: null, none.</summary>
    /// <remarks>Add it by <see cref="ResponseCachingOptions.AddPolicy"/>. An unknown name stops the start of the application.</remarks>
    /// <example><code>[RedisResponseCache(PolicyName = "hourly")]</code></example>
    public string? PolicyName { get; set; }

    /// <summary>Whether responses are neither looked up nor stored, whatever else is set. Default: false, or as a policy says.</summary>
    /// <remarks>False overrides a policy that says so.</remarks>
    /// <example><code>[RedisResponseCache(NoStore = true)]</code></example>
    public bool NoStore
    {
        get => noStore ?? false;
        set => noStore = value;
    }

    PolicySettings IPolicyMetadata.Settings =>
        Faults.FirstOrDefault() is { } fault ? throw new InvalidOperationException($"[RedisResponseCache]: {fault}") : new()
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
