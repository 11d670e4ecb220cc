using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;
using RedisExpiryCache.ResponseCaching.Policies;
using RedisExpiryCache.Rfc9111;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.ResponseCaching.Storage;

/// <summary>Asks the rules about a response of the app, and takes down what is to be stored of it.</summary>
internal sealed class StoreDecision(ResponseCachingOptions options)
{
    private static readonly string[] OfOneAnswer =
    [
        NoStoreReason.RequestNoStore.Token(), NoStoreReason.Authorization.Token(), NoStoreReason.SignedIn.Token(),
        NoStoreReason.SetCookie.Token(), NoStoreReason.Session.Token(), NoStoreReason.PartialContent.Token(),
        NoStoreReason.Aborted.Token(), NoStoreReason.Incomplete.Token(), NoStoreReason.Failed.Token(), NoStoreReason.Spelling.Token(),
    ];

    private readonly CachingRules rules = options.ToRules();

    public ResponseCachingOptions Options => options;

    public CachingRules Rules => rules;

    /// <summary>The reason forbids storing one answer and says nothing of another to the same request.</summary>
    public static bool IsOfOneAnswer(string reason) => OfOneAnswer.Contains(reason);

    public ResponseFacts FactsOf(ResponseCacheContext exchange, int statusCode, IHeaderDictionary headers, DateTimeOffset now) =>
        HttpFacts.Of(exchange.Context.Request, statusCode, headers, options.TargetedCacheControl, now);

    public StoreVerdict Decide(ResponseCacheContext exchange, ResponseFacts facts, DateTimeOffset now)
    {
        if (exchange.Serving.NoStore)
            return StoreVerdict.NoStore(NoStoreReason.NoStore);

        if (StreamingMedia.Is(exchange.Context.Response.ContentType))
            return StoreVerdict.NoStore(NoStoreReason.Streaming);

        var verdict = Storing.Decide(exchange.RequestAsOfNow, facts, exchange.Serving.Lifetime, rules, exchange.RequestTime, now);
        return verdict.Lifetime is null ? verdict
            : !CachingScope.Allows(exchange.Serving, facts) ? StoreVerdict.NoStore(NoStoreReason.Unmarked)
            : IsOfOneSpelling(exchange, facts.StatusCode) ? StoreVerdict.NoStore(NoStoreReason.Spelling)
            : verdict;
    }

    /// <summary>
    /// The key joins spellings of the path, and the response may be wrong for another one. See docs/design/path-folding.md.
    /// </summary>
    private static bool IsOfOneSpelling(ResponseCacheContext exchange, int status)
    {
        var (rule, context) = (exchange.Policy.Path, exchange.Context);
        return !rule.IsAsSpelled && status switch
        {
            >= 300 and <= 399 => HttpFacts.IsOtherSpelling(context.Request, context.Response.Headers.Location),
            >= 400 => rule.Canonical(context.Request.Path.Value) != context.Request.Path.Value,
            _ => false,
        };
    }

    /// <summary>What its header fields alone forbid, whoever sent the request.</summary>
    public NoStoreReason? ForbiddenByFields(ResponseFacts facts) => Storing.ForbiddenByFields(facts, rules);

    /// <summary>What the fields of the response forbid that have been added since the decision.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="response">As the client gets it.</param>
    /// <param name="decided">Its Cache-Control at the decision.</param>
    /// <param name="own">The Cache-Control that the policy has added; null: none.</param>
    /// <param name="now">The time.</param>
    public NoStoreReason? ForbiddenSince(
        ResponseCacheContext exchange, HttpResponse response, StringValues decided, string? own, DateTimeOffset now)
    {
        var cacheControl = response.Headers.CacheControl;
        var facts = FactsOf(exchange, response.StatusCode, response.Headers, now);
        if (ForbiddenByFields(cacheControl == own ? facts with { CacheControl = CacheControl.None } : facts) is { } forbidden)
            return forbidden;

        // Also where a targeted field of the origin takes its place: middleware in front does not know of that one.
        return cacheControl == decided ? null : CacheControl.Parse(cacheControl) switch
        {
            { NoStore: true } => NoStoreReason.NoStore,
            { Private: true } => NoStoreReason.Private,
            _ => null,
        };
    }

    /// <summary>The fields, but for what belongs to one connection or one answer only.</summary>
    public CachedResponse Capture(IHeaderDictionary headers, ResponseFacts facts, StoredLifetime lifetime, DateTimeOffset now)
    {
        KeyValuePair<string, StringValues>[] fields =
        [
            .. headers.Where(field => StoredHeaders.MayStore(field.Key, headers.Connection, facts.CacheControl, rules)),
        ];
        return CachedResponse.Of(fields, facts, lifetime, now);
    }

    /// <summary>The request fields that middleware in front has named in <c>Vary</c> as the response started.</summary>
    /// <remarks>
    /// Without those by which such middleware varies what it does itself to every answer, hits included: CORS by Origin, a compression by
    /// Accept-Encoding.
    /// </remarks>
    public static string[] NamesInFront(StringValues vary) =>
        Variants.TryParse(vary, out var named) && named.Length > 0
            ? [.. named.Where(static name => name is not ("origin" or ContentCodings.FieldName))]
            : [];

    /// <summary>The request fields that the response differs by, for its own reasons or the policy's, or because of its coding.</summary>
    public static string[] NamesOf(ResponseCacheContext exchange, StringValues vary, StringValues contentEncoding) =>
        ContentCodings.SelectingNames(
        Variants.Union(exchange.Serving.HeaderNames, Variants.TryParse(vary, out var named) ? named : []),
        ContentCodings.IsCoded(contentEncoding),
        isAskedPlain: exchange.Coding is not null);
}
