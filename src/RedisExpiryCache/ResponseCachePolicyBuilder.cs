using RedisExpiryCache.HttpFields;
using RedisExpiryCache.ResponseCaching.Policies;

namespace RedisExpiryCache;

/// <summary>Builds a policy: how the responses of endpoints are cached.</summary>
/// <remarks>
/// For <c>CacheResponse</c> on endpoints and groups, and for named and base policies (<see cref="ResponseCachingOptions.AddPolicy"/>).
/// Where two policies set the same thing, the one nearer to the endpoint counts; their tags add up.
/// </remarks>
public sealed class ResponseCachePolicyBuilder
{
    private PolicySettings settings = new();

    internal PolicySettings Settings => settings;

    /// <summary>Sets how long a response is fresh, and kept at most.</summary>
    /// <remarks>Only successes and permanent redirects are stored (200, 203, 204, 300, 301, 308).</remarks>
    /// <param name="duration">Range: more than zero.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="duration"/> is zero or less.</exception>
    /// <example><code>app.MapGet("/news", () => "…").CacheResponse(policy => policy.Expire(TimeSpan.FromMinutes(5)));</code></example>
    public ResponseCachePolicyBuilder Expire(TimeSpan duration) => Set(settings with { Duration = Positive(duration, nameof(duration)) });

    /// <summary>Sets how long a response is kept after its last use (Redis PEXPIRE).</summary>
    /// <remarks>Never beyond <see cref="Expire"/> where that is set.</remarks>
    /// <param name="window">Range: more than zero.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="window"/> is zero or less.</exception>
    /// <example>
    /// <code>
    /// app.MapGet("/news", () => "…").CacheResponse(policy => policy.Expire(TimeSpan.FromHours(1)).Slide(TimeSpan.FromMinutes(5)));
    /// </code>
    /// </example>
    public ResponseCachePolicyBuilder Slide(TimeSpan window) => Set(settings with { Sliding = Positive(window, nameof(window)) });

    /// <summary>Sets how long clients may use a response without a request. Default: zero.</summary>
    /// <remarks>
    /// It holds for responses without a <c>Cache-Control</c> of their own. No eviction reaches what clients keep. So by default they
    /// revalidate at each use (<c>max-age=0, must-revalidate</c>), and get a 304 by the <c>ETag</c> where nothing has changed. The time
    /// begins when the origin made the response (<c>Age</c>), and is cut to whole seconds.
    /// </remarks>
    /// <param name="duration">Range: zero or more.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="duration"/> is less than zero.</exception>
    /// <example>
    /// <code>
    /// app.MapGet("/news", () => "…").CacheResponse(policy => policy.Expire(TimeSpan.FromHours(1)).ClientExpire(TimeSpan.FromMinutes(1)));
    /// </code>
    /// </example>
    public ResponseCachePolicyBuilder ClientExpire(TimeSpan duration) =>
        Set(settings with { ClientDuration = NotNegative(duration, nameof(duration)) });

    /// <summary>Sets how long a stale response may be served while it is revalidated (RFC 5861 3).</summary>
    /// <param name="window">Range: zero or more.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="window"/> is less than zero.</exception>
    /// <example>
    /// <code>
    /// app.MapGet("/news", () => "…")
    ///     .CacheResponse(policy => policy.Expire(TimeSpan.FromMinutes(1)).StaleWhileRevalidate(TimeSpan.FromMinutes(1)));
    /// </code>
    /// </example>
    public ResponseCachePolicyBuilder StaleWhileRevalidate(TimeSpan window) =>
        Set(settings with { StaleWhileRevalidate = NotNegative(window, nameof(window)) });

    /// <summary>Sets how long a stale response may replace an error of the origin (RFC 5861 4).</summary>
    /// <param name="window">Range: zero or more.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="window"/> is less than zero.</exception>
    /// <example>
    /// <code>
    /// app.MapGet("/news", () => "…").CacheResponse(policy => policy.Expire(TimeSpan.FromMinutes(1)).StaleIfError(TimeSpan.FromHours(1)));
    /// </code>
    /// </example>
    public ResponseCachePolicyBuilder StaleIfError(TimeSpan window) =>
        Set(settings with { StaleIfError = NotNegative(window, nameof(window)) });

    /// <summary>Responses are neither looked up nor stored, whatever they or other policies say.</summary>
    /// <returns>The builder.</returns>
    /// <example><code>app.MapGet("/time", () => "…").CacheResponse(policy => policy.NoStore());</code></example>
    public ResponseCachePolicyBuilder NoStore() => Set(settings with { NoStore = true });

    /// <summary>Makes these query keys part of the cache key, in any order; others are ignored.</summary>
    /// <remarks>Without a policy the whole query counts, as it is spelled. <c>"*"</c>: all keys, in any order.</remarks>
    /// <param name="keys">The keys. None: the query is ignored.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="keys"/> or one of them is null.</exception>
    /// <example>
    /// <code>
    /// app.MapGet("/products", () => "…").CacheResponse(policy => policy.Expire(TimeSpan.FromMinutes(1)).VaryByQuery("page", "sort"));
    /// </code>
    /// </example>
    public ResponseCachePolicyBuilder VaryByQuery(params string[] keys) =>
        Set(settings with { QueryKeys = WithoutNull(keys, nameof(keys)), IgnoredQueryKeys = null });

    /// <summary>Makes all query keys except these part of the cache key, in any order.</summary>
    /// <param name="ignoredKeys">The keys to ignore. An asterisk at the end stands for anything: <c>"utm_*"</c>.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="ignoredKeys"/> or one of them is null.</exception>
    /// <example>
    /// <code>
    /// app.MapGet("/products", () => "…").CacheResponse(policy => policy.Expire(TimeSpan.FromMinutes(1)).VaryByQueryExcept("utm_*"));
    /// </code>
    /// </example>
    public ResponseCachePolicyBuilder VaryByQueryExcept(params string[] ignoredKeys) =>
        Set(settings with { QueryKeys = null, IgnoredQueryKeys = WithoutNull(ignoredKeys, nameof(ignoredKeys)) });

    /// <summary>Adds request fields that select a variant, beside those in the response's <c>Vary</c>.</summary>
    /// <remarks>They are added to <c>Vary</c>.</remarks>
    /// <param name="names">The names of the request fields.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="names"/> or one of them is null.</exception>
    /// <exception cref="ArgumentException">One of them is not the name of a field; "*" is none.</exception>
    /// <example>
    /// <code>
    /// app.MapGet("/products", () => "…").CacheResponse(policy => policy.Expire(TimeSpan.FromMinutes(1)).VaryByHeader("Accept-Language"));
    /// </code>
    /// </example>
    public ResponseCachePolicyBuilder VaryByHeader(params string[] names) =>
        Set(settings with { HeaderNames = [.. settings.HeaderNames ?? [], .. FieldNames(names, nameof(names))] });

    /// <summary>Makes these route values part of the cache key, beside the path.</summary>
    /// <param name="names">The names of the route values.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="names"/> or one of them is null.</exception>
    /// <example>
    /// <code>
    /// app.MapGet("/{culture}/products", () => "…")
    ///     .CacheResponse(policy => policy.Expire(TimeSpan.FromMinutes(1)).VaryByRouteValue("culture"));
    /// </code>
    /// </example>
    public ResponseCachePolicyBuilder VaryByRouteValue(params string[] names) =>
        Set(settings with { RouteValueNames = [.. settings.RouteValueNames ?? [], .. WithoutNull(names, nameof(names))] });

    /// <summary>Sets whether the host is part of the cache key. Without a policy it is.</summary>
    /// <param name="vary">Default: true.</param>
    /// <returns>The builder.</returns>
    /// <example>
    /// <code>
    /// app.MapGet("/products", () => "…").CacheResponse(policy => policy.Expire(TimeSpan.FromMinutes(1)).VaryByHost(false));
    /// </code>
    /// </example>
    public ResponseCachePolicyBuilder VaryByHost(bool vary = true) => Set(settings with { VaryByHost = vary });

    /// <summary>Makes the request's culture part of the cache key.</summary>
    /// <remarks>
    /// <c>CultureInfo.CurrentCulture</c> and <c>CurrentUICulture</c>. Place <c>UseRequestLocalization</c> before the cache.
    /// </remarks>
    /// <returns>The builder.</returns>
    /// <example>
    /// <code>
    /// app.MapGet("/products", () => "…").CacheResponse(policy => policy.Expire(TimeSpan.FromMinutes(1)).VaryByCulture());
    /// </code>
    /// </example>
    public ResponseCachePolicyBuilder VaryByCulture() => Set(settings with { VaryByCulture = true });

    /// <summary>Gives each signed-in user responses of their own; anonymous visitors share theirs.</summary>
    /// <remarks>
    /// Users are told apart by all authenticated identities: <c>AuthenticationType</c>, and every value of <c>NameIdentifier</c>,
    /// <c>sub</c> and name with its issuers. For a user with an authenticated identity that has none of these nothing is stored. Place
    /// <c>UseAuthentication</c> before the cache.
    /// </remarks>
    /// <returns>The builder.</returns>
    /// <example>
    /// <code>
    /// app.MapGet("/account", () => "…").CacheResponse(policy => policy.Expire(TimeSpan.FromMinutes(1)).VaryByUser());
    /// </code>
    /// </example>
    public ResponseCachePolicyBuilder VaryByUser() => Set(settings with { VaryByUser = true });

    /// <summary>Lets signed-in users with the same values of these claims share responses.</summary>
    /// <remarks>
    /// The issuers of a claim count, and the identity that has it. For a signed-in user who lacks one of the claims nothing is stored,
    /// unless <see cref="AllowMissingClaims"/> allows it. Anonymous visitors are told apart by the claims as well, and never share with
    /// users.
    /// </remarks>
    /// <param name="types">The claim types. Letter case does not matter.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="types"/> or one of them is null.</exception>
    /// <example>
    /// <code>
    /// app.MapGet("/reports", () => "…").CacheResponse(policy => policy.Expire(TimeSpan.FromMinutes(1)).VaryByClaim("tenant"));
    /// </code>
    /// </example>
    public ResponseCachePolicyBuilder VaryByClaim(params string[] types) =>
        Set(settings with { ClaimTypes = [.. settings.ClaimTypes ?? [], .. WithoutNull(types, nameof(types))] });

    /// <summary>Sets whether users who lack a claim of <see cref="VaryByClaim"/> share responses with others who lack it.</summary>
    /// <param name="allow">Default: true. Without this call: false.</param>
    /// <returns>The builder.</returns>
    /// <example>
    /// <code>
    /// app.MapGet("/reports", () => "…")
    ///     .CacheResponse(policy => policy.Expire(TimeSpan.FromMinutes(1)).VaryByClaim("tenant").AllowMissingClaims());
    /// </code>
    /// </example>
    public ResponseCachePolicyBuilder AllowMissingClaims(bool allow = true) => Set(settings with { AllowMissingClaims = allow });

    /// <summary>Makes the value that a function returns part of the cache key; null is a value of its own.</summary>
    /// <remarks>The function runs before each lookup: it should be fast, and have no side effects.</remarks>
    /// <param name="valueOf">Gets the value of a request.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="valueOf"/> is null.</exception>
    /// <example>
    /// <code>
    /// app.MapGet("/prices", () => "…")
    ///     .CacheResponse(policy => policy.Expire(TimeSpan.FromMinutes(1)).VaryByValue(context => context.Request.Cookies["currency"]));
    /// </code>
    /// </example>
    public ResponseCachePolicyBuilder VaryByValue(Func<HttpContext, string?> valueOf)
    {
        ArgumentNullException.ThrowIfNull(valueOf);
        return Set(settings with { Custom = [.. settings.Custom, valueOf] });
    }

    /// <summary>Adds names by which responses are evicted, route values in braces: <c>"product:{id}"</c>.</summary>
    /// <remarks>
    /// A name in braces that the endpoint's route does not have stops the start of the application. In a base policy, the tag is left out
    /// at that endpoint.
    /// </remarks>
    /// <param name="tags">The tags.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="tags"/> or one of them is null.</exception>
    /// <example>
    /// <code>
    /// app.MapGet("/products/{id}", (int id) => "…")
    ///     .CacheResponse(policy => policy.Expire(TimeSpan.FromMinutes(1)).Tag("products", "product:{id}"));
    /// </code>
    /// </example>
    public ResponseCachePolicyBuilder Tag(params string[] tags) =>
        Set(settings with { Tags = [.. settings.Tags, .. WithoutNull(tags, nameof(tags))] });

    internal static bool IsFieldName(string name) => Token.IsToken(name) && name != "*";

    internal static string[] FieldNames(string[] names, string parameter) => Array.TrueForAll(WithoutNull(names, parameter), IsFieldName)
        ? [.. names]
        : throw new ArgumentException($"{parameter} is [{string.Join(", ", names)}]; each has to be the name of one request header.", parameter);

    /// <summary>A copy, so that the policy stays as it was said.</summary>
    internal static string[] WithoutNull(string[] values, string parameter) =>
        values is not null && !values.Contains(null) ? [.. values] : throw new ArgumentNullException(parameter, "One of its values is null.");

    private ResponseCachePolicyBuilder Set(PolicySettings changed)
    {
        settings = changed;
        return this;
    }

    private static TimeSpan Positive(TimeSpan span, string parameter)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(span, TimeSpan.Zero, parameter);
        return span;
    }

    private static TimeSpan NotNegative(TimeSpan span, string parameter)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(span, TimeSpan.Zero, parameter);
        return span;
    }
}
