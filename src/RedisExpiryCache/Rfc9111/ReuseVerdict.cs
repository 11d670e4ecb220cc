namespace RedisExpiryCache.Rfc9111;

/// <summary>What to do with a request that may be answered from the store.</summary>
internal readonly record struct ReuseVerdict
{
    public required ReuseAction Action { get; init; }

    /// <summary>With <see cref="ReuseAction.Serve"/>: the value of the Age field.</summary>
    public TimeSpan Age { get; private init; }

    /// <summary>With <see cref="ReuseAction.Serve"/>: the freshness left; negative when stale, null when without an end.</summary>
    public TimeSpan? TimeLeft { get; private init; }

    /// <summary>With the other actions: why the store could not answer.</summary>
    public ForwardReason? Reason { get; private init; }

    public static ReuseVerdict Serve(TimeSpan age, TimeSpan? timeLeft) =>
        new() { Action = ReuseAction.Serve, Age = age, TimeLeft = timeLeft };

    public static ReuseVerdict Forward(ForwardReason reason) => new() { Action = ReuseAction.Forward, Reason = reason };

    public static ReuseVerdict GatewayTimeout(ForwardReason reason) => new() { Action = ReuseAction.GatewayTimeout, Reason = reason };
}

internal enum ReuseAction
{
    /// <summary>Ask the app.</summary>
    Forward,

    /// <summary>Answer from the store.</summary>
    Serve,

    /// <summary>Answer 504: the client wants no answer but a stored one.</summary>
    GatewayTimeout,
}

/// <summary>Why a request goes to the app: the tokens of RFC 9211 2.2.</summary>
internal enum ForwardReason
{
    /// <summary>The cache was told not to look at this request.</summary>
    Bypass,

    /// <summary>The method is not one that is answered from the store.</summary>
    Method,

    /// <summary>Nothing is stored for this URI.</summary>
    UriMiss,

    /// <summary>Something is stored for this URI, but for other values of the fields in Vary.</summary>
    VaryMiss,

    /// <summary>A fresh response is stored, but the request's directives do not accept it.</summary>
    Request,

    /// <summary>The stored response is stale.</summary>
    Stale,
}
