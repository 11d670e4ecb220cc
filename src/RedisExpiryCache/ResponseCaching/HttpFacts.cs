using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>From an HttpContext to the facts that the rules ask about: the only reader of header fields.</summary>
internal static class HttpFacts
{
    public static RequestFacts Of(HttpContext context)
    {
        var request = context.Request;
        var headers = request.Headers;
        var cacheControl = headers.CacheControl;
        return new RequestFacts
        {
            Method = HttpMethods.GetCanonicalizedValue(request.Method),
            CacheControl = cacheControl.Count == 0 ? CacheControl.None : CacheControl.Parse(cacheControl),
            PragmaNoCache = RequestFacts.AsksNoCacheByPragma(headers.Pragma, cacheControl),
            HasAuthorization = headers.Authorization.Count > 0,
            IsSignedIn = IsSignedIn(context),
            IfNoneMatch = headers.IfNoneMatch,
            IfModifiedSince = headers.IfModifiedSince.Count == 0 ? null : headers.IfModifiedSince.ToString(),
        };
    }

    /// <summary>By any identity: who adds one to the anonymous principal of a request leaves that one the first.</summary>
    public static bool IsSignedIn(HttpContext context) => context.User.Identities.Any(static identity => identity.IsAuthenticated);

    /// <summary>
    /// A request that asks for another protocol, or carries content (in HTTP/2 without any field that says so), is not one for a stored response;
    /// nor is one that the app runs again in order to explain a failure.
    /// </summary>
    public static bool IsPlain(HttpContext context) =>
        context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true }
        && context.Request.ContentLength is null or 0
        && context.Request.Headers.TransferEncoding.Count == 0
        && context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true }
        && context.Features.Get<IExceptionHandlerFeature>() is null
        && context.Features.Get<IStatusCodeReExecuteFeature>() is null;

    public static ResponseFacts Of(HttpResponse response, DateTimeOffset now)
    {
        var headers = response.Headers;
        return new ResponseFacts
        {
            StatusCode = response.StatusCode,
            CacheControl = CacheControl.Parse(headers.CacheControl),
            Date = Moment(headers.Date, now),
            Age = headers.Age,
            HasExpires = headers.Expires.Count > 0,
            Expires = Moment(headers.Expires, now),
            Vary = headers.Vary,
            HasSetCookie = headers.SetCookie.Count > 0,
            HasContentRange = headers.ContentRange.Count > 0,
            ETag = headers.ETag,
            LastModified = Moment(headers.LastModified, now),
        };
    }

    public static bool HasTrailers(HttpResponse response) =>
        response.Headers.Trailer.Count > 0
        || response.HttpContext.Features.Get<IHttpResponseTrailersFeature>() is { Trailers: { Count: > 0 } };

    private static DateTimeOffset? Moment(StringValues lines, DateTimeOffset now) =>
        HttpDate.TryParse(lines, now, out var moment) ? moment : null;
}
