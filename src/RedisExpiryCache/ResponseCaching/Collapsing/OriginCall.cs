using System.Diagnostics;

namespace RedisExpiryCache.ResponseCaching.Collapsing;

/// <summary>
/// One request's call to the origin, as leader of a <see cref="CollapsedFetch"/> or alone. Dispose it when the request has been answered: a
/// call that has not ended by then says nothing to its followers.
/// </summary>
/// <param name="collapser">Gets its end; null: it is not observed.</param>
/// <param name="resource">What all variants of the response have in common.</param>
/// <param name="variant">The response, by the request fields that it is known to differ by.</param>
internal sealed class OriginCall(RequestCollapser? collapser, string resource, string variant) : IDisposable
{
    /// <summary>No request waits for it, and nothing is learnt from it.</summary>
    public static readonly OriginCall Unobserved = new(collapser: null, "", "");

    private OriginLatency? pace;
    private long timedFrom;
    private bool hasEnded;
    private long started;

    public string Resource => resource;

    public string Variant => variant;

    /// <summary>Null: the request has not joined one.</summary>
    public CollapsedFetch? Fetch { get; set; }

    /// <summary>Its group of the fetch; 0: it does not lead.</summary>
    public int Group { get; private set; }

    /// <summary>When it became a leader: a timestamp.</summary>
    public long Released { get; private set; }

    /// <summary>No later than the origin was called: a timestamp.</summary>
    public long Began { get; private set; }

    public bool IsLeading => Group > 0;

    public bool HasFollowers => IsLeading && Fetch!.HasFollowers;

    /// <summary>The request fields that its response differs by, as far as known.</summary>
    public string[] Names { get; private set; } = [];

    /// <summary>When its response started: a timestamp; 0: it has not.</summary>
    public long Started => Volatile.Read(ref started);

    public void Release(int group, long now) => (Group, Released, Began) = (group, now, now);

    /// <summary>The origin is about to be called.</summary>
    public void Begin() => Began = Stopwatch.GetTimestamp();

    /// <summary>Its response starts.</summary>
    public void Start(string[] names)
    {
        Names = names;
        Volatile.Write(ref started, Stopwatch.GetTimestamp());
    }

    /// <summary>Measures how long the origin takes.</summary>
    /// <param name="entered">Is left when the call has ended.</param>
    public void Time(OriginLatency entered) => (timedFrom, pace) = (Stopwatch.GetTimestamp(), entered);

    /// <summary>The first end counts.</summary>
    public void End(CollapsedFetchEnd end, SharedResponse? response = null)
    {
        if (collapser is null || Interlocked.Exchange(ref hasEnded, true))
            return;

        StopTiming(end);
        collapser.End(this, end, response);
    }

    public void Dispose() => End(CollapsedFetchEnd.Inconclusive);

    private void StopTiming(CollapsedFetchEnd end)
    {
        if (Interlocked.Exchange(ref pace, null) is not { } entered)
            return;

        if (end == CollapsedFetchEnd.Failed)
            entered.Fail();
        else
            entered.Leave(end is CollapsedFetchEnd.Inconclusive or CollapsedFetchEnd.Retry ? null : Stopwatch.GetElapsedTime(timedFrom));
    }
}
