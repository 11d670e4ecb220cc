using Microsoft.Extensions.Primitives;
using RedisExpiryCache.Concurrency;
using RedisExpiryCache.HttpFields;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching.ContentCoding;

/// <summary>
/// One request where responses are sent in content codings: what the client accepts, which the app is not told; and entity tags, which the
/// app and the client call by different names. It is in the request's features while the request is under way.
/// </summary>
internal sealed class ContentNegotiation : IDisposable
{
    private readonly HttpContext context;
    private readonly string[] offered;
    private readonly StringValues acceptEncoding;
    private readonly StringValues ifNoneMatch;
    private readonly StringValues ifMatch;
    private Task<EntryReadResult>? ahead;
    private EntryReadResult served;
    private bool isHidden;
    private bool wasAsked;

    public ContentNegotiation(HttpContext context, string[] offered, EncodedCopies copies)
    {
        var headers = context.Request.Headers;
        (this.context, this.offered, Copies) = (context, offered, copies);
        (acceptEncoding, ifNoneMatch, ifMatch) = (headers.AcceptEncoding, headers.IfNoneMatch, headers.IfMatch);
        Coding = ContentCodings.Choose(acceptEncoding, offered);
        headers.IfNoneMatch = ContentCodings.WithPlainTags(ifNoneMatch, acceptEncoding, offered);

        // Whoever writes has read what it writes over, in any coding.
        headers.IfMatch = ContentCodings.WithPlainTags(ifMatch, "*", offered);
        context.Features.Set(this);
        context.Response.OnStarting(static coding => ((ContentNegotiation)coding).FinishAsync(), this);
    }

    public EncodedCopies Copies { get; }

    /// <summary>In which the client would like responses best; null: plain.</summary>
    public string? Coding { get; }

    /// <summary>What is served from the store may be sent in a coding, or not. Null: nothing is served from there.</summary>
    public bool? MayVary { get; set; }

    /// <summary>Since when the request waits for the store.</summary>
    public OperationContext Call { get; private set; }

    /// <summary>The copy that was asked for together with the plain response.</summary>
    public string? KeyAhead { get; private set; }

    /// <summary>A request that looks a second time lets go of what it has asked for the first time.</summary>
    public void AskAhead(string? key, Task<EntryReadResult>? read, OperationContext call)
    {
        DropAhead();
        (KeyAhead, ahead, Call) = (key, read, call);
    }

    /// <summary>What the question ahead brought. To be taken once.</summary>
    public Task<EntryReadResult>? TakeAhead()
    {
        var taken = ahead;
        ahead = null;
        return taken;
    }

    /// <summary>Keeps the copy's bytes until the request is over.</summary>
    public void Serve(EntryReadResult read) => served = read;

    /// <summary>
    /// Hides what the client accepts from the app, so that nothing behind us compresses, until <see cref="Show"/>. Dispose to show it too.
    /// </summary>
    public IDisposable AskPlain()
    {
        context.Request.Headers.AcceptEncoding = default;
        isHidden = wasAsked = true;
        return new Hidden(this);
    }

    /// <summary>From here on the bytes are on their way, and a compression in front of us wants to know what the client accepts.</summary>
    public void Show()
    {
        if (isHidden)
            context.Request.Headers.AcceptEncoding = acceptEncoding;

        isHidden = false;
    }

    public void Dispose()
    {
        Show();
        (context.Request.Headers.IfNoneMatch, context.Request.Headers.IfMatch) = (ifNoneMatch, ifMatch);
        served.Dispose();
        DropAhead();
    }

    private void DropAhead()
    {
        if (TakeAhead() is { } unwanted)
            ExecutionContextFlow.Begin(() => LetGoAsync(unwanted));
    }

    /// <summary>A question whose answer nobody wanted in the end, or that failed as the lookup did, which has said so.</summary>
    private static async Task LetGoAsync(Task<EntryReadResult> read)
    {
        await ((Task)read).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (read.IsCompletedSuccessfully)
            (await read).Dispose();
    }

    private Task FinishAsync()
    {
        var response = context.Response;
        var isNotModified = response.StatusCode == StatusCodes.Status304NotModified;
        if (isNotModified && ifNoneMatch.Count > 0)
            response.Headers.ETag = ContentCodings.TagNamed(ifNoneMatch, response.Headers.ETag, offered);

        // Of a 304 that the app itself gave it is not known what it is about.
        if (IsRead(context.Request.Method) && (MayVary ?? (wasAsked && (isNotModified || MayBeCodedLater(response)))))
            response.Headers.Vary = Compression.WithVary(response.Headers.Vary);

        return Task.CompletedTask;
    }

    /// <summary>Once it is stored: its entity tag may be made then, and a part is one of what is.</summary>
    private static bool MayBeCodedLater(HttpResponse response)
    {
        var directives = CacheControl.Parse(response.Headers.CacheControl);
        return response.StatusCode is StatusCodes.Status200OK or StatusCodes.Status206PartialContent
            && !directives.NoStore && !directives.Private
            && Compression.IsFor(StatusCodes.Status200OK, response.ContentType, name => name is "ETag" ? "\"\"" : name is "Content-Range" ? default : response.Headers[name]);
    }

    private static bool IsRead(string method) => method is "GET" or "HEAD";

    private sealed class Hidden(ContentNegotiation coding) : IDisposable
    {
        public void Dispose() => coding.Show();
    }
}
