using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;

namespace RedisExpiryCache.Rfc9111;

/// <summary>Content codings, RFC 9110 8.4: who accepts which, and what becomes of a response that is sent in one.</summary>
internal static class ContentCodings
{
    /// <summary>The request field that coded responses differ by, in the form of <see cref="Variants.TryParse"/>.</summary>
    public const string FieldName = "accept-encoding";

    private const string Identity = "identity", Any = "*";

    /// <summary>The body is not the plain one.</summary>
    public static bool IsCoded(StringValues contentEncoding)
    {
        foreach (var member in new ListMembers(contentEncoding))
        {
            if (!member.IsEmpty && !member.Equals(Identity, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    /// <summary>
    /// The request fields that a response differs by, whatever its Vary says of Accept-Encoding: a coded body is for those who have asked
    /// in the same way, and a plain one for everybody where the origin is never told who accepts what.
    /// </summary>
    /// <param name="names">As the response and the policy have it, in the form of <see cref="Variants.TryParse"/>.</param>
    /// <param name="isCoded">The stored body is.</param>
    /// <param name="isAskedPlain">The origin sees no Accept-Encoding.</param>
    public static string[] SelectingNames(string[] names, bool isCoded, bool isAskedPlain) =>
        isCoded ? Variants.Union(names, [FieldName])
        : isAskedPlain && names.Contains(FieldName) ? [.. names.Where(static name => name != FieldName)] : names;

    /// <summary>
    /// RFC 9110 12.5.3: the coding that the client would like best, among equals the first that is offered. Null: none of these, or the
    /// plain body rather. Departs: who says nothing gets the plain body, though the RFC takes that for leave to send any coding.
    /// </summary>
    public static string? Choose(StringValues acceptEncoding, IEnumerable<string> offered)
    {
        var atLeast = Math.Max(1, WeightOf(acceptEncoding, Identity) ?? 1);
        string? best = null;
        foreach (var coding in offered)
        {
            var weight = WeightOf(acceptEncoding, coding) ?? WeightOf(acceptEncoding, Any) ?? 0;
            if (weight < atLeast || (best is not null && weight == atLeast))
                continue;

            (best, atLeast) = (coding, weight);
        }

        return best;
    }

    public static bool Accepts(StringValues acceptEncoding, string coding) =>
        (WeightOf(acceptEncoding, coding) ?? WeightOf(acceptEncoding, Any) ?? 0) > 0;

    /// <summary>
    /// A stored response may be sent in a coding instead: a whole success that is plain, that nobody has forbidden to transform (RFC 9111
    /// 5.2.2.6), that sets no cookie, and that has an entity tag which another can be made from.
    /// </summary>
    public static bool MayCode(
        int statusCode,
        StringValues contentEncoding,
        StringValues contentRange,
        StringValues cacheControl,
        bool hasSetCookie,
        string? etag) =>
        statusCode == 200 && contentEncoding.Count == 0 && contentRange.Count == 0 && !hasSetCookie && !ForbidsTransforming(cacheControl) && TagOf(etag, "x") is not null;

    /// <summary>
    /// RFC 9110 8.8.3.3: each coding has an entity tag of its own, as strong as the plain one. Null: the plain one is none.
    /// </summary>
    public static string? TagOf(string? etag, string coding) => EntityTags.WeaklyEqual(etag, etag) ? $"{etag![..^1]}-{coding}\"" : null;

    /// <summary>The plain tag that <see cref="TagOf"/> has made this one from; null: it has not, not for this coding.</summary>
    public static string? PlainTagOf(string etag, string coding)
    {
        var suffix = $"-{coding}\"";
        return EntityTags.WeaklyEqual(etag, etag) && etag.EndsWith(suffix, StringComparison.Ordinal) ? $"{etag[..^suffix.Length]}\"" : null;
    }

    /// <summary>
    /// A list of entity tags as the origin can read it: beside each coded tag the plain one that it was made from, for codings that the
    /// client still accepts. Beside, for the origin may have tags of its own that end like this.
    /// </summary>
    /// <returns>One line; or as they came, where there is no coded tag among them.</returns>
    public static StringValues WithPlainTags(StringValues tags, StringValues acceptEncoding, IEnumerable<string> codings)
    {
        List<string> added = [];
        foreach (var member in new ListMembers(tags))
        {
            var tag = member.ToString();
            foreach (var coding in codings)
            {
                if (PlainTagOf(tag, coding) is { } plain && Accepts(acceptEncoding, coding))
                    added.Add(plain);
            }
        }

        return added.Count == 0 ? tags : string.Join(", ", [.. tags, .. added]);
    }

    /// <summary>
    /// The tag by which the client knows what the origin calls <paramref name="etag"/>: the coded one, if only that is among those it
    /// named.
    /// </summary>
    public static string? TagNamed(StringValues tags, string? etag, IEnumerable<string> codings) =>
        EntityTags.AnyMatchesWeakly(tags, etag)
            ? etag
            : codings.Select(coding => TagOf(etag, coding)).FirstOrDefault(coded => coded is not null && EntityTags.AnyMatchesWeakly(tags, coded)) ?? etag;

    /// <summary>
    /// A field of a plain response that says nothing true of its coded form: checksums of the bytes, and what is said anew.
    /// </summary>
    public static bool IsOfPlainForm(string fieldName) =>
        StoredHeaders.IsOfTheseBytes(fieldName)
        || fieldName.Equals("Repr-Digest", StringComparison.OrdinalIgnoreCase) || fieldName.Equals("Digest", StringComparison.OrdinalIgnoreCase)
        || fieldName.Equals("ETag", StringComparison.OrdinalIgnoreCase);

    private static bool ForbidsTransforming(StringValues cacheControl)
    {
        foreach (var member in new ListMembers(cacheControl))
        {
            if (Directive.Parse(member).Is("no-transform"))
                return true;
        }

        return false;
    }

    /// <summary>
    /// In thousandths; of several the least, for nobody is to get what they cannot read. Null: the client does not name it.
    /// </summary>
    private static int? WeightOf(StringValues acceptEncoding, string coding)
    {
        int? least = null;
        foreach (var member in new ListMembers(acceptEncoding))
        {
            var name = Preferences.CutWeight(member, out var weight);
            if (IsSame(name, coding) && !(weight > least))
                least = weight;
        }

        return least;
    }

    /// <summary>RFC 9110 8.4.1.3: x-gzip is another name of gzip.</summary>
    private static bool IsSame(ReadOnlySpan<char> name, string coding) =>
        name.Equals(coding, StringComparison.OrdinalIgnoreCase) || (coding == "gzip" && name.Equals("x-gzip", StringComparison.OrdinalIgnoreCase));
}
