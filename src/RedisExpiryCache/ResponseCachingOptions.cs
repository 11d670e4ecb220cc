using RedisExpiryCache.Redis.Execution;
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
    /// <example><code>options.ResponseCaching.Enabled = false;</code></example>
    public bool Enabled { get; set; } = true;

    /// <summary>
    /// Which requests are looked up, and which responses are stored. Default: <see cref="ResponseCachingScope.MarkedAndPublic"/>.
    /// </summary>
    /// <remarks>
    /// With the default, endpoints with <see cref="RedisResponseCacheAttribute"/>, <c>CacheResponse</c> or MVC's <c>[ResponseCache]</c>,
    /// and other responses that say <c>public</c>, <c>s-maxage</c> or one of <see cref="TargetedCacheControl"/>. A reverse proxy sets
    /// <see cref="ResponseCachingScope.AllResponses"/>. A value that the enumeration does not have stops the start of the application.
    /// </remarks>
    /// <example><code>options.ResponseCaching.Scope = ResponseCachingScope.MarkedEndpoints;</code></example>
    public ResponseCachingScope Scope { get; set; }

    /// <summary>
    /// The longest wait of one request for Redis, in all. Default: 100 milliseconds. Range: more than zero, up to 1 hour.
    /// </summary>
    /// <remarks>
    /// Lookup, store and evictions share it. After it the application answers as if there were no cache. Raise it where Redis is far away,
    /// or where bodies are large and the network is slow. The first requests of a process, until a response has been stored or Redis has
    /// once not replied in time, wait for up to <see cref="RedisExpiringCacheOptions.OperationTimeout"/> where that is longer.
    /// </remarks>
    /// <example><code>options.ResponseCaching.OperationTimeout = TimeSpan.FromMilliseconds(250);</code></example>
    public TimeSpan OperationTimeout { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest body that is stored, in bytes. Default: 67,108,864 (64 MiB). Range: 0 to 500 MiB.</summary>
    /// <remarks>A longer body is passed to the client and not stored. Redis holds at most 512 MiB under one key.</remarks>
    /// <example><code>options.ResponseCaching.MaximumBodySize = 1024 * 1024;</code></example>
    public long MaximumBodySize { get; set; } = 64 * 1024 * 1024;

    /// <summary>How long responses are fresh that have no duration. Default: null. Range: more than zero, up to 365 days.</summary>
    /// <remarks>
    /// It counts where neither a policy of the endpoint nor the response's own fields say it. Null: 60 seconds with <c>CacheResponse</c>,
    /// and not stored with <see cref="RedisResponseCacheAttribute"/>.
    /// </remarks>
    /// <example><code>options.ResponseCaching.DefaultDuration = TimeSpan.FromMinutes(1);</code></example>
    public TimeSpan? DefaultDuration { get; set; }

    /// <summary>Whether the <c>Cache-Control</c> of requests counts (RFC 9111 5.2.1). Default: false.</summary>
    /// <remarks>
    /// RFC 9111 calls these directives advisory. With false, the reload of a browser (<c>max-age=0</c>) is a hit, and no client can make
    /// the application work for it. With true, <c>no-cache</c>, <c>no-store</c>, <c>max-age</c>, <c>min-fresh</c>, <c>max-stale</c>,
    /// <c>only-if-cached</c>, <c>stale-if-error</c> and <c>Pragma: no-cache</c> count: right for a proxy in front of other servers.
    /// </remarks>
    /// <example><code>options.ResponseCaching.HonorRequestDirectives = true;</code></example>
    public bool HonorRequestDirectives { get; set; }

    /// <summary>Whether responses say how the cache handled them (<c>Cache-Status</c>, RFC 9211). Default: true.</summary>
    /// <example><code>options.ResponseCaching.EmitCacheStatus = builder.Environment.IsDevelopment();</code></example>
    public bool EmitCacheStatus { get; set; } = true;

    /// <summary>Whether <c>Cache-Status</c> also names the Redis key (its parameter <c>key</c>, RFC 9211 2.7). Default: false.</summary>
    /// <remarks>It helps to find an entry with redis-cli, and shows clients how keys are made.</remarks>
    /// <example><code>options.ResponseCaching.EmitCacheKey = builder.Environment.IsDevelopment();</code></example>
    public bool EmitCacheKey { get; set; }

    /// <summary>
    /// Whether responses with <c>Last-Modified</c> and without freshness are fresh for a while (RFC 9111 4.2.2). Default: false.
    /// </summary>
    /// <remarks>The time is a tenth of the time since <c>Last-Modified</c>, at most one day.</remarks>
    /// <example><code>options.ResponseCaching.HeuristicFreshness = true;</code></example>
    public bool HeuristicFreshness { get; set; }

    /// <summary>Whether responses with <c>Set-Cookie</c> are stored, cookie included (RFC 9111 7.3). Default: false.</summary>
    /// <remarks>Every client that gets the stored response gets the same cookie, which is wrong for a session.</remarks>
    /// <example><code>options.ResponseCaching.StoreSetCookie = true;</code></example>
    public bool StoreSetCookie { get; set; }

    /// <summary>Whether a response to POST is stored for a later GET of the same URL (RFC 9110 9.3.3). Default: false.</summary>
    /// <remarks>Only a 200 that says how long it is fresh and names the URL in <c>Content-Location</c>.</remarks>
    /// <example><code>options.ResponseCaching.StorePostResponses = true;</code></example>
    public bool StorePostResponses { get; set; }

    /// <summary>How long stale responses are kept for revalidation (RFC 9111 4.3). Default: 1 hour. Range: zero to 365 days.</summary>
    /// <remarks>
    /// Only responses with a validator of the application, <c>ETag</c> or <c>Last-Modified</c>: it can then answer 304. Zero: they are not
    /// kept.
    /// </remarks>
    /// <example><code>options.ResponseCaching.StaleRetention = TimeSpan.FromHours(6);</code></example>
    public TimeSpan StaleRetention { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// How long stale responses replace errors of the origin (RFC 5861 4). Default: zero, never. Range: zero to 365 days.
    /// </summary>
    /// <remarks>
    /// An error is an exception, 500, 502, 503 or 504. A response's own <c>stale-if-error</c> and a policy's come first. Never where the
    /// response forbids it (must-revalidate, proxy-revalidate, s-maxage, no-cache).
    /// </remarks>
    /// <example><code>options.ResponseCaching.StaleIfError = TimeSpan.FromMinutes(10);</code></example>
    public TimeSpan StaleIfError { get; set; }

    /// <summary>Whether requests for the same response share one origin fetch, in this process and on all nodes. Default: true.</summary>
    /// <example><code>options.ResponseCaching.CollapseRequests = false;</code></example>
    public bool CollapseRequests { get; set; } = true;

    /// <summary>
    /// How long requests wait for the leader of a collapsed fetch alone. Default: 5 seconds. Range: more than zero, up to 1 hour.
    /// </summary>
    /// <remarks>
    /// Then they call the origin in growing groups, and the first response answers all of them. A request that has waited this long gets
    /// 503 when a group has failed. It is also the time to live of the lock that other nodes wait for (Redis: <c>SET NX PX</c>).
    /// </remarks>
    /// <example><code>options.ResponseCaching.CollapseTimeout = TimeSpan.FromSeconds(2);</code></example>
    public TimeSpan CollapseTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How early a response in demand is renewed in the background. Default: 0, never; 1 is usual. Range: 0 to 100.</summary>
    /// <remarks>
    /// The chance that a hit starts the renewal grows as the end of its freshness nears, and starts to grow the earlier the longer the
    /// origin took to produce the response, times this factor. (XFetch: Vattani, Chierichetti and Lowenstein, Optimal Probabilistic Cache
    /// Stampede Prevention, 2015.)
    /// </remarks>
    /// <example><code>options.ResponseCaching.EarlyRefresh = 1;</code></example>
    public double EarlyRefresh { get; set; }

    /// <summary>
    /// Whether <c>en, de</c> and <c>de, en</c> select the same response under <c>Vary: Accept-Language</c>. Default: false.
    /// </summary>
    /// <remarks>
    /// The same for <c>Vary: Accept</c>. The order of preferences of equal weight has no meaning (RFC 9110 12.5), but ASP.NET Core itself
    /// prefers the first of them.
    /// </remarks>
    /// <example><code>options.ResponseCaching.IgnorePreferenceOrder = true;</code></example>
    public bool IgnorePreferenceOrder { get; set; }

    /// <summary>
    /// The response fields that replace <c>Cache-Control</c> and <c>Expires</c> (RFC 9213). Default: <c>CDN-Cache-Control</c>.
    /// </summary>
    /// <remarks>The first one that the response has, and that is valid, counts.</remarks>
    /// <example><code>options.ResponseCaching.TargetedCacheControl.Insert(0, "Shop-Cache-Control");</code></example>
    public IList<string> TargetedCacheControl { get; } = ["CDN-Cache-Control"];

    /// <summary>The content codings in which stored responses are sent, in order of preference (RFC 9110 8.4). Default: none.</summary>
    /// <remarks>
    /// Of <c>br</c>, <c>gzip</c> and <c>deflate</c>. With any of them the origin is called without <c>Accept-Encoding</c>; its response is
    /// stored once, plain, and compressed once for each coding when the first client accepts it. Only text and similar media types, from 1
    /// KiB, without <c>Set-Cookie</c> and <c>no-transform</c>.
    /// </remarks>
    /// <example><code>options.ResponseCaching.ContentCodings = ["br", "gzip"];</code></example>
    public IList<string> ContentCodings { get; set; } = [];

    internal PolicySettings BasePolicy { get; private set; } = new();

    internal Dictionary<string, PolicySettings> Policies { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Adds a policy that endpoints refer to by its name. A policy of the same name is replaced.</summary>
    /// <param name="name">The name. Letter case does not matter.</param>
    /// <param name="policy">Says how responses are cached.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <example><code>options.ResponseCaching.AddPolicy("hourly", policy => policy.Expire(TimeSpan.FromHours(1)));</code></example>
    public void AddPolicy(string name, Action<ResponseCachePolicyBuilder> policy)
    {
        ArgumentNullException.ThrowIfNull(name);
        Policies[name] = Build(policy);
    }

    /// <summary>Adds to the policy that lies under all others, also for endpoints that are not marked.</summary>
    /// <remarks>
    /// With <see cref="ResponseCachePolicyBuilder.Expire"/> or <see cref="ResponseCachePolicyBuilder.Slide"/> in it, every successful GET
    /// is stored that nothing forbids: consider all that your endpoints answer. Static assets, static files and health checks are stored
    /// only where they are marked. With <see cref="ResponseCachingScope.MarkedEndpoints"/> it only completes what marked endpoints say.
    /// </remarks>
    /// <param name="policy">Says how responses are cached.</param>
    /// <exception cref="ArgumentNullException"><paramref name="policy"/> is null.</exception>
    /// <example><code>options.ResponseCaching.AddBasePolicy(policy => policy.StaleIfError(TimeSpan.FromMinutes(5)));</code></example>
    public void AddBasePolicy(Action<ResponseCachePolicyBuilder> policy) => BasePolicy = Build(policy).Over(BasePolicy);

    internal PolicySettings PolicyNamed(string name) => Policies.TryGetValue(name, out var policy)
        ? policy
        : throw new InvalidOperationException(
            $"There is no response cache policy '{name}'; {KnownPolicies}. Add it by options.ResponseCaching.AddPolicy(\"{name}\", …).");

    internal string KnownPolicies => Policies.Count == 0 ? "none has been added" : $"there are {string.Join(", ", Policies.Keys)}";

    /// <summary>Copies these settings, with the values of the given ones where a setting can change while the application runs.</summary>
    internal ResponseCachingOptions WithReloaded(ResponseCachingOptions read)
    {
        var copy = (ResponseCachingOptions)MemberwiseClone();
        (copy.Enabled, copy.EmitCacheStatus) = (read.Enabled, read.EmitCacheStatus);
        (copy.DefaultDuration, copy.MaximumBodySize) = (read.DefaultDuration, read.MaximumBodySize);
        return copy;
    }

    private static PolicySettings Build(Action<ResponseCachePolicyBuilder> policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        var builder = new ResponseCachePolicyBuilder();
        policy(builder);
        return builder.Settings;
    }

    internal TimeLimit ToBudget() =>
        new(OperationTimeout, $"{nameof(RedisExpiringCacheOptions.ResponseCaching)}.{nameof(OperationTimeout)}", IsLongerWhenCold: true);

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
