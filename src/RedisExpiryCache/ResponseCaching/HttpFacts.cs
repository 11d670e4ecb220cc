using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Features.Authentication;
using Microsoft.AspNetCore.Server.HttpSys;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;
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
            Method = request.Method,
            CacheControl = cacheControl.Count == 0 ? CacheControl.None : CacheControl.Parse(cacheControl),
            PragmaNoCache = RequestFacts.AsksNoCacheByPragma(headers.Pragma, cacheControl),
            HasAuthorization = headers.Authorization.Count > 0,
            IsSignedIn = IsSignedIn(context),
            IfNoneMatch = headers.IfNoneMatch,
            IfModifiedSince = headers.IfModifiedSince.Count == 0 ? null : headers.IfModifiedSince.ToString(),
            Range = headers.Range,
            IfRange = headers.IfRange.Count == 0 ? null : headers.IfRange.ToString(),
        };
    }

    /// <summary>By any identity of the principal, or by a client certificate, which an application can read without a principal.</summary>
    public static bool IsSignedIn(HttpContext context) => HasAuthenticatedIdentity(context) || HasClientCertificate(context);

    /// <summary>The certificate of the TLS handshake; the connection is not made to negotiate one.</summary>
    /// <remarks>HTTP.sys negotiates when the property is read, so it is not read there.</remarks>
    private static bool HasClientCertificate(HttpContext context) =>
        context.Features.Get<ITlsConnectionFeature>() is { } tls
        && context.Features.Get<IHttpSysRequestInfoFeature>() is null
        && tls.ClientCertificate is not null;

    private static bool HasAuthenticatedIdentity(HttpContext context)
    {
        // An identity that is added to the anonymous principal of a request comes behind an anonymous one.
        // The framework's own context makes an anonymous user where there is none, if it is asked.
        var user = context is DefaultHttpContext ? context.Features.Get<IHttpAuthenticationFeature>()?.User : context.User;
        if (user is null)
            return false;

        foreach (var identity in user.Identities)
        {
            if (identity.IsAuthenticated)
                return true;
        }

        return false;
    }

    /// <summary>
    /// A request for a WebSocket, or one that carries content (in HTTP/2 without any field that says so), is not one for a stored response;
    /// nor is one that the app runs again in order to explain a failure.
    /// </summary>
    public static bool IsPlain(HttpContext context) =>
        !IsWebSocketRequest(context.Request.Headers)
        && context.Request.ContentLength is null or 0
        && context.Request.Headers.TransferEncoding.Count == 0
        && context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true }
        && context.Features.Get<IExceptionHandlerFeature>() is null
        && context.Features.Get<IStatusCodeReExecuteFeature>() is null;

    /// <summary>RFC 6455 4.1: Upgrade names the WebSocket protocol, and Connection names Upgrade.</summary>
    /// <remarks>
    /// <c>IHttpUpgradeFeature.IsUpgradableRequest</c> says less: it is true for each GET on IIS, and for <c>Connection: upgrade</c> alone,
    /// which proxies send with all requests. Other protocols (h2c) are offered by clients that take a plain response as well.
    /// </remarks>
    private static bool IsWebSocketRequest(IHeaderDictionary headers)
    {
        if (headers.Upgrade.Count == 0)
            return false;

        var isConnectionUpgrade = false;
        foreach (var option in new ListMembers(headers.Connection))
            isConnectionUpgrade |= option.Equals("upgrade", StringComparison.OrdinalIgnoreCase);

        foreach (var protocol in new ListMembers(headers.Upgrade))
        {
            if (isConnectionUpgrade && protocol.Equals("websocket", StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    /// <summary>RFC 9213 2.2: of the targeted fields, the first one that applies replaces Cache-Control and Expires.</summary>
    public static ResponseFacts Of(
        HttpRequest request, int statusCode, IHeaderDictionary headers, IList<string> targeted, DateTimeOffset now)
    {
        var isTargeted = TryReadTargeted(headers, targeted, out var directives);
        return new ResponseFacts
        {
            StatusCode = statusCode,
            CacheControl = isTargeted ? directives : CacheControl.Parse(headers.CacheControl),
            IsTargeted = isTargeted,
            Date = Moment(headers.Date, now),
            Age = headers.Age,
            HasExpires = !isTargeted && headers.Expires.Count > 0,
            Expires = Moment(headers.Expires, now),
            Vary = headers.Vary,
            HasSetCookie = headers.SetCookie.Count > 0,
            ContentRange = headers.ContentRange,
            ETag = headers.ETag,
            LastModified = Moment(headers.LastModified, now),
            IsAboutTarget = request.Method == HttpMethods.Post && IsTarget(request, headers.ContentLocation),
        };
    }

    /// <summary>An empty error that UseStatusCodePages in front is going to fill with a page of its own.</summary>
    public static bool AwaitsStatusCodePage(HttpResponse response) =>
        response.StatusCode >= StatusCodes.Status400BadRequest
        && response.HttpContext.Features.Get<IStatusCodePagesFeature>() is { Enabled: true };

    /// <summary>Middleware in front has put a body in place of the server's.</summary>
    /// <remarks>The client may then get other bytes than the cache has. Each server has its response and its body in one object.</remarks>
    public static bool IsReplaced(IHttpResponseBodyFeature? body, HttpContext context) =>
        !ReferenceEquals(body, context.Features.Get<IHttpResponseFeature>());

    public static bool HasTrailers(HttpResponse response) =>
        response.Headers.Trailer.Count > 0
        || response.HttpContext.Features.Get<IHttpResponseTrailersFeature>() is { Trailers: { Count: > 0 } };

    private static DateTimeOffset? Moment(StringValues lines, DateTimeOffset now) =>
        HttpDate.TryParse(lines, now, out var moment) ? moment : null;

    private static bool TryReadTargeted(IHeaderDictionary headers, IList<string> names, out CacheControl directives)
    {
        foreach (var name in names)
        {
            if (headers.TryGetValue(name, out var lines) && TargetedCacheControl.TryRead(lines, out directives))
                return true;
        }

        directives = CacheControl.None;
        return false;
    }

    /// <summary>The location has the path of the request, in another letter case or with another slash at its end.</summary>
    public static bool IsOtherSpelling(HttpRequest request, string? location)
    {
        if (string.IsNullOrEmpty(location)
            || !Uri.TryCreate($"http://localhost{(request.PathBase + request.Path).ToUriComponent()}", UriKind.Absolute, out var target)
            || !Uri.TryCreate(target, location, out var other))
            return false;

        var (path, otherPath) = (target.AbsolutePath, other.AbsolutePath);
        return path != otherPath && path.TrimEnd('/').Equals(otherPath.TrimEnd('/'), StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsTarget(HttpRequest request, string? contentLocation) =>
        !string.IsNullOrEmpty(contentLocation)
        && Uri.TryCreate(request.GetEncodedUrl(), UriKind.Absolute, out var target)
        && Uri.TryCreate(target, contentLocation, out var described)
        && described == target;
}
