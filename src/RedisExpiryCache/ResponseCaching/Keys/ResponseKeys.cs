using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.AspNetCore.Routing;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Redis.Generations;
using RedisExpiryCache.ResponseCaching.Lookup;
using RedisExpiryCache.ResponseCaching.Policies;
using RedisExpiryCache.ResponseCaching.Storage;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching.Keys;

// The Redis keys of responses, each behind the InstanceName:
//
//   GET:/products?page=2                        a URL: its generation, and which request fields its variants differ by
//   GET:/products?page=2#GENERATION.DIGEST      one response under that generation; the digest is of all that tells requests apart
//   GET:/products?page=2#GENERATION.DIGEST.br   the body of that response in a content coding
//   lock:DIGEST                                 one node is asking the app for the response under one of these keys
//   GET:*DIGEST                                 the variants of one resource that were stored last (VariantList)
//   tag:http:products                           a tag: its generation
//   tag:http:*                                  everything: its generation, and behind it a note that changes whenever a tag or group is evicted
//   tag:http:*https://example.com|scripts       a group of an origin (RFC 9875): its generation
//   tag:guard:a7                                a random id that each eviction of the generations that share it deletes (AbsentGenerations)
//
// A URL's key is deliberately coarse: without host, scheme, spelling of the path (CanonicalText), a trailing slash, order of the query.
// That only joins more under one generation, so that evicting "/products" reaches every spelling of it. The digest is exact.
internal sealed class ResponseKeys(string instanceName, bool ignorePreferenceOrder = false)
{
    /// <summary>
    /// As a tag, it is on every response. No tag of a user is spelled like this, because KeyEncoder escapes the asterisk.
    /// </summary>
    public const string AllResponsesTag = "*";

    /// <summary>A response can fail to be stored because another generation was evicted that shares a guard with its own.</summary>
    private const int GuardCount = 256;

    private readonly ConditionalWeakTable<ResponsePolicy, TagNames> fixedTags = [];
    private TagNames? everythingAlone;

    /// <summary>What requests ask for.</summary>
    public RequestKeys Targets => field ??= new RequestKeys(this);

    // Asked for by each request.
    private readonly string everythingKey = KeyOfTag(instanceName, AllResponsesTag);

    private readonly string[] guardKeys = [.. Enumerable.Range(0, GuardCount).Select(i => $"{instanceName}tag:guard:{i:x2}")];

    public string UrlOf(PathString path, string canonicalQuery)
    {
        var text = KeyEncoder.Escape(CanonicalText.Canonical(path.Value ?? "").TrimEnd('/'), alsoEscaped: "?");
        return $"{instanceName}GET:{(text.Length == 0 ? "/" : text)}{(canonicalQuery.Length == 0 ? "" : "?")}{KeyEncoder.Shorten(canonicalQuery)}";
    }

    /// <summary>A tag as it is stamped on responses.</summary>
    public static string EscapedTag(string tag) => KeyEncoder.Escape(CanonicalText.Canonical(tag));

    /// <summary>The register of the variants of a resource. No URL has this key, because KeyEncoder escapes the asterisk.</summary>
    public string VariantsOf(RequestKey target) => $"{instanceName}GET:*{KeyEncoder.DigestOf(target.UrlKey + target.Digest)}";

    /// <summary>
    /// A group as it is stamped on responses, among their tags; an asterisk in front, as with everything, tells it from those.
    /// </summary>
    public static string GroupTag(HttpRequest request, string group) =>
        $"*{request.Scheme}://{KeyEncoder.Escape(request.Host.Value?.ToLowerInvariant() ?? "")}|{KeyEncoder.Escape(group)}";

    /// <summary>The tags that a response will carry, by its endpoint's policy and by the other names of its URL.</summary>
    public TagNames TagsOf(ResponsePolicy policy, RouteValueDictionary values, string[] otherNames)
    {
        var byPolicy = TagsOf(policy, values);
        return otherNames.Length == 0 ? byPolicy : Names([.. byPolicy.Tags, .. otherNames]);
    }

    /// <summary>The tags that a response will carry, by its endpoint's policy.</summary>
    public TagNames TagsOf(ResponsePolicy policy, RouteValueDictionary values)
    {
        if (policy.Tags.Length == 0)
            return everythingAlone ??= Names([AllResponsesTag]);

        if (!policy.HasFixedTags)
            return Fill(policy, values);

        if (!fixedTags.TryGetValue(policy, out var names))
            fixedTags.AddOrUpdate(policy, names = Fill(policy, values));

        return names;
    }

    public TagNames Names(string[] escapedTags) => new(escapedTags, Array.ConvertAll(escapedTags, TagOf));

    public string TagOf(string escapedTag) => escapedTag switch
    {
        AllResponsesTag => everythingKey,
        ['*', '/', ..] => $"{instanceName}GET:{escapedTag[1..]}",
        _ => KeyOfTag(instanceName, escapedTag),
    };

    /// <summary>The guard of a generation; null for that of everything, which needs none.</summary>
    /// <remarks>The same on every node and in every version.</remarks>
    public string? GuardOf(string generationKey) => generationKey == everythingKey
        ? null
        : guardKeys[XxHash3.HashToUInt64(MemoryMarshal.AsBytes(generationKey.AsSpan())) % GuardCount];

    public string[] GuardsOf(string[] generationKeys) =>
        [.. generationKeys.Select(GuardOf).OfType<string>().Distinct(StringComparer.Ordinal)];

    /// <summary>
    /// The other names of a request's URL, each as a tag whose generation is that of the URL of this name: as the client has sent it, where
    /// it was rewritten, and without the path base.
    /// </summary>
    public string[] OtherNamesOf(HttpRequest request, string? rawTarget, ResponsePolicy policy)
    {
        var query = request.QueryString.Value ?? "";
        if (SpecialSpelling(request, rawTarget, policy) is null && !request.PathBase.HasValue)
            return [];

        List<string> names = [];
        if (request.PathBase.HasValue)
            names.Add(UrlOf(request.Path, policy.Query.Canonical(query)));
        if (UrlPath.TrySplitTarget(rawTarget, out var path, out var sentQuery))
            names.Add(UrlOf(UrlPath.Decode(path), policy.Query.Canonical(sentQuery)));

        var own = UrlOf(request.PathBase + request.Path, policy.Query.Canonical(query));
        var prefix = instanceName.Length + "GET:".Length;
        return [.. names.Where(name => name != own).Distinct(StringComparer.Ordinal).Select(name => $"*{name[prefix..]}")];
    }

    /// <summary>The key of one response, by what <see cref="DigestOf"/> says of its request.</summary>
    public static string VariantOf(string urlKey, string generation, string digest) => $"{urlKey}#{generation}.{digest}";

    /// <summary>
    /// The lock of whoever makes the response under this key. Who comes after an eviction does not wait for one from before.
    /// </summary>
    public string LockOf(string variantKey, IEnumerable<TagGeneration> stamps) =>
        $"{instanceName}lock:{KeyEncoder.DigestOf(string.Concat([variantKey, .. stamps.Select(static stamp => stamp.Generation)]))}";

    /// <summary>The key of the response to this request, by what is known of its URL.</summary>
    public string VariantOf(LookupRequest question, VariantIndex url) =>
        url.Names.Length == 0 ? question.Target.KeyUnder(url.Generation) : VariantOf(question.UrlKey, url.Generation, DigestOf(question, url.Names));

    /// <summary>
    /// Of all that tells requests apart: <paramref name="names"/> are the request fields that the URL's variants differ by.
    /// </summary>
    public string DigestOf(LookupRequest question, string[] names)
    {
        if (names.Length == 0)
            return question.Target.Digest;

        var text = new StringBuilder(question.Identity);
        foreach (var name in names)
        {
            Append(text, name);
            Append(text, Variants.Normalize(name, question.Fields[name], ignorePreferenceOrder));
        }

        return KeyEncoder.DigestOf(text.ToString());
    }

    /// <summary>
    /// All that tells two requests apart before any field is looked at. Each part carries its length, so no choice of delimiters joins two.
    /// </summary>
    public static string IdentityOf(HttpRequest request, string? rawTarget, ResponsePolicy policy)
    {
        var text = new StringBuilder(128);
        Append(text, request.Scheme);
        Append(text, policy.VaryByHost ? request.Host.Value?.ToLowerInvariant() : null);
        Append(text, request.PathBase.Value);
        Append(text, policy.Path.Canonical(request.Path.Value));
        Append(text, policy.Query.IsAsSpelled ? request.QueryString.Value : policy.Query.Canonical(request.QueryString.Value));
        Append(text, SpecialSpelling(request, rawTarget, policy));
        Append(text, policy.Endpoint);
        foreach (var part in policy.PartsOf(request.HttpContext))
            Append(text, part);

        return text.ToString();
    }

    /// <summary>The target as the client sent it, where path and query at the cache do not tell all of it; null: they do.</summary>
    /// <remarks>
    /// "%252F" and "%2F" decode to the same path, and an app can look at the raw one. What middleware in front has taken off the path or
    /// the query, a tenant for one, it may have left to the app in another place.
    /// </remarks>
    private static string? SpecialSpelling(HttpRequest request, string? rawTarget, ResponsePolicy policy)
    {
        if (string.IsNullOrEmpty(rawTarget))
            return null;

        var queryAt = rawTarget.IndexOf('?', StringComparison.Ordinal);
        var (path, query) = queryAt < 0 ? (rawTarget, "") : (rawTarget[..queryAt], CountedQuery(rawTarget[queryAt..], policy));
        if (query != CountedQuery(request.QueryString.Value, policy))
            return $"{path}?{query}";

        return path == (request.PathBase + request.Path).ToUriComponent() ? null : path;
    }

    /// <summary>What counts of a query; a question mark alone is none.</summary>
    private static string CountedQuery(string? query, ResponsePolicy policy) =>
        query is null or "?" ? "" : policy.Query.IsAsSpelled ? query : policy.Query.Canonical(query);

    private TagNames Fill(ResponsePolicy policy, RouteValueDictionary values) =>
        Names([AllResponsesTag, .. policy.Tags.Select(tag => EscapedTag(tag.Fill(values))).Distinct(StringComparer.Ordinal)]);

    private static string KeyOfTag(string instanceName, string escapedTag) => $"{instanceName}tag:http:{escapedTag}";

    private static void Append(StringBuilder text, string? part)
    {
        if (part is null)
            text.Append('-');
        else
            text.Append(part.Length).Append(':').Append(part);
    }
}
