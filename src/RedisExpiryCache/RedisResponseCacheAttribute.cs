using System.Runtime.CompilerServices;
using RedisExpiryCache.ResponseCaching;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache;

/// <summary>
/// Stores the successful responses (200, 203, 204, 300, 301, 308) of a controller, an action or a minimal-API handler in Redis. The nearest
/// attribute counts, the action's before the controller's. Needs <c>app.UseRedisExpiringCache()</c>.
/// <para>
/// Never stored, whatever is set here: responses with <c>Set-Cookie</c>, <c>no-store</c>, <c>private</c>, <c>no-cache</c> or <c>Vary: *</c> (RFC 9111 3). Signed-in users
/// and requests with <c>Authorization</c> get the app's own answer, which is not stored either, unless the response itself says that it is for
/// everybody (<c>public</c> or <c>s-maxage</c>, RFC 9111 3.5).
/// </para>
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, Inherited = true)]
public sealed class RedisResponseCacheAttribute : Attribute
{
    /// <summary>
    /// For how many seconds a response is fresh, and kept at most. Default: 0, that is: only <see cref="SlidingDuration"/> counts, or, where that is
    /// 0 too, the response's own headers (RFC 9111 4.2.1). A response without a <c>Cache-Control</c> of its own gets one that tells
    /// clients the same.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Set to less than 0.</exception>
    public int Duration
    {
        get;
        set => field = NotNegative(value);
    }

    /// <summary>
    /// For how many seconds a response is kept after its last use; each use slides it (Redis PEXPIRE), though never beyond
    /// <see cref="Duration"/> where that is set. Default: 0, it does not slide.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Set to less than 0.</exception>
    public int SlidingDuration
    {
        get;
        set => field = NotNegative(value);
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

    /// <summary>Request fields that make a difference, beside those in the response's own <c>Vary</c>, to which they are added. Default: none.</summary>
    /// <exception cref="ArgumentException">One of them cannot be the name of a field, "*" included.</exception>
    public string[]? VaryByHeaderNames
    {
        get;
        set => field = FieldNames(value);
    }

    /// <summary>
    /// Names by which to evict the responses (<see cref="IResponseCacheControl.EvictByTagAsync"/>, <see cref="RedisResponseCacheEvictAttribute"/>). A route
    /// value is named in braces: <c>"product:{id}"</c>. Default: none.
    /// </summary>
    /// <exception cref="ArgumentNullException">One of them is null.</exception>
    public string[]? Tags
    {
        get;
        set => field = WithoutNull(value);
    }

    internal ResponsePolicy Policy => field ??= new ResponsePolicy(this);

    private static string[]? FieldNames(string[]? names) => Variants.TryParse(names, out _)
        ? names
        : throw new ArgumentException(
            $"{nameof(VaryByHeaderNames)} is [{string.Join(", ", names!)}]; each has to be the name of one request header.", nameof(VaryByHeaderNames));

    internal static string[]? WithoutNull(string[]? values, [CallerMemberName] string name = "") =>
        values is null || !values.Contains(null) ? values : throw new ArgumentNullException(name, "One of its values is null.");

    private static int NotNegative(int seconds, [CallerMemberName] string name = "")
    {
        ArgumentOutOfRangeException.ThrowIfNegative(seconds, name);
        return seconds;
    }
}
