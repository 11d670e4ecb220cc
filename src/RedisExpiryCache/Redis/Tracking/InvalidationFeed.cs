using System.Net;
using RedisExpiryCache.Concurrency;
using RedisExpiryCache.NearCache;
using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Resilience;
using RedisExpiryCache.Redis.Topology;
using RedisExpiryCache.Telemetry;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Tracking;

/// <summary>
/// Keeps the near copies true: listens to what each server that has keys says has changed, and lets the copies be used only while all of
/// them are known to be heard. Several times a second each is sent a heartbeat; from when the last one of which it has told was sent, the
/// copies are trusted for <see cref="Trust"/>. So whatever is lost, held up or silent between us and Redis, a copy is never out of date for
/// longer.
/// <para> Failure policy: throws nothing. A server that cannot be listened to means no near copies, which is logged, and told to the health
/// check; it is tried again by itself.
/// </para>
/// </summary>
internal sealed class InvalidationFeed : IDisposable
{
    /// <summary>
    /// Less than the second that is promised: a server may tell of a heartbeat a moment before what else it did at that time.
    /// </summary>
    public static readonly TimeSpan Trust = TimeSpan.FromMilliseconds(900);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(1);

    /// <summary>After a refusal: an operator may change what a user may do, or put another server in this one's place.</summary>
    private static readonly TimeSpan PauseAfterRefusal = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>More than a second.</summary>
    private const int TurnsBetweenLooks = 8;

    /// <summary>Some ten seconds: before it is said that there is no connection.</summary>
    private const int FailuresBeforeSaying = 10;

    private readonly RedisConnection connection;
    private readonly RedisExpiringCacheOptions options;
    private readonly ConnectionTelemetry report;
    private readonly string clientName = $"RedisExpiryCache-near-{Guid.NewGuid():N}";
    private readonly FeedKeys keys;
    private readonly Lock gate = new();
    private TrackingConnection[] feeds = [];
    private readonly AsyncSignal connectNow = new();
    private volatile bool disposed;
    private volatile string? refusal;
    private volatile bool isOn;
    private bool isComplete;
    private volatile int failures;
    private volatile bool isUnsettled;
    private int turn;
    private int hasBegun;

    private InvalidationFeed(RedisConnection connection, RedisExpiringCacheOptions options, TimeProvider time, ConnectionTelemetry report)
    {
        (this.connection, this.options, this.report) = (connection, options, report);
        var instance = options.InstanceName ?? "";
        var (beats, own) = ($"{instance}near:", $"{instance}near:{clientName[^32..]}");

        // Prefixes that overlap are refused, and the data cache's keys begin with anything.
        string[] kept = options.NearCache.IncludeData ? [instance] : [$"{instance}GET:", $"{instance}tag:http:"];
        string[] followed = options.NearCache.IncludeData ? kept : [.. kept, own];
        keys = new FeedKeys([.. followed.Where(static prefix => prefix.Length > 0)], own, beats);
        Copies = new NearCopies(kept, options.NearCache.SizeLimit, time);
    }

    public NearCopies Copies { get; }

    /// <summary>Why there are no near copies just now; null: there are.</summary>
    public string? DisabledReason => Copies.IsTrusted ? null
        : refusal ?? (isUnsettled ? "which servers have the keys is not known, or about to change" : "Redis has not been heard");

    /// <summary>Null where the settings want no near cache.</summary>
    public static InvalidationFeed? Of(RedisConnection connection, RedisExpiringCacheOptions options, ConnectionTelemetry report) =>
        options.NearCache.Enabled ? new InvalidationFeed(connection, options, ReplyAwaiter.RealTime, report) : null;

    /// <summary>To be called when there is a connection; later calls do nothing.</summary>
    public void Begin()
    {
        if (Interlocked.Exchange(ref hasBegun, 1) != 0)
            return;

        _ = ExecutionContextFlow.Run(RunAsync);
    }

    /// <summary>To be called when something has changed: what was refused or failed is tried again now.</summary>
    public void ConnectNow() => connectNow.Set();

    public void OnInvalidated(string key)
    {
        Copies.Drop(key);
        report.NearInvalidated();
    }

    /// <summary>FLUSHALL, FLUSHDB, or a server that begins to copy another.</summary>
    public void OnFlushed()
    {
        Copies.DropAll();
        report.NearInvalidated();
    }

    /// <summary>A heartbeat.</summary>
    public void OnInvalidated(TrackingConnection feed, long sentAt)
    {
        lock (gate)
        {
            if (!feeds.Contains(feed))
                return;

            feed.Acknowledge(sentAt);
            var heard = feeds.Min(static one => one.ProvenAt);
            if (!isComplete || heard == long.MinValue)
                return;

            // Of a heartbeat Redis tells once more when it expires.
            var until = heard + (long)(Trust.TotalSeconds * Copies.Time.TimestampFrequency);
            if (until <= Copies.Time.GetTimestamp())
                return;

            if (!isOn)
                report.NearOn();

            (isOn, refusal, failures) = (true, null, 0);
            Copies.TrustUntil(until);
        }
    }

    /// <summary>What this feed has said, or should have, may be incomplete.</summary>
    public void OnDisconnected(TrackingConnection feed)
    {
        lock (gate)
        {
            if (!feeds.Contains(feed))
                return;

            feeds = [.. feeds.Where(other => other != feed)];
            Suspend();
        }

        ReplyAwaiter.Abandon(ExecutionContextFlow.Run(async () => await feed.DisposeAsync()));
        if (feed.IsProven)
            ConnectNow();
    }

    public void Dispose()
    {
        TrackingConnection[] all;
        lock (gate)
            (disposed, all) = (true, feeds);

        foreach (var feed in all)
            OnDisconnected(feed);

        Copies.Dispose();
        ConnectNow();
    }

    private async Task RunAsync()
    {
        while (!disposed)
        {
            var (pause, signal) = (Interval, connectNow.Next);
            try
            {
                await LookAfterAsync();
            }
            catch (Exception failure)
            {
                pause = PauseAfter(failure);
            }

            await AsyncSignal.WaitAsync(signal, pause);
        }
    }

    private async Task LookAfterAsync()
    {
        if (connection.Multiplexer is not { } main)
            return;

        var servers = await ClusterSlotMap.ServersWithKeysAsync(main, turn++, everyone: !isOn);
        isUnsettled = servers is null;
        if (servers is null)
        {
            Suspend();

            // The client library looks for servers by itself once a minute.
            if (turn % TurnsBetweenLooks == 0)
                await main.ConfigureAsync();

            return;
        }

        if (servers[0].ServerType == ServerType.Cluster && ClusterSlotMap.IsOneSlot(keys.OwnBeats))
            throw new NotSupportedException("on a cluster it cannot do with an InstanceName in braces, which keeps all keys on one server");

        foreach (var feed in feeds)
            LookAt(feed, servers);

        IServer[] missing = [.. servers.Where(server => !Array.Exists(feeds, feed => feed.Server.Equals(server.EndPoint)))];
        if (missing.Length > 0)
        {
            Suspend();
            await Task.WhenAll(missing.Select(server => ArmAsync(main, server)));
        }

        lock (gate)
            isComplete = !disposed && Array.TrueForAll(servers, server => Array.Exists(feeds, feed => feed.Server.Equals(server.EndPoint)));

        foreach (var feed in feeds)
            feed.SendHeartbeat(main, Array.Find(servers, server => server.EndPoint.Equals(feed.Server))!);
    }

    private void LookAt(TrackingConnection feed, IServer[] servers)
    {
        var isGone = !Array.Exists(servers, server => server.EndPoint.Equals(feed.Server));
        if (!isGone && !feed.IsSilentFor(LongestSilence))
            return;

        // Silent because it is told nothing; another one would be too.
        if (!isGone && feed.Refusal is { } word)
        {
            Suspend();
            Refuse($"Redis refuses its heartbeat: {word}");
        }
        else
        {
            OnDisconnected(feed);
            if (!isGone && !feed.IsProven)
                throw new TimeoutException("A feed that was armed has said nothing.");
        }
    }

    private async Task ArmAsync(IConnectionMultiplexer main, IServer server)
    {
        var feed = await TrackingConnection.ArmAsync(this, MultiplexerConfiguration.OfFeed(options, main, server, clientName), server.EndPoint, keys);

        // What changed before it listened was heard by nobody.
        Copies.DropAll();
        lock (gate)
            feeds = [.. feeds, feed];

        if (disposed)
            OnDisconnected(feed);
    }

    /// <summary>From here on nothing is found here, until all servers have been heard again.</summary>
    private void Suspend()
    {
        lock (gate)
        {
            if (isOn)
                report.NearOff(isExpected: disposed);

            isOn = isComplete = false;
            Copies.Distrust();
            Copies.DropAll();
        }
    }

    /// <summary>How long to wait until it is tried again.</summary>
    private TimeSpan PauseAfter(Exception failure)
    {
        if (!RedisFailures.IsTransient(failure) && WhyRefused(failure) is { } why)
        {
            Refuse(why);
            return PauseAfterRefusal;
        }

        var inARow = ++failures;
        if (inARow == FailuresBeforeSaying)
            Refuse($"no connection of its own ({RedisErrors.KindOf(failure).Token()})");

        return inARow < LongestPause / Interval ? inARow * Interval : LongestPause;
    }

    private void Refuse(string why)
    {
        if (refusal != why)
            report.NearRefused(why);

        refusal = why;
    }

    /// <summary>Why there is no use in asking again soon; null: there may be.</summary>
    private static string? WhyRefused(Exception failure) => RedisFailures.DenialIn(failure) is { } denial
        ? $"Redis refuses what it needs: {denial}"
        : failure switch
        {
            _ when RedisFailures.IsTlsFailure(failure) => "TLS refuses a connection of its own; how a multiplexer of the app's trusts has to be said in ConfigurationOptions too",
            NotSupportedException => failure.Message,
            RedisCommandException => "the settings of the connection turn a command off that it needs (CLIENT or SUBSCRIBE)",
            RedisServerException => "the server has no CLIENT TRACKING with BCAST and REDIRECT",
            _ => null,
        };
}
