using System.Diagnostics;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>
/// What <see cref="RequestCollapser.EnterAsync"/> gives a request: the call to the app that others wait for, the end of a call that it has waited for
/// itself, or neither. Dispose it when the request has been answered: where its holder has not said what came of its call, the others ask again.
/// </summary>
internal sealed class Turn : IDisposable
{
    /// <summary>Ask the app; nobody waits for it, nor it for anybody.</summary>
    public static readonly Turn Alone = new();

    private readonly RequestCollapser? collapser;
    private AppPace? pace;
    private long timedFrom;

    private Turn()
    {
    }

    /// <summary>As <see cref="Alone"/>, for a resource whose last answers were not to be shared: should this one be, it is heard.</summary>
    public Turn(RequestCollapser collapser, string resource) => (this.collapser, Resource) = (collapser, resource);

    /// <summary>The call is this request's.</summary>
    public Turn(RequestCollapser collapser, string key, string resource, Flight flight) =>
        (this.collapser, Key, Resource, Flight) = (collapser, key, resource, flight);

    /// <summary>Somebody else's call has ended.</summary>
    public static Turn Following(FlightEnd end, SharedResponse? response) => new() { Followed = end, Response = response };

    public string? Key { get; }

    public string? Resource { get; }

    public Flight? Flight { get; }

    /// <summary>Of the lock in Redis; null: there is none.</summary>
    public (string Name, string Token)? Lock { get; set; }

    public bool IsLeading => Flight is not null;

    public bool HasFollowers => Flight?.HasFollowers is true;

    public FlightEnd? Followed { get; private init; }

    public SharedResponse? Response { get; private init; }

    /// <summary>The app is about to be called, and how long it takes is to be learnt.</summary>
    /// <param name="entered">Is left when the call has ended.</param>
    public void Time(AppPace entered) => (timedFrom, pace) = (Stopwatch.GetTimestamp(), entered);

    /// <summary>To be called at the end, once or more often.</summary>
    /// <param name="isAnswer">False: the call was given up, which says nothing of how long it would have taken.</param>
    public void TimeEnds(bool isAnswer) => Interlocked.Exchange(ref pace, null)?.Leave(isAnswer ? Stopwatch.GetElapsedTime(timedFrom) : null);

    /// <summary>Of a leading turn: the first word stands. Of others only <see cref="FlightEnd.Shared"/> says anything.</summary>
    public void End(FlightEnd end, SharedResponse? response = null) => collapser?.End(this, end, response);

    public void Dispose() => End(FlightEnd.AskAgain);
}
