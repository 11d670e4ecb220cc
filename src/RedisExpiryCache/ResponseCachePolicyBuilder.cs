using RedisExpiryCache.ResponseCaching.Policies;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache;

/// <summary>
/// Says how responses are cached: for <c>CacheResponse</c> on endpoints and groups, and for named and base policies
/// (<see cref="ResponseCachingOptions.AddPolicy"/>). Each method returns the builder. Where two policies speak of the same thing, the one nearer to
/// the endpoint counts; their tags add up.
/// </summary>
public sealed class ResponseCachePolicyBuilder
{
    private PolicySettings settings = new();

    internal PolicySettings Settings => settings;

    /// <summary>How long a response is fresh, and kept at most. Successes and permanent redirects only (200, 203, 204, 300, 301, 308).</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="duration"/> is zero or less.</exception>
    public ResponseCachePolicyBuilder Expire(TimeSpan duration) => Set(settings with { Duration = Positive(duration, nameof(duration)) });

    /// <summary>How long a response is kept after its last use (Redis PEXPIRE); never beyond <see cref="Expire"/> where that is set.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="window"/> is zero or less.</exception>
    public ResponseCachePolicyBuilder Slide(TimeSpan window) => Set(settings with { Sliding = Positive(window, nameof(window)) });

    /// <summary>
    /// For how long clients may use a response that has no <c>Cache-Control</c> of its own without a request. Default: zero.
    /// </summary>
    /// <remarks>
    /// No eviction reaches what clients keep. So by default they revalidate at each use (<c>max-age=0, must-revalidate</c>), and get a 304 by
    /// the <c>ETag</c> where nothing has changed. The time begins when the origin made the response (<c>Age</c>), and is cut to whole seconds.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="duration"/> is less than zero.</exception>
    public ResponseCachePolicyBuilder ClientExpire(TimeSpan duration) => Set(settings with { ClientDuration = NotNegative(duration, nameof(duration)) });

    /// <summary>RFC 5861 3: for how long a stale response may be served while it is being validated.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="window"/> is less than zero.</exception>
    public ResponseCachePolicyBuilder StaleWhileRevalidate(TimeSpan window) => Set(settings with { StaleWhileRevalidate = NotNegative(window, nameof(window)) });

    /// <summary>RFC 5861 4: for how long a stale response may stand in for an app that fails.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="window"/> is less than zero.</exception>
    public ResponseCachePolicyBuilder StaleIfError(TimeSpan window) => Set(settings with { StaleIfError = NotNegative(window, nameof(window)) });

    /// <summary>Neither looked up nor stored, whatever the response or a policy further from the endpoint says.</summary>
    public ResponseCachePolicyBuilder NoStore() => Set(settings with { NoStore = true });

    /// <summary>
    /// Only these query keys make a difference, in any order. None: the query makes none. <c>"*"</c>: all do, in any order. Default: the whole query
    /// as it is spelled.
    /// </summary>
    /// <exception cref="ArgumentNullException">One of them is null.</exception>
    public ResponseCachePolicyBuilder VaryByQuery(params string[] keys) =>
        Set(settings with { QueryKeys = WithoutNull(keys, nameof(keys)), IgnoredQueryKeys = null });

    /// <summary>All query keys but these make a difference, in any order. An asterisk at the end stands for anything: <c>"utm_*"</c>.</summary>
    /// <exception cref="ArgumentNullException">One of them is null.</exception>
    public ResponseCachePolicyBuilder VaryByQueryExcept(params string[] ignoredKeys) =>
        Set(settings with { QueryKeys = null, IgnoredQueryKeys = WithoutNull(ignoredKeys, nameof(ignoredKeys)) });

    /// <summary>These request fields make a difference, beside those in the response's own <c>Vary</c>, to which they are added.</summary>
    /// <exception cref="ArgumentException">One of them cannot be the name of a field, "*" included.</exception>
    public ResponseCachePolicyBuilder VaryByHeader(params string[] names) =>
        Set(settings with { HeaderNames = [.. settings.HeaderNames ?? [], .. FieldNames(names, nameof(names))] });

    /// <summary>These route values make a difference. The path itself always does.</summary>
    /// <exception cref="ArgumentNullException">One of them is null.</exception>
    public ResponseCachePolicyBuilder VaryByRouteValue(params string[] names) =>
        Set(settings with { RouteValueNames = [.. settings.RouteValueNames ?? [], .. WithoutNull(names, nameof(names))] });

    /// <summary>Whether the host makes a difference. Default: true.</summary>
    public ResponseCachePolicyBuilder VaryByHost(bool vary = true) => Set(settings with { VaryByHost = vary });

    /// <summary>
    /// The request's culture makes a difference (<c>CultureInfo.CurrentCulture</c> and <c>CurrentUICulture</c>): place <c>UseRequestLocalization</c>
    /// before the cache.
    /// </summary>
    public ResponseCachePolicyBuilder VaryByCulture() => Set(settings with { VaryByCulture = true });

    /// <summary>
    /// Each signed-in user has responses of its own; anonymous visitors share theirs. Place <c>UseAuthentication</c> before the cache.
    /// </summary>
    /// <remarks>
    /// Users are told apart by all authenticated identities: <c>AuthenticationType</c>, and every value of <c>NameIdentifier</c>,
    /// <c>sub</c> and name with its issuers. A user with an authenticated identity that has none of these gets nothing stored.
    /// </remarks>
    public ResponseCachePolicyBuilder VaryByUser() => Set(settings with { VaryByUser = true });

    /// <summary>Signed-in users with the same values of these claims share their responses.</summary>
    /// <remarks>
    /// The issuers of a claim count, and the identity that has it. A signed-in user who lacks one of the claims gets nothing stored, unless
    /// <see cref="AllowMissingClaims"/> says otherwise. Anonymous visitors are told apart by the claims as well, and never share with
    /// users.
    /// </remarks>
    /// <exception cref="ArgumentNullException">One of them is null.</exception>
    public ResponseCachePolicyBuilder VaryByClaim(params string[] types) =>
        Set(settings with { ClaimTypes = [.. settings.ClaimTypes ?? [], .. WithoutNull(types, nameof(types))] });

    /// <summary>
    /// Signed-in users who lack a claim of <see cref="VaryByClaim"/> share responses with those who lack it too. Default: false.
    /// </summary>
    public ResponseCachePolicyBuilder AllowMissingClaims(bool allow = true) => Set(settings with { AllowMissingClaims = allow });

    /// <summary>
    /// Whatever this function returns makes a difference; null is a value of its own. It runs before each lookup: keep it cheap, and free of side
    /// effects.
    /// </summary>
    /// <exception cref="ArgumentNullException"><paramref name="valueOf"/> is null.</exception>
    public ResponseCachePolicyBuilder VaryByValue(Func<HttpContext, string?> valueOf)
    {
        ArgumentNullException.ThrowIfNull(valueOf);
        return Set(settings with { Custom = [.. settings.Custom, valueOf] });
    }

    /// <summary>Names by which to evict the responses. A route value is named in braces: <c>"product:{id}"</c>.</summary>
    /// <remarks>
    /// A name that the endpoint's route does not have stops the start of the application. In a base policy, the tag is left out at that
    /// endpoint.
    /// </remarks>
    /// <exception cref="ArgumentNullException">One of them is null.</exception>
    public ResponseCachePolicyBuilder Tag(params string[] tags) => Set(settings with { Tags = [.. settings.Tags, .. WithoutNull(tags, nameof(tags))] });

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
