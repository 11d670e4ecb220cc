using RedisExpiryCache.Redis;
using RedisExpiryCache.ResponseCaching.Policies;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache;

/// <summary>Settings of the response cache.</summary>
public sealed class ResponseCachingOptions
{
    /// <summary>Whether responses are stored and served. Default: true.</summary>
    /// <remarks>
    /// With false, requests pass through as if <c>UseRedisExpiringCache</c> were not there: no lookup, no storing, no collapsing, no
    /// fields of a policy, no <c>Cache-Status</c>. Evictions still reach Redis, so that turning it on again serves nothing that was
    /// evicted meanwhile. Data, and the store of the output cache, work as before. It can change while the application runs, by a
    /// configuration section.
    /// </remarks>
    public bool Enabled { get; set; } = true;

    /// <summary>Which requests are looked up, and which responses are stored. Default: <see cref="ResponseCachingScope.MarkedAndPublic"/>.</summary>
    /// <remarks>
    /// With the default, endpoints with <see cref="RedisResponseCacheAttribute"/>, <c>CacheResponse</c> or MVC's <c>[ResponseCache]</c>, and
    /// other responses that say <c>public</c>, <c>s-maxage</c> or one of <see cref="TargetedCacheControl"/>. A reverse proxy sets
    /// <see cref="ResponseCachingScope.AllResponses"/>. A value that the enumeration does not have stops the start of the application.
    /// </remarks>
    public ResponseCachingScope Scope { get; set; }

    /// <summary>
    /// How long a request waits for Redis at most, looking up, storing and evicting together. Default: 100 milliseconds. Range: more than zero, up to
    /// 1 hour. After it the application answers as if there were no cache. Raise it where Redis is far away, or bodies are large and the network is
    /// slow. The first requests of a process, until Redis has replied to a first page or has once not replied in time, wait for up to
    /// <see cref="RedisExpiringCacheOptions.OperationTimeout"/> where that is longer.
    /// </summary>
    public TimeSpan OperationTimeout { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// The longest body that is stored, in bytes. Default: 64 MiB. Range: 0 to 500 MiB (Redis holds 512 MiB under a key). A longer one
    /// passes through to the client and is not stored.
    /// </summary>
    public long MaximumBodySize { get; set; } = 64 * 1024 * 1024;

    /// <summary>
    /// How long a response is fresh where neither a policy of its endpoint nor its own fields say so. Default: null, that is 60 seconds with
    /// <c>CacheResponse</c>, and not stored with <c>[RedisResponseCache]</c>. Range: more than zero, 365 days at most.
    /// </summary>
    public TimeSpan? DefaultDuration { get; set; }

    /// <summary>Whether the <c>Cache-Control</c> of requests counts (RFC 9111 5.2.1). Default: false.</summary>
    /// <remarks>
    /// RFC 9111 calls these directives advisory. With false, the reload of a browser (<c>max-age=0</c>) is a hit, and no client can make the
    /// application work for it. With true, <c>no-cache</c>, <c>no-store</c>, <c>max-age</c>, <c>min-fresh</c>, <c>max-stale</c>,
    /// <c>only-if-cached</c>, <c>stale-if-error</c> and <c>Pragma: no-cache</c> count: right for a proxy in front of other servers.
    /// </remarks>
    public bool HonorRequestDirectives { get; set; }

    /// <summary>Whether responses say how the cache handled them (<c>Cache-Status</c>, RFC 9211). Default: true.</summary>
    public bool EmitCacheStatus { get; set; } = true;

    /// <summary>
    /// Whether <c>Cache-Status</c> also names the Redis key (its parameter <c>key</c>, RFC 9211 2.7), for looking at it with redis-cli. Default: false,
    /// for a key tells how the cache is laid out.
    /// </summary>
    public bool EmitCacheKey { get; set; }

    /// <summary>
    /// Whether a response that has a <c>Last-Modified</c> and says nothing about its freshness is taken to be fresh for a tenth of the time since then,
    /// a day at most (RFC 9111 4.2.2). Default: false.
    /// </summary>
    public bool HeuristicFreshness { get; set; }

    /// <summary>
    /// Whether a response with <c>Set-Cookie</c> is stored, cookie and all, when nothing else forbids it (RFC 9111 7.3). Default: false: everybody who gets the
    /// stored copy gets the same cookie, which is wrong for a session.
    /// </summary>
    public bool StoreSetCookie { get; set; }

    /// <summary>
    /// Whether an answer to POST is stored for a later GET of the same URL: a 200 that says for how long it is fresh and names the URL in
    /// <c>Content-Location</c> (RFC 9110 9.3.3). Default: false.
    /// </summary>
    public bool StorePostResponses { get; set; }

    /// <summary>
    /// For how long a response that has become stale is kept in Redis if it has a validator of the app's own (<c>ETag</c> or <c>Last-Modified</c>),
    /// so that the app can be asked whether it still holds and answer 304 (RFC 9111 4.3). Default: one hour. Range: zero (never kept) to 365 days.
    /// </summary>
    public TimeSpan StaleRetention { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// For how long after it has become stale a response answers in place of an app that fails (an exception, 500, 502, 503 or 504), where the
    /// response does not say so itself by <c>stale-if-error</c> (RFC 5861 4). Default: zero, not at all. Range: zero to 365 days. Never done where
    /// the response forbids it (must-revalidate, proxy-revalidate, s-maxage, no-cache).
    /// </summary>
    public TimeSpan StaleIfError { get; set; }

    /// <summary>
    /// Whether requests that want the same response, which is not stored or no longer fresh, wait for one of them to ask the app, in this process and
    /// on all nodes. Default: true.
    /// </summary>
    public bool CollapseRequests { get; set; } = true;

    /// <summary>
    /// How long requests wait for the leader of a collapsed fetch alone; then they call the origin in growing groups, and the first
    /// response answers all of them. A request that has waited this long gets 503 once a group has failed. Default: 5 s. Range:
    /// more than zero, one hour at most. Also the time to live of the lock that keeps other nodes waiting (Redis: <c>SET NX PX</c>).
    /// </summary>
    public TimeSpan CollapseTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How early a response that is asked for all the time is renewed in the background before it goes stale, so that it never does in front of a
    /// crowd: the chance of a hit to set that off rises as the end nears, the sooner the longer the app took to make the response, times this factor.
    /// Default: 0, never; 1 is a good value where it is wanted, more is earlier. Range: 0 to 100. (XFetch: Vattani, Chierichetti and Lowenstein,
    /// Optimal Probabilistic Cache Stampede Prevention, 2015.)
    /// </summary>
    public double EarlyRefresh { get; set; }

    /// <summary>
    /// Whether <c>Vary: Accept-Language</c> and <c>Vary: Accept</c> take <c>en, de</c> and <c>de, en</c> for the same request, because the order of
    /// preferences of equal weight has no meaning (RFC 9110 12.5). Default: false, for ASP.NET Core itself prefers the first of them.
    /// </summary>
    public bool IgnorePreferenceOrder { get; set; }

    /// <summary>
    /// The response fields that are obeyed in place of <c>Cache-Control</c> and <c>Expires</c>, the first one that is there and valid (RFC 9213). Default:
    /// <c>CDN-Cache-Control</c> alone.
    /// </summary>
    public IList<string> TargetedCacheControl { get; } = ["CDN-Cache-Control"];

    /// <summary>
    /// The content codings in which stored responses are sent to clients that accept them (RFC 9110 8.4), in order of preference: of <c>br</c>,
    /// <c>gzip</c> and <c>deflate</c>. Default: none. With any of them the app is asked without <c>Accept-Encoding</c>; its response is stored once,
    /// plain, and compressed once for each coding, when somebody first asks for it. Only text and the like, from 1 KiB on, without <c>Set-Cookie</c>
    /// or <c>no-transform</c>.
    /// </summary>
    public IList<string> ContentCodings { get; set; } = [];

    internal PolicySettings BasePolicy { get; private set; } = new();

    internal Dictionary<string, PolicySettings> Policies { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Adds a policy that endpoints can ask for by its name, in any case. A name that is taken already gets this policy from now on.</summary>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public void AddPolicy(string name, Action<ResponseCachePolicyBuilder> policy)
    {
        ArgumentNullException.ThrowIfNull(name);
        Policies[name] = Build(policy);
    }

    /// <summary>
    /// Adds to what holds for every request, also of endpoints that ask for nothing. With <c>Expire</c> or <c>Slide</c> in it, every GET's success
    /// is stored that nothing forbids: think of what your endpoints answer before you say that here.
    /// </summary>
    /// <remarks>
    /// Static assets, static files and health checks are stored by it only where they are marked. With <see cref="Scope"/> MarkedEndpoints a
    /// base policy only completes what marked endpoints say.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="policy"/> is null.</exception>
    public void AddBasePolicy(Action<ResponseCachePolicyBuilder> policy) => BasePolicy = Build(policy).Over(BasePolicy);

    internal PolicySettings PolicyNamed(string name) => Policies.TryGetValue(name, out var policy)
        ? policy
        : throw new InvalidOperationException(
            $"There is no response cache policy '{name}'; {KnownPolicies}. Add it by options.ResponseCaching.AddPolicy(\"{name}\", …).");

    internal string KnownPolicies => Policies.Count == 0 ? "none has been added" : $"there are {string.Join(", ", Policies.Keys)}";

    internal void KeepPoliciesOf(ResponseCachingOptions other)
    {
        BasePolicy = other.BasePolicy;
        Policies.Clear();
        foreach (var (name, policy) in other.Policies)
            Policies[name] = policy;
    }

    private static PolicySettings Build(Action<ResponseCachePolicyBuilder> policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        var builder = new ResponseCachePolicyBuilder();
        policy(builder);
        return builder.Settings;
    }

    internal CallBudget ToBudget() => new(OperationTimeout, $"{nameof(RedisExpiringCacheOptions.ResponseCaching)}.{nameof(OperationTimeout)}");

    internal CachingRules ToRules() => new()
    {
        HonorRequestDirectives = HonorRequestDirectives,
        HeuristicFreshness = HeuristicFreshness,
        StoreSetCookie = StoreSetCookie,
        StorePost = StorePostResponses,
        StaleIfError = StaleIfError,
        StaleRetention = StaleRetention,
    };
}
