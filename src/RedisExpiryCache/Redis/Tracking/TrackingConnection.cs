using System.Globalization;
using System.Net;
using RedisExpiryCache.NearCache;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Resilience;
using RedisExpiryCache.Redis.Topology;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Tracking;

/// <summary>
/// What one Redis server says has changed, over two connections of its own: one that is subscribed, and one that has asked (CLIENT
/// TRACKING, BCAST) that the other be told. If either is lost, so is what was said meanwhile; then it is over, and another one has to be
/// armed.
/// <para>It is proven to work by a heartbeat: a key that is written over the cache's own connection, and named by the server among what has
/// changed. All that changed before that key was written has then been heard.</para>
/// </summary>
internal sealed class TrackingConnection : IAsyncDisposable
{
    private const string Channel = "__redis__:invalidate";
    private const long BeatLifetimeMs = 3000;

    private readonly InvalidationFeed owner;
    private readonly ConnectionMultiplexer multiplexer;
    private readonly string beatPrefix;
    private readonly string allBeatsPrefix;
    private readonly long armedAt;
    private string slotTag = "";
    private long provenAt = long.MinValue;
    private volatile string? refusal;

    private TrackingConnection(InvalidationFeed owner, ConnectionMultiplexer multiplexer, EndPoint server, FeedKeys keys)
    {
        (this.owner, this.multiplexer, Server, beatPrefix, allBeatsPrefix) = (owner, multiplexer, server, keys.OwnBeats, keys.AllBeats);
        armedAt = Copies.Time.GetTimestamp();
    }

    public EndPoint Server { get; }

    /// <summary>When the last heartbeat was sent of which the server has told; <see cref="long.MinValue"/>: none yet.</summary>
    public long ProvenAt => Interlocked.Read(ref provenAt);

    public bool IsProven => ProvenAt != long.MinValue;

    /// <summary>The word by which the server refuses heartbeats, such as OOM; null: it does not.</summary>
    public string? Refusal => refusal;

    private NearCopies Copies => owner.Copies;

    /// <summary>Connects, subscribes and has the server say what changes. From the moment that this returns all of it is heard.</summary>
    /// <exception cref="RedisException">There is no connection, or the server refuses.</exception>
    /// <exception cref="TimeoutException">It does not answer.</exception>
    public static async Task<TrackingConnection> ArmAsync(
        InvalidationFeed owner, ConfigurationOptions configuration, EndPoint server, FeedKeys keys)
    {
        var multiplexer = await ConnectionMultiplexer.ConnectAsync(configuration);
        try
        {
            var feed = new TrackingConnection(owner, multiplexer, server, keys);
            multiplexer.ConnectionFailed += (_, _) => owner.OnDisconnected(feed);

            // A queue keeps the order: a heartbeat proves what was said before it.
            var told = await multiplexer.GetSubscriber().SubscribeAsync(RedisChannel.Literal(Channel));
            told.OnMessage(message => feed.OnMessage(message.Message));

            var only = multiplexer.GetServers()[0];
            var listener = await ListenerAsync(only, configuration.ClientName!);
            await TrackAsync(only, listener, keys.Followed);
            return feed;
        }
        catch
        {
            await multiplexer.DisposeAsync();
            throw;
        }
    }

    public bool IsSilentFor(TimeSpan time) => Copies.Time.GetElapsedTime(Math.Max(ProvenAt, armedAt)) > time;

    /// <summary>Writes a key whose name says when; nobody waits for it.</summary>
    public void SendHeartbeat(IConnectionMultiplexer main, IServer server)
    {
        if (server.ServerType == ServerType.Cluster)
            slotTag = ClusterSlotMap.TagOn(main, server, beatPrefix, slotTag);

        ReplyAwaiter.Abandon(BeatAsync(server, main.GetDatabase().Database));
    }

    /// <summary>To be called by one at a time.</summary>
    public void Acknowledge(long sentAt) => Interlocked.Exchange(ref provenAt, Math.Max(provenAt, sentAt));

    public ValueTask DisposeAsync() => multiplexer.DisposeAsync();

    private async Task BeatAsync(IServer server, int database)
    {
        try
        {
            var key = string.Create(CultureInfo.InvariantCulture, $"{beatPrefix}{slotTag}:{Copies.Time.GetTimestamp()}");
            await server.ExecuteAsync(database, "SET", [(RedisKey)key, "", "PX", BeatLifetimeMs], CommandFlags.NoRedirect);
            refusal = null;
        }
        catch (Exception failure)
        {
            refusal = RedisFailures.RefusalIn(failure);
        }
    }

    private void OnMessage(RedisValue message)
    {
        var key = (string?)message;
        if (key is null)
            owner.OnFlushed();
        else if (!key.StartsWith(allBeatsPrefix, StringComparison.Ordinal))
            owner.OnInvalidated(key);
        else if (key.StartsWith(beatPrefix, StringComparison.Ordinal) && TimeIn(key) is { } sentAt && sentAt <= Copies.Time.GetTimestamp())
            owner.OnInvalidated(this, sentAt);
    }

    private static long? TimeIn(string beat) =>
        long.TryParse(beat.AsSpan(beat.LastIndexOf(':') + 1), CultureInfo.InvariantCulture, out var sentAt) ? sentAt : null;

    /// <summary>
    /// The server's number for the subscribed connection: the client library knows it by its name only. Numbers grow, and the last one
    /// counts: there may be others from before, whose end the server has not noticed.
    /// </summary>
    private static async Task<long> ListenerAsync(IServer server, string clientName)
    {
        var clients = Replies.Text(await server.ExecuteAsync("CLIENT", "LIST", "TYPE", "pubsub")) ?? "";
        var ours = clients.Split('\n').Where(line => line.Contains($" name={clientName} ", StringComparison.Ordinal)).Select(NumberIn).DefaultIfEmpty(0).Max();
        return ours > 0 ? ours : throw new TimeoutException("CLIENT LIST does not name the connection that has just subscribed.");

        static long NumberIn(string line) =>
            long.Parse(line.Split(' ').First(static field => field.StartsWith("id=", StringComparison.Ordinal)).AsSpan(3), CultureInfo.InvariantCulture);
    }

    /// <exception cref="TimeoutException">The listener is lost by now; which the server refuses in the same way as what it cannot
    /// do.</exception>
    private static async Task TrackAsync(IServer server, long listener, string[] prefixes)
    {
        object[] arguments = ["TRACKING", "ON", "REDIRECT", listener, "BCAST", .. prefixes.SelectMany(static prefix => new[] { "PREFIX", prefix }), "NOLOOP"];
        try
        {
            await server.ExecuteAsync("CLIENT", arguments);
        }
        catch (RedisServerException refused) when (refused.Message.Contains("you want redirect to does not exist", StringComparison.Ordinal))
        {
            throw new TimeoutException("The connection that has just subscribed is lost.", refused);
        }
    }
}

/// <summary>Which keys a feed is about.</summary>
/// <param name="Followed">Prefixes of those that it is told of, none of them the beginning of another; empty: all keys.</param>
/// <param name="OwnBeats">What our own heartbeats begin with.</param>
/// <param name="AllBeats">What those of all processes begin with.</param>
internal sealed record FeedKeys(string[] Followed, string OwnBeats, string AllBeats);
