using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using RedisExpiryCache.Concurrency;
using RedisExpiryCache.Expiry;
using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Generations;
using RedisExpiryCache.ResponseCaching.Lookup;
using RedisExpiryCache.ResponseCaching.Storage;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching.ContentCoding;

/// <summary>
/// Bodies of stored responses in content codings, each under the key of its plain response, a dot and the coding. A copy is made from what
/// is stored, in the background, when somebody who would like it gets the plain body; from then on it is asked for in the same round trip.
/// It has the body alone: status, fields and freshness are always those of the plain response, which is read and checked with it. It counts
/// only if it was made from this very body and under the same tags, so no copy outlasts what it is a copy of:
/// <code>
///   A: reads body 1 …… compresses it ……………………………… stores the copy of body 1
///   B:                         stores body 2, and its copy    (overwritten; not of body 2, so it is made again)
/// </code>
/// <para>Failure policy: whatever happens to a copy, the client gets the plain body. Redis' failures are logged and counted as those of the
/// store.</para>
/// </summary>
internal sealed class EncodedCopies(
    ResponseLookups lookups, EntryStore entries, ServerClock clock, ResponseCacheTelemetry report, IOptions<RedisExpiringCacheOptions> cacheOptions, TimeProvider time)
{
    private const int RememberedCopies = 20_000;

    /// <summary>A copy ends before its plain response by so much: its time to live is counted from when Redis gets it.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(1);

    /// <summary>For how long this process leaves a copy alone that it could not store.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly string[] offered = [.. cacheOptions.Value.ResponseCaching.ContentCodings.Select(static coding => coding.ToLowerInvariant())];

    // What is known of each copy: whether to ask for it at all. Were it wrong, somebody gets a plain body, or waits for one more round
    // trip.
    private readonly BoundedCache<Known> known = new(RememberedCopies);

    // One at a time for each coding: compressing never takes more cores than there are codings.
    private readonly ConcurrentDictionary<string, string> underWay = new(StringComparer.Ordinal);

    /// <param name="Fingerprint">Of the plain body.</param>
    /// <param name="IsThere">In Redis. Else the plain body is served, until <paramref name="RetryAt"/>; null: as long as it is this
    /// one.</param>
    /// <param name="RetryAt">When to look again.</param>
    private sealed record Known(UInt128 Fingerprint, bool IsThere, DateTimeOffset? RetryAt = null);

    /// <summary>Null where no coding is asked for by the settings: then nothing here does anything.</summary>
    public ContentNegotiation? Begin(HttpContext context) => offered.Length == 0 ? null : new ContentNegotiation(context, offered, this);

    /// <summary>
    /// Asks for the copy that is likely to be wanted, to be called before the plain response is asked for: both are one round trip.
    /// </summary>
    public void AskAhead(ResponseCacheContext exchange, OperationContext call)
    {
        if (exchange.Coding is not { } client)
            return;

        var key = IsWanted(exchange, client) && lookups.GuessKey(exchange.Question) is { } plainKey ? KeyOf(plainKey, client.Coding!) : null;
        var isThere = key is not null && known.Find(key) is { IsThere: true };
        client.AskAhead(key, isThere ? entries.ReadAsync(key!, call).AsTask() : null, call);
    }

    /// <summary>What to send of a stored response: itself, or its copy in the client's coding.</summary>
    public static async ValueTask<(CachedResponse Response, ReadOnlyMemory<byte> Body)> ForAsync(ResponseCacheContext exchange, LookupResult lookup, CachedResponse stored)
    {
        if (exchange.Coding is not { } client)
            return (stored, lookup.Body);

        var mayCode = Compression.IsFor(stored);
        client.MayVary = mayCode;
        if (!mayCode || lookup.Body.Length < Compression.SmallestBody || !IsWanted(exchange, client) || Validation.IsNotModified(exchange.Request, stored.Rules, exchange.Now))
            return (stored, lookup.Body);

        var coded = await client.Copies.FindOrMakeAsync(exchange, client, lookup);
        return coded.IsEmpty ? (stored, lookup.Body) : (Compression.In(client.Coding!, stored), coded);
    }

    /// <summary>Parts are those of the plain body, whose bytes are always the same.</summary>
    private static bool IsWanted(ResponseCacheContext exchange, ContentNegotiation client) =>
        client.Coding is not null && exchange.Request.Range.Count == 0;

    private static string KeyOf(string plainKey, string coding) => $"{plainKey}.{coding}";

    /// <returns>Empty: there is none yet, or it would be no shorter.</returns>
    private async ValueTask<ReadOnlyMemory<byte>> FindOrMakeAsync(
        ResponseCacheContext exchange, ContentNegotiation client, LookupResult lookup)
    {
        try
        {
            var key = KeyOf(lookup.Key!, client.Coding!);
            var fingerprint = EncodedCopyCodec.FingerprintOf(lookup.Body);
            var before = known.Find(key);
            if (before is { IsThere: false } && before.Fingerprint == fingerprint && !(before.RetryAt <= exchange.Now))
                return default;

            if (underWay.TryGetValue(client.Coding!, out var made) && made == key)
                return default;

            var near = entries.FindNear(key);
            var ahead = near is null && key == client.KeyAhead ? client.TakeAhead() : null;
            var read = near ?? await (ahead ?? entries.ReadAsync(key, client.Call).AsTask());
            var isUsable = TryUse(key, read, lookup, fingerprint, out var body);
            if (!isUsable && (ahead is not null || near is not null))
            {
                // What was asked for ahead, or was near, may have been made anew since.
                read.Dispose();
                read = await entries.ReadAsync(key, client.Call);
                isUsable = TryUse(key, read, lookup, fingerprint, out body);
            }

            if (!isUsable)
            {
                read.Dispose();
                MakeBehind(key, client.Coding!, fingerprint, lookup, before);
                return default;
            }

            var now = new Known(fingerprint, IsThere: !body.IsEmpty);
            if (now != before)
                known.Remember(key, now);

            read = EntryStore.TryCache(read);
            client.Serve(read);
            if (read.Expiry.Sliding is { } window)
                Slide(key, read, window);

            return body;
        }
        catch (Exception failure)
        {
            report.StoreFailed(failure);
            return default;
        }
    }

    private bool TryUse(string key, EntryReadResult read, LookupResult lookup, UInt128 fingerprint, out ReadOnlyMemory<byte> body)
    {
        body = default;
        if (read.Miss > MissReason.TagRemoved)
            report.Unreadable(key, read.Miss);

        return read.IsHit && read.Tags.SequenceEqual(lookup.StoredStamps) && EncodedCopyCodec.TryDecode(read.Payload, fingerprint, out body);
    }

    /// <summary>
    /// Unless another one is being made, or somebody has made this one since it was looked for, when <paramref name="before"/> was known of
    /// it.
    /// </summary>
    private void MakeBehind(string key, string coding, UInt128 fingerprint, LookupResult lookup, Known? before)
    {
        if (underWay.ContainsKey(coding))
            return;

        // The lookup's buffer goes back when the answer is sent.
        var (plainKey, stamps, plain) = (lookup.Key!, lookup.StoredStamps, lookup.Body.ToArray());
        if (!underWay.TryAdd(coding, key))
            return;

        if (known.Find(key) is { } since && !ReferenceEquals(since, before) && since.Fingerprint == fingerprint)
        {
            underWay.TryRemove(coding, out _);
            return;
        }

        _ = ExecutionContextFlow.Run(async () =>
        {
            try
            {
                known.Remember(key, await MakeAsync(key, coding, fingerprint, plainKey, stamps, plain));
            }
            catch (Exception failure)
            {
                report.StoreFailed(failure);
                known.Remember(key, new Known(fingerprint, IsThere: false, time.GetUtcNow() + Pause));
            }
            finally
            {
                underWay.TryRemove(coding, out _);
            }
        });
    }

    private async Task<Known> MakeAsync(
        string key, string coding, UInt128 fingerprint, string plainKey, TagGeneration[] stamps, byte[] plain)
    {
        var packed = Compression.Encode(coding, plain);
        var isShorter = packed.Length < plain.Length;
        var body = isShorter ? new ReadOnlySequence<byte>(packed) : ReadOnlySequence<byte>.Empty;

        var call = OperationContext.Detached();
        var now = await clock.NowAsync(call);
        if (await entries.LifetimeAsync(plainKey, call) is not var (lifetime, _) || ExpiryOf(lifetime) is not { } expiry)
            return new Known(fingerprint, IsThere: false, time.GetUtcNow() + Margin);

        await entries.WriteAsync(key, new EntryPayload(EncodedCopyCodec.EncodeHead(fingerprint), body), expiry, stamps, now, call);
        report.Coded(key, packed.Length, plain.Length);
        return new Known(fingerprint, isShorter);
    }

    /// <summary>Before the plain response's end. Where that slides with each use, the copy slides too, by no more.</summary>
    /// <returns>Null: it is not worth it.</returns>
    private static EntryExpiry? ExpiryOf(CacheEntryLifetime plain)
    {
        if (plain.TimeToLive is not { } left || left <= 2 * Margin)
            return null;

        return plain.SlidingExpiration is null
            ? new EntryExpiry(Sliding: null, plain.AbsoluteExpiration - Margin)
            : new EntryExpiry(left - Margin, plain.AbsoluteExpiration);
    }

    private void Slide(string key, EntryReadResult read, TimeSpan window) =>
        entries.Slides.RefreshInBackground(key, read.Slide, window, sliding => ObserveAsync(key, sliding));

    private async Task ObserveAsync(string key, Task sliding)
    {
        try
        {
            await sliding;
        }
        catch (Exception failure)
        {
            report.SlideFailed(key, failure);
        }
    }
}
