using Microsoft.Extensions.Primitives;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>Asks the rules about a response of the app, and takes down what is to be stored of it.</summary>
internal sealed class StorableResponses(ResponseCachingOptions options)
{
    private readonly CachingRules rules = options.ToRules();

    public ResponseCachingOptions Options => options;

    public CachingRules Rules => rules;

    public ResponseFacts FactsOf(Exchange exchange, int statusCode, IHeaderDictionary headers, DateTimeOffset now) =>
        HttpFacts.Of(exchange.Context.Request, statusCode, headers, options.TargetedCacheControl, now);

    public StoreVerdict Decide(Exchange exchange, ResponseFacts facts, DateTimeOffset now)
    {
        if (exchange.Serving.NoStore)
            return StoreVerdict.NoStore(NoStoreReason.NoStore);

        return Storing.Decide(exchange.RequestAsOfNow, facts, exchange.Serving.Lifetime, rules, exchange.RequestTime, now);
    }

    /// <summary>As its header fields alone say, whoever asked: for fields that were added after the decision.</summary>
    public NoStoreReason? ForbiddenByFields(ResponseFacts facts) => Storing.ForbiddenByFields(facts, rules);

    /// <summary>The fields, but for what belongs to one connection or one answer only.</summary>
    public CachedResponse TakeDown(IHeaderDictionary headers, ResponseFacts facts, StoredLifetime lifetime, DateTimeOffset now)
    {
        KeyValuePair<string, StringValues>[] fields =
        [
            .. headers.Where(field => StoredHeaders.MayStore(field.Key, headers.Connection, facts.CacheControl, rules)),
        ];
        return CachedResponse.Of(fields, facts, lifetime, now);
    }

    /// <summary>The request fields that the response differs by, for its own reasons or the policy's, or because of its coding.</summary>
    public static string[] NamesOf(Exchange exchange, StringValues vary, StringValues contentEncoding) => ContentCodings.SelectingNames(
        Variants.Union(exchange.Serving.HeaderNames, Variants.TryParse(vary, out var named) ? named : []),
        ContentCodings.IsCoded(contentEncoding),
        isAskedPlain: exchange.Coding is not null);
}
