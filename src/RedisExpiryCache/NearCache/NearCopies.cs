using Microsoft.Extensions.Caching.Memory;

namespace RedisExpiryCache.NearCache;

/// <summary>
/// What Redis holds, in this process, by Redis key. A copy is there until Redis says that its key has changed, its time to live is over, or
/// others need the room; and is found only while what Redis says is known to arrive (<see cref="TrustUntil"/>). What was read before a
/// change and comes back after it is not kept:
/// <code>
///   reader:  Begin (version 7) … GET …………………………………… TryPut: the version is 8 by now, so it is not kept
///   Redis:                            SET by anybody, said to all: Drop (version 8)
/// </code>
/// <para>Failure policy: throws nothing. What is not here is asked of Redis.</para>
/// </summary>
internal sealed class NearCopies : IDisposable
{
    private const int StripeCount = 512;

    /// <summary>What the memory cache and we need for one copy, about.</summary>
    private const int Bookkeeping = 600;

    private const int Shares = 20;

    private readonly TimeProvider time;
    private readonly long largest;
    private readonly string[] prefixes;
    private readonly MemoryCache copies;
    private readonly Stripe[] stripes = new Stripe[StripeCount];
    private long trustedUntil = long.MinValue;

    /// <param name="prefixes">Of the keys whose changes Redis tells of; no others are kept.</param>
    /// <param name="sizeLimit">In bytes.</param>
    /// <param name="time">Times to live are counted on its timestamps.</param>
    public NearCopies(string[] prefixes, long sizeLimit, TimeProvider time)
    {
        (this.prefixes, this.time, largest) = (prefixes, time, sizeLimit / Shares);
        copies = new MemoryCache(new MemoryCacheOptions { SizeLimit = sizeLimit, TrackStatistics = true });
        for (var i = 0; i < stripes.Length; i++)
            stripes[i] = new Stripe();
    }

    public TimeProvider Time => time;

    /// <summary>One that takes more than its share would drive out many, and mostly find no room all the same.</summary>
    public bool MayKeep(long size) => size <= largest;

    /// <summary>The slides of copies that wait for their time.</summary>
    public WaitingSlides WaitingSlides { get; } = new();

    public long Size => copies.GetCurrentStatistics()?.CurrentEstimatedSize ?? 0;

    /// <summary>Whether the copies are as Redis holds them, but for what has changed within the last second.</summary>
    public bool IsTrusted => time.GetTimestamp() < Volatile.Read(ref trustedUntil);

    /// <summary>Null: ask Redis.</summary>
    public TValue? Find<TValue>(string key)
        where TValue : class
    {
        var now = time.GetTimestamp();
        if (now >= Volatile.Read(ref trustedUntil) || !copies.TryGetValue<Copy>(key, out var copy))
            return null;

        if (now < copy!.Deadline)
            return copy.Value as TValue;

        copies.Remove(key);
        return null;
    }

    /// <summary>To be called before Redis is asked for what is to be kept; whether it may be, is known when the answer is there.</summary>
    public NearFill Begin(string key)
    {
        if (!IsTrusted || !Covers(key) || !IsWellFormed(key))
            return default;

        return new NearFill(this, key, Volatile.Read(ref StripeOf(key).Version), time.GetTimestamp());
    }

    /// <summary>The key has changed, or is about to: whatever was read of it so far is not to be found from here on.</summary>
    public void Drop(string key)
    {
        var stripe = StripeOf(key);
        lock (stripe)
        {
            stripe.Version++;
            copies.Remove(key);
        }
    }

    public void DropAll()
    {
        foreach (var stripe in stripes)
        {
            lock (stripe)
                stripe.Version++;
        }

        // What was begun before can land no more; what has landed goes now.
        copies.Clear();
    }

    /// <summary>Redis is known to have been heard up to a moment; copies may be used until a while after that.</summary>
    /// <param name="timestamp">Of <see cref="Time"/>.</param>
    public void TrustUntil(long timestamp) => Volatile.Write(ref trustedUntil, timestamp);

    public void Distrust() => TrustUntil(long.MinValue);

    /// <summary>
    /// Nothing is found here any more. The memory cache itself stays, emptied: whoever comes late may still have something to drop.
    /// </summary>
    public void Dispose()
    {
        Distrust();
        WaitingSlides.Dispose();
        DropAll();
    }

    /// <param name="key">What was read.</param>
    /// <param name="version">As it was before that.</param>
    /// <param name="value">Nobody changes it from here on.</param>
    /// <param name="size">In bytes, without the key.</param>
    /// <param name="deadline">A timestamp of <see cref="Time"/>.</param>
    /// <returns>Whether it is here now.</returns>
    internal bool TryPut(string key, int version, object value, long size, long deadline)
    {
        var copy = new Copy(value, deadline);
        var stripe = StripeOf(key);
        lock (stripe)
        {
            if (stripe.Version != version)
                return false;

            copies.Set(key, copy, new MemoryCacheEntryOptions { Size = size + (2L * key.Length) + Bookkeeping });
        }

        // The memory cache turns down what it has no room for.
        return copies.TryGetValue<Copy>(key, out var kept) && ReferenceEquals(kept, copy);
    }

    private bool Covers(string key)
    {
        foreach (var prefix in prefixes)
        {
            if (key.StartsWith(prefix, StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    /// <summary>Half of a pair becomes a replacement character on its way to Redis, which then tells of another key.</summary>
    private static bool IsWellFormed(string key)
    {
        for (var i = key.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF'); i >= 0 && i < key.Length; i++)
        {
            if (!char.IsSurrogate(key[i]))
                continue;

            if (i + 1 == key.Length || !char.IsSurrogatePair(key[i], key[i + 1]))
                return false;

            i++;
        }

        return true;
    }

    private Stripe StripeOf(string key) => stripes[(uint)string.GetHashCode(key, StringComparison.Ordinal) % StripeCount];

    /// <summary>
    /// Keys that share a version: a change of one of them turns down reads of the others that are under way, which costs these a read.
    /// </summary>
    private sealed class Stripe
    {
        public int Version;
    }

    /// <param name="Value">Never changed.</param>
    /// <param name="Deadline">A timestamp: from then on Redis has it no more.</param>
    private sealed record Copy(object Value, long Deadline);
}
