using System.Diagnostics;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>What one call to the app came to, for those who wait for it.</summary>
internal enum FlightEnd
{
    /// <summary>Its response may be shared.</summary>
    Shared,

    /// <summary>The store has to be asked again: the response is there, or its caller has left and somebody else has to call.</summary>
    AskAgain,

    /// <summary>Its response is for its own caller: everybody asks the app.</summary>
    NotShared,

    /// <summary>The app failed.</summary>
    Failed,
}

/// <summary>A response that several requests are answered with.</summary>
/// <param name="Response">As it is stored.</param>
/// <param name="Body">Its bytes, in memory that nobody takes back.</param>
/// <param name="Names">The request fields that it differs by.</param>
/// <param name="Digest">Of the request that it was made for, by these fields.</param>
internal sealed record SharedResponse(CachedResponse Response, ReadOnlyMemory<byte> Body, string[] Names, string Digest);

/// <summary>One call to the app that others wait for.</summary>
internal sealed class Flight
{
    private readonly TaskCompletionSource<(FlightEnd End, SharedResponse? Response)> end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int followers;

    private long began = Stopwatch.GetTimestamp();

    /// <summary>Before the app was called: a timestamp of <see cref="Stopwatch"/>.</summary>
    public long Began => Volatile.Read(ref began);

    public bool HasFollowers => Volatile.Read(ref followers) > 0;

    /// <summary>Waits for the end; null: <paramref name="atMost"/> was not enough.</summary>
    /// <exception cref="OperationCanceledException">This one waits no longer; the others do.</exception>
    public async Task<(FlightEnd End, SharedResponse? Response)?> FollowAsync(TimeSpan atMost, CancellationToken token)
    {
        Interlocked.Increment(ref followers);
        try
        {
            return await end.Task.WaitAsync(atMost > TimeSpan.Zero ? atMost : TimeSpan.Zero, TimeProvider.System, token);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <summary>The app is about to be called.</summary>
    public void Begin() => Volatile.Write(ref began, Stopwatch.GetTimestamp());

    /// <summary>The first word stands.</summary>
    public bool TryEnd(FlightEnd how, SharedResponse? response = null) => end.TrySetResult((how, response));
}
