namespace RedisExpiryCache.ResponseCaching.Collapsing;

/// <summary>
/// One collapsed fetch: requests for one response, of which a few call the origin while the others follow. The state machine of
/// docs/design/collapsed-fetches.md:
/// <code>
///   group 1: one call ──failed──► group of 1 ──failed──► 2 ──► 4 ──► 8 ──► 8 …
///            └─ shared, not shareable, retry: every follower is released, and the fetch is over
/// </code>
/// A group has failed when each of its calls has failed, has lost its client, or is overdue. An overdue call that ends after all still
/// counts.
/// </summary>
/// <param name="key">What the requests have in common.</param>
/// <param name="timeout">
/// After it the first group is overdue; later ones after a quarter of it, because their followers have waited.
/// </param>
/// <param name="time">For timestamps and the timer.</param>
internal sealed class CollapsedFetch(string key, TimeSpan timeout, TimeProvider time)
{
    public const int LargestGroup = 8;

    private static readonly TimeSpan ShortestTick = TimeSpan.FromMilliseconds(10), LongestTick = TimeSpan.FromMilliseconds(250);

    private readonly Lock gate = new();
    private readonly LinkedList<Follower> followers = [];
    private readonly List<OriginCall> calls = [];
    private ITimer? timer;
    private int group;
    private int groupSize = 1;
    private long groupBegan;
    private bool hasGroupFailed;
    private bool isOver;

    public string Key => key;

    /// <summary>The lock in Redis that this node holds for it.</summary>
    public NodeLock? Lock { get; set; }

    /// <summary>False: another node holds the lock, so this one makes one call at a time.</summary>
    public bool MayGrow { get; set; } = true;

    public bool HasFollowers
    {
        get
        {
            lock (gate)
                return followers.Count > 0;
        }
    }

    /// <summary>Whether a group before the current one was released.</summary>
    public bool HasFailedGroup => Volatile.Read(ref group) > 1;

    /// <summary>Joins as the leader or as a follower.</summary>
    /// <param name="call">The request's own call, for when it is to lead.</param>
    /// <param name="arrived">When the request came: a timestamp.</param>
    /// <param name="mayBeStale">A stale response may answer the request where the origin fails.</param>
    /// <param name="token">The request's own.</param>
    /// <returns>Null: the fetch is over.</returns>
    /// <exception cref="OperationCanceledException">The client left.</exception>
    public Task<CollapseResult>? TryJoin(OriginCall call, long arrived, bool mayBeStale, CancellationToken token)
    {
        Follower follower;
        lock (gate)
        {
            if (isOver)
                return null;

            follower = new Follower(call, arrived, mayBeStale);
            followers.AddLast(follower);
            call.Fetch = this;
            Advance();
            if (!follower.Task.IsCompleted)
                timer ??= StartTimer();
        }

        return follower.Task.IsCompleted ? follower.Task : FollowAsync(follower, token);
    }

    /// <summary>The one place where a call ends.</summary>
    /// <returns>True when the fetch is over by it.</returns>
    public bool TryEnd(OriginCall call, CollapsedFetchEnd end, SharedResponse? response)
    {
        lock (gate)
        {
            if (isOver || !calls.Remove(call))
                return false;

            switch (end)
            {
                case CollapsedFetchEnd.Shared when response is not null:
                    Close(_ => new CollapseResult.Share(response, call.Began));
                    break;
                case CollapsedFetchEnd.Shared or CollapsedFetchEnd.Retry:
                    Close(static _ => new CollapseResult.Retry());
                    break;
                case CollapsedFetchEnd.NotShareable:
                    Close(static follower => new CollapseResult.FetchAlone(follower.Call));
                    break;
                case CollapsedFetchEnd.Failed:
                    hasGroupFailed |= call.Group == group;
                    Release(static follower => follower.MayBeStale, static _ => new CollapseResult.OriginFailed());
                    Advance();
                    break;
                default:
                    Advance();
                    break;
            }

            isOver |= calls.Count == 0 && followers.Count == 0;
            StopIdleTimer();
            return isOver;
        }
    }

    private static async Task<CollapseResult> FollowAsync(Follower follower, CancellationToken token)
    {
        await using var _ = token.UnsafeRegister(static (state, left) => ((Follower)state!).TrySetCanceled(left), follower);
        return await follower.Task;
    }

    /// <summary>Releases the next group once the current one has failed.</summary>
    private void Advance()
    {
        if (calls.Exists(call => call.Group == group && !IsOverdue(call)))
            return;

        // A call counts for as long as a follower waits; one that hangs for ever must not take the response out of service.
        var size = group < 2 || !MayGrow ? 1 : Math.Min(groupSize * 2, LargestGroup);
        // One whose response has started no longer loads the origin as a whole call does.
        var room = LargestGroup - calls.Count(call => call.Started == 0 && time.GetElapsedTime(call.Released) < timeout);
        var released = Math.Min(size, room);
        var failed = hasGroupFailed;
        for (var isFirst = true; released > 0 && TakeFirst() is { } follower; released--, isFirst = false)
        {
            if (isFirst)
                (group, groupSize, groupBegan, hasGroupFailed) = (group + 1, size, time.GetTimestamp(), false);

            follower.Call.Release(group, time.GetTimestamp());
            calls.Add(follower.Call);
            if (!follower.TrySetResult(new CollapseResult.Lead(follower.Call)))
            {
                calls.Remove(follower.Call);
                released++;
            }
        }

        if (failed)
            Release(follower => time.GetElapsedTime(follower.Arrived) >= timeout, static _ => new CollapseResult.OriginFailed());
    }

    /// <summary>A response that has started and does not end is a stream, or waits for its client.</summary>
    /// <remarks>Followers do not wait for either.</remarks>
    private bool IsOverdue(OriginCall call) =>
        time.GetElapsedTime(groupBegan) >= (group == 1 ? timeout : timeout / 4)
        || (call.Started != 0 && time.GetElapsedTime(call.Started) >= timeout / 4);

    private Follower? TakeFirst()
    {
        while (followers.First is { Value: var follower })
        {
            followers.RemoveFirst();
            if (!follower.Task.IsCompleted)
                return follower;
        }

        return null;
    }

    private void Close(Func<Follower, CollapseResult> result)
    {
        isOver = true;
        Release(static _ => true, result);
    }

    private void Release(Func<Follower, bool> which, Func<Follower, CollapseResult> result)
    {
        for (var node = followers.First; node is not null;)
        {
            var (next, follower) = (node.Next, node.Value);
            if (which(follower))
            {
                followers.Remove(node);
                follower.TrySetResult(result(follower));
            }

            node = next;
        }
    }

    private ITimer StartTimer()
    {
        var period = TimeSpan.FromTicks(Math.Clamp(timeout.Ticks / 20, ShortestTick.Ticks, LongestTick.Ticks));

        // Do not capture the ExecutionContext of the request that happened to come first.
        using (ExecutionContext.SuppressFlow())
            return time.CreateTimer(static state => ((CollapsedFetch)state!).Tick(), this, period, period);
    }

    private void Tick()
    {
        lock (gate)
        {
            Release(static follower => follower.Task.IsCompleted, static _ => new CollapseResult.Retry());
            Advance();
            Release(
                follower => follower.MayBeStale && time.GetElapsedTime(follower.Arrived) >= timeout,
                static _ => new CollapseResult.OriginFailed());
            StopIdleTimer();
        }
    }

    private void StopIdleTimer()
    {
        if (followers.Count > 0)
            return;

        timer?.Dispose();
        timer = null;
    }

    private sealed class Follower(OriginCall call, long arrived, bool mayBeStale)
        : TaskCompletionSource<CollapseResult>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public OriginCall Call => call;

        public long Arrived => arrived;

        public bool MayBeStale => mayBeStale;
    }
}

/// <summary>A lock in Redis that this node holds, or held until it expired.</summary>
/// <param name="Name">Its key.</param>
/// <param name="Token">Proves who holds it.</param>
/// <param name="Expires">A timestamp of <see cref="System.Diagnostics.Stopwatch"/>.</param>
/// <param name="LeavesMark">Other nodes may learn by it that a response was not shareable.</param>
internal sealed record NodeLock(string Name, string Token, long Expires, bool LeavesMark);
