using System.Globalization;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;
using RedisExpiryCache.ResponseCaching.ContentCoding;
using RedisExpiryCache.ResponseCaching.Lookup;
using RedisExpiryCache.ResponseCaching.Storage;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching.Serving;

/// <summary>
/// Answers a request from the store: 200 and the like, 206, 304, 416, or 504 where there is nothing and the client wants nothing else.
/// </summary>
internal static class ResponseWriter
{
    public const string CacheStatusName = "Cache-Status";

    /// <summary>Sends the stored response, or the parts of it that were asked for, or only says that it has not been modified.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<ResponseOutcome> ServeAsync(
        ResponseCacheContext exchange, LookupResult lookup, CachedResponse stored, TimeSpan age, string? cacheStatus)
    {
        var (response, body) = await EncodedCopies.ForAsync(exchange, lookup, stored);
        return await SendAsync(exchange, response, body, age, cacheStatus);
    }

    /// <summary><see cref="ServeAsync"/>, of a response for which there can be no copies in content codings yet.</summary>
    public static ValueTask<ResponseOutcome> ServePlainAsync(
        ResponseCacheContext exchange, CachedResponse response, ReadOnlyMemory<byte> body, TimeSpan age, string? cacheStatus)
    {
        if (exchange.Coding is { } client)
            client.MayVary = Compression.IsFor(response);

        return SendAsync(exchange, response, body, age, cacheStatus);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<ResponseOutcome> SendAsync(
        ResponseCacheContext exchange, CachedResponse stored, ReadOnlyMemory<byte> body, TimeSpan age, string? cacheStatus)
    {
        var (context, request) = (exchange.Context, exchange.Request);
        var response = context.Response;
        var isSuccess = stored.StatusCode is StatusCodes.Status200OK or StatusCodes.Status206PartialContent;
        var notModified = isSuccess && Validation.IsNotModified(request, stored.Rules, exchange.Now);
        var ranges = isSuccess && !notModified ? Requested(exchange, stored, body.Length) : null;

        response.StatusCode = notModified ? StatusCodes.Status304NotModified
            : ranges is null ? stored.StatusCode
            : ranges.Length == 0 ? StatusCodes.Status416RangeNotSatisfiable : StatusCodes.Status206PartialContent;
        foreach (var (name, value) in stored.Fields)
        {
            if (MaySend(name, notModified, ranges))
                Set(response.Headers, name, value);
        }

        if (ranges is null && stored.Rules.Part is null && HttpFacts.IsReplaced(context.Features.Get<IHttpResponseBodyFeature>(), context))
            response.Headers.ETag = EntityTags.Weakened(response.Headers.ETag);

        response.Headers.Age = ((long)age.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        if (cacheStatus is not null)
            response.Headers.Append(CacheStatusName, cacheStatus);

        if (notModified)
            return ResponseOutcome.NotModified;

        if (ranges is null)
            await Send(response, body, isHead: context.Request.Method == HttpMethods.Head);
        else
            await SendRanges(response, stored, body, ranges, request);

        return ResponseOutcome.Hit;
    }

    /// <summary>A field of the answer. Cookies stand beside those of middleware in front, not in their place.</summary>
    public static void Set(IHeaderDictionary headers, string name, StringValues value)
    {
        if (name.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase))
            headers[name] = headers[name].Union(value, StringComparer.Ordinal).ToArray();
        else if (name == CachedResponse.RemovedFields)
            Remove(headers, value);
        else
            headers[name] = value;
    }

    private static void Remove(IHeaderDictionary headers, StringValues names)
    {
        foreach (var name in names)
            headers.Remove(name ?? "");
    }

    /// <summary>RFC 9111 5.2.1.7.</summary>
    public static void GatewayTimeout(HttpContext context, string? cacheStatus)
    {
        context.Response.StatusCode = StatusCodes.Status504GatewayTimeout;
        if (cacheStatus is not null)
            context.Response.Headers.Append(CacheStatusName, cacheStatus);
    }

    /// <summary>RFC 9110 15.6.4: the origin fails, and a further call would only load it.</summary>
    public static void ServiceUnavailable(HttpContext context, string? cacheStatus)
    {
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.RetryAfter = "1";
        if (cacheStatus is not null)
            context.Response.Headers.Append(CacheStatusName, cacheStatus);
    }

    /// <summary>RFC 9110 14.2 and 13.1.5. Null: all that is stored; empty: nothing that there is.</summary>
    private static ByteRange[]? Requested(ResponseCacheContext exchange, CachedResponse stored, long length)
    {
        var (request, rules) = (exchange.Request, stored.Rules);
        if (request.Method != "GET" || request.Range.Count == 0
            || !Ranges.IfRangeMatches(request.IfRange, rules.ETag, rules.LastModified, rules.Date, exchange.Now)
            || stored["Accept-Ranges"] == "none")
            return null;

        return Ranges.Requested(request.Range, rules.Part?.CompleteLength ?? length);
    }

    private static ValueTask<FlushResult> Send(HttpResponse response, ReadOnlyMemory<byte> body, bool isHead)
    {
        // Middleware in front may write something after an empty body, or other bytes where it has put a stream in place of the body.
        var isOpen = (body.IsEmpty && !isHead)
            || response.HttpContext.Features.Get<IHttpResponseBodyFeature>() is StreamResponseBodyFeature;
        if (response.StatusCode != StatusCodes.Status204NoContent && !isOpen)
            response.ContentLength = body.Length;

        return body.IsEmpty || isHead ? default : response.BodyWriter.WriteAsync(body);
    }

    private static async Task SendRanges(
        HttpResponse response, CachedResponse stored, ReadOnlyMemory<byte> body, ByteRange[] ranges, RequestFacts request)
    {
        var part = stored.Rules.Part ?? new StoredRange(new ByteRange(0, body.Length - 1), body.Length);
        if (ranges.Length == 0)
        {
            response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{part.CompleteLength}");
            response.ContentLength = 0;
        }
        else if (ranges.Length == 1)
        {
            response.Headers.ContentRange = Ranges.ContentRange(ranges[0], part.CompleteLength);
            await Send(response, Slice(body, part, ranges[0], request), isHead: false);
        }
        else
        {
            await SendMultipart(response, body, part, ranges, request);
        }
    }

    /// <summary>RFC 9110 15.3.7.2</summary>
    private static async Task SendMultipart(
        HttpResponse response, ReadOnlyMemory<byte> body, StoredRange part, ByteRange[] ranges, RequestFacts request)
    {
        var boundary = RandomNumberGenerator.GetHexString(32);
        var type = response.ContentType;
        byte[][] heads = [.. ranges.Select(range => Encoding.Latin1.GetBytes(string.Concat(
            $"\r\n--{boundary}\r\n",
            type is null ? "" : $"Content-Type: {type}\r\n",
            $"Content-Range: {Ranges.ContentRange(range, part.CompleteLength)}\r\n\r\n")))];
        ReadOnlyMemory<byte>[] slices = [.. ranges.Select(range => Slice(body, part, range, request))];
        var end = Encoding.Latin1.GetBytes($"\r\n--{boundary}--\r\n");

        response.Headers.ContentRange = default;
        response.ContentType = $"multipart/byteranges; boundary={boundary}";
        response.ContentLength = heads.Sum(static head => (long)head.Length) + slices.Sum(static slice => (long)slice.Length) + end.Length;
        foreach (var (head, slice) in heads.Zip(slices))
        {
            await response.BodyWriter.WriteAsync(head);
            await response.BodyWriter.WriteAsync(slice);
        }

        await response.BodyWriter.WriteAsync(end);
    }

    /// <summary>
    /// The bytes of a range that lies within the part. Where a part has fewer bytes than its Content-Range said, it is passed on as it
    /// came: counted from its end if the client asked for the end, else from its beginning.
    /// </summary>
    private static ReadOnlyMemory<byte> Slice(ReadOnlyMemory<byte> body, StoredRange part, ByteRange range, RequestFacts request)
    {
        var missing = part.Range.Length - body.Length;
        var start = range.First - part.Range.First;
        if (missing > 0 && Ranges.IsSuffix(request.Range))
            start = Math.Max(0, body.Length - range.Length);

        start = Math.Min(start, body.Length);
        return body.Slice((int)start, (int)Math.Min(range.Length, body.Length - start));
    }

    private static bool MaySend(string name, bool notModified, ByteRange[]? ranges) => ranges switch
    {
        // "Not satisfiable" is an answer to this request, not one to keep.
        { Length: 0 } => !DescribesContent(name) && !name.Equals("Cache-Control", StringComparison.OrdinalIgnoreCase) && !name.Equals("Expires", StringComparison.OrdinalIgnoreCase),
        not null => !StoredHeaders.IsOfTheseBytes(name),
        null => !notModified || !DescribesContent(name),
    };

    // RFC 9110 15.4.5: a 304 carries what guides the client's cache, not what describes content that it does not send.
    private static bool DescribesContent(string name) =>
        name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase) && !name.Equals("Content-Location", StringComparison.OrdinalIgnoreCase)
        && !name.Equals("Content-Security-Policy", StringComparison.OrdinalIgnoreCase);
}
