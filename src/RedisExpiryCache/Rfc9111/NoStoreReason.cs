using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.Rfc9111;

/// <summary>Why a response was not stored; by <see cref="EnumTokens"/> also the metric tag and the detail of Cache-Status.</summary>
internal enum NoStoreReason
{
    /// <summary>The request's method is not GET.</summary>
    Method,

    /// <summary>The request said no-store.</summary>
    RequestNoStore,

    /// <summary>The response said no-store.</summary>
    NoStore,

    /// <summary>The response said private.</summary>
    Private,

    /// <summary>The response sets a cookie, which is for one user.</summary>
    SetCookie,

    /// <summary>Vary has a "*", or something that is no field name: no other request can be known to match.</summary>
    VaryStar,

    /// <summary>The response said no-cache, and has nothing by which it could be validated before each reuse.</summary>
    NoCache,

    /// <summary>The response is a part of something, or several parts, and it is not known of how much.</summary>
    PartialContent,

    /// <summary>The status is not final, or no status of HTTP.</summary>
    Status,

    /// <summary>The status answers a condition or a range of this request alone: 304, 412, 416.</summary>
    Conditional,

    /// <summary>The response said must-understand, with a status that is unknown here.</summary>
    MustUnderstand,

    /// <summary>The request carried Authorization and the response does not allow a shared cache to keep the answer.</summary>
    Authorization,

    /// <summary>The app knows the user and the response does not say that the answer is for everybody.</summary>
    SignedIn,

    /// <summary>The page has used the visitor's session, which no key tells apart.</summary>
    Session,

    /// <summary>Neither the response nor a policy says for how long.</summary>
    NoFreshness,

    /// <summary>Nothing is left of the freshness lifetime.</summary>
    AlreadyStale,

    /// <summary>The client went away before the end of the body.</summary>
    Aborted,

    /// <summary>The body ended before its Content-Length.</summary>
    Incomplete,

    /// <summary>The body is over the size limit.</summary>
    TooLarge,

    /// <summary>The endpoint is not marked, and the response does not say that it is for shared caches.</summary>
    Unmarked,

    /// <summary>The response is right for one spelling of its path alone, and its key joins several.</summary>
    Spelling,

    /// <summary>The response has trailers, which are not stored.</summary>
    Trailers,

    /// <summary>A field has characters that are not ASCII, or control characters; or the fields are too many or too long.</summary>
    Fields,

    /// <summary>The media type is one of streams that do not end.</summary>
    Streaming,

    /// <summary>Redis could not be reached.</summary>
    RedisUnavailable,

    /// <summary>An eviction came while the response was being made.</summary>
    Evicted,

    /// <summary>Middleware in front answers in the response's place: with a status page, or with another status.</summary>
    Replaced,

    /// <summary>The app threw an exception.</summary>
    Failed,

    /// <summary>An answer to HEAD tells that what is stored for GET is no longer what there is.</summary>
    Outdated,
}
