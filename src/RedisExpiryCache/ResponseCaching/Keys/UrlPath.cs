using Microsoft.AspNetCore.Http.Features;

namespace RedisExpiryCache.ResponseCaching.Keys;

/// <summary>Paths as clients and applications write them, in the form in which a server shows them to the application.</summary>
internal static class UrlPath
{
    /// <summary>Decodes percent-encoding as servers do (<c>%2F</c> stays), and removes dot segments (RFC 3986 5.2.4).</summary>
    public static PathString Decode(string encoded)
    {
        var path = PathString.FromUriComponent(encoded);
        return path.Value?.Contains("/.", StringComparison.Ordinal) is true
            ? new PathString(WithoutDotSegments(path.Value))
            : path;
    }

    /// <summary>The target that the client has sent, split before the query. False where it is no path or unknown.</summary>
    public static bool TrySplitTarget(string? rawTarget, out string path, out string query)
    {
        (path, query) = ("", "");
        var target = rawTarget ?? "";
        if (target.IndexOf("://", StringComparison.Ordinal) is var scheme and > 0 && !target.StartsWith('/'))
            target = target.IndexOf('/', scheme + 3) is var begin and > 0 ? target[begin..] : "";

        if (!target.StartsWith('/'))
            return false;

        var queryAt = target.IndexOf('?', StringComparison.Ordinal);
        (path, query) = queryAt < 0 ? (target, "") : (target[..queryAt], target[queryAt..]);
        return true;
    }

    /// <summary>The URL that the client has sent, where something has rewritten it; null: it is the application's own.</summary>
    public static string? OutwardOf(HttpContext context)
    {
        var request = context.Request;
        if (!TrySplitTarget(context.Features.Get<IHttpRequestFeature>()?.RawTarget, out var path, out var query))
            return null;

        return Decode(path) == request.PathBase + request.Path && query == (request.QueryString.Value ?? "") ? null : path + query;
    }

    private static string WithoutDotSegments(string path)
    {
        List<string> kept = [];
        var segments = path[1..].Split('/');
        for (var i = 0; i < segments.Length; i++)
        {
            if (segments[i] is not ("." or ".."))
                kept.Add(segments[i]);
            else if (segments[i] == ".." && kept.Count > 0)
                kept.RemoveAt(kept.Count - 1);

            if (i == segments.Length - 1 && segments[i] is "." or "..")
                kept.Add("");
        }

        return "/" + string.Join('/', kept);
    }
}
