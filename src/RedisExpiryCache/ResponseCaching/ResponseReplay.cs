using System.Globalization;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>Answers a request from the store: 200 and the like, 304, or 504 where there is nothing and the client wants nothing else.</summary>
internal static class ResponseReplay
{
    /// <summary>Sends the stored response, or only says that it has not been modified.</summary>
    public static async Task<ResponseOutcome> ServeAsync(Exchange exchange, Lookup hit, TimeSpan age, string? cacheStatus)
    {
        var (context, stored, body) = (exchange.Context, hit.Response!, hit.Body);
        var response = context.Response;
        var notModified = stored.StatusCode == StatusCodes.Status200OK && Validation.IsNotModified(exchange.Request, stored.Rules, exchange.Now);
        response.StatusCode = notModified ? StatusCodes.Status304NotModified : stored.StatusCode;
        foreach (var (name, value) in stored.Fields)
        {
            if (!notModified || !DescribesContent(name))
                response.Headers[name] = value;
        }

        response.Headers.Age = ((long)age.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        if (cacheStatus is not null)
            response.Headers.Append(CacheStatusName, cacheStatus);

        if (notModified)
            return ResponseOutcome.NotModified;

        if (stored.StatusCode != StatusCodes.Status204NoContent)
            response.ContentLength = body.Length;

        if (!body.IsEmpty && !HttpMethods.IsHead(context.Request.Method))
            await response.BodyWriter.WriteAsync(body);

        return ResponseOutcome.Hit;
    }

    /// <summary>RFC 9111 5.2.1.7.</summary>
    public static void GatewayTimeout(HttpContext context, string? cacheStatus)
    {
        context.Response.StatusCode = StatusCodes.Status504GatewayTimeout;
        if (cacheStatus is not null)
            context.Response.Headers.Append(CacheStatusName, cacheStatus);
    }

    public const string CacheStatusName = "Cache-Status";

    // RFC 9110 15.4.5: a 304 carries what guides the client's cache, not what describes content that it does not send.
    private static bool DescribesContent(string name) =>
        name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase) && !name.Equals("Content-Location", StringComparison.OrdinalIgnoreCase)
        && !name.Equals("Content-Security-Policy", StringComparison.OrdinalIgnoreCase);
}
