namespace RedisExpiryCache.Rfc9111;

/// <summary>What to do with a request that may be answered from the store.</summary>
internal readonly record struct ReuseVerdict
{
    public required ReuseAction Action { get; init; }

    /// <summary>With a stored response: the value of the Age field, should it be served.</summary>
    public TimeSpan Age { get; private init; }

    /// <summary>With a stored response: the freshness left; negative when stale, null when without an end.</summary>
    public TimeSpan? TimeLeft { get; private init; }

    /// <summary>Unless it is served as it is: why the store could not answer.</summary>
    public ForwardReason? Reason { get; private init; }

    /// <summary>Should the app fail, the stored response may answer in its place (RFC 9111 4.3.3, RFC 5861 4).</summary>
    public bool MayServeOnError { get; private init; }

    /// <summary>Nobody waits for the answer; it is for the store.</summary>
    public bool IsRenewal { get; private init; }

    public static ReuseVerdict Serve(TimeSpan age, TimeSpan? timeLeft) =>
        new() { Action = ReuseAction.Serve, Age = age, TimeLeft = timeLeft };

    public static ReuseVerdict Forward(ForwardReason reason) => new() { Action = ReuseAction.Forward, Reason = reason };

    public static ReuseVerdict GatewayTimeout(ForwardReason reason) => new() { Action = ReuseAction.GatewayTimeout, Reason = reason };

    /// <summary>Whatever may be served meanwhile: ask the app now, and let its failure be one.</summary>
    public ReuseVerdict ForRenewal(StoredResponse? stored) => new()
    {
        Action = stored?.CanBeValidated is true ? ReuseAction.Revalidate : ReuseAction.Forward,
        Reason = Reason ?? ForwardReason.Stale,
        Age = Age,
        TimeLeft = TimeLeft,
        IsRenewal = true,
    };

    /// <summary>Revalidates while the client waits: it cannot be done in the background.</summary>
    public ReuseVerdict InForeground(StoredResponse stored) =>
        this with { Action = stored.CanBeValidated ? ReuseAction.Revalidate : ReuseAction.Forward };

    /// <summary>Ask the app, with what is stored at hand.</summary>
    public static ReuseVerdict Ask(ReuseAction action, ForwardReason reason, TimeSpan age, TimeSpan? timeLeft, bool mayServeOnError) =>
        new() { Action = action, Reason = reason, Age = age, TimeLeft = timeLeft, MayServeOnError = mayServeOnError };
}

internal enum ReuseAction
{
    /// <summary>Ask the app.</summary>
    Forward,

    /// <summary>Answer from the store.</summary>
    Serve,

    /// <summary>Answer from the store, and ask the app whether the response still holds (RFC 5861 3).</summary>
    ServeAndRevalidate,

    /// <summary>Ask the app whether the stored response still holds (RFC 9111 4.3).</summary>
    Revalidate,

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

    /// <summary>The stored response is stale, or has to be validated before each reuse.</summary>
    Stale,

    /// <summary>A part is stored, and it is not the one that was asked for.</summary>
    Partial,
}
