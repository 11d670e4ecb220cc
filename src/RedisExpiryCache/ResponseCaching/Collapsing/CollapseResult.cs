using RedisExpiryCache.ResponseCaching.Storage;
using RedisExpiryCache.Rfc9111;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.ResponseCaching.Collapsing;

/// <summary>What a request does that could be collapsed into another one's origin call.</summary>
internal abstract record CollapseResult
{
    private CollapseResult()
    {
    }

    /// <summary>Call the origin; followers wait for the end of this call.</summary>
    internal sealed record Lead(OriginCall Call) : CollapseResult;

    /// <summary>Serve the response of another request.</summary>
    /// <param name="Response">The response.</param>
    /// <param name="Began">When the origin was called for it: a timestamp.</param>
    internal sealed record Share(SharedResponse Response, long Began) : CollapseResult;

    /// <summary>Look the response up again.</summary>
    internal sealed record Retry : CollapseResult;

    /// <summary>Call the origin; no request waits for it.</summary>
    internal sealed record FetchAlone(OriginCall Call) : CollapseResult;

    /// <summary>Serve the stale response, or 503.</summary>
    /// <remarks>The origin fails, and CollapseTimeout is over or a stale response may be served.</remarks>
    internal sealed record OriginFailed : CollapseResult;
}

/// <summary>How one origin call ended, for the requests that wait for it.</summary>
internal enum CollapsedFetchEnd
{
    /// <summary>Its response answers them.</summary>
    Shared,

    /// <summary>They look up again: the response is stored.</summary>
    Retry,

    /// <summary>It says nothing about them: the client left, or got an answer to its own condition.</summary>
    Inconclusive,

    /// <summary>The origin failed.</summary>
    Failed,

    /// <summary>The response is for one request: all of them call the origin.</summary>
    NotShareable,
}

internal static class CollapsedFetchEnds
{
    /// <summary>The end of a call whose response may not be shared. 304 and 412 answer the client's own condition.</summary>
    public static CollapsedFetchEnd Of(HttpContext context, string? forbidden) => context switch
    {
        { RequestAborted.IsCancellationRequested: true } => CollapsedFetchEnd.Inconclusive,
        { Response.StatusCode: StatusCodes.Status304NotModified or StatusCodes.Status412PreconditionFailed } => CollapsedFetchEnd.Inconclusive,
        { Response.StatusCode: StatusCodes.Status429TooManyRequests or >= StatusCodes.Status500InternalServerError } => CollapsedFetchEnd.Failed,
        _ => forbidden == NoStoreReason.Incomplete.Token() ? CollapsedFetchEnd.Failed : CollapsedFetchEnd.NotShareable,
    };
}

/// <summary>A response that answers several requests.</summary>
/// <param name="Response">As it is stored.</param>
/// <param name="Body">Its bytes, in memory that is not pooled.</param>
/// <param name="Names">The request fields that it differs by.</param>
/// <param name="Digest">Of the request that it was made for, by these fields.</param>
internal sealed record SharedResponse(CachedResponse Response, ReadOnlyMemory<byte> Body, string[] Names, string Digest);
