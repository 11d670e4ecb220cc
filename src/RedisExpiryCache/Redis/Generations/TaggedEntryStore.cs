using System.Runtime.CompilerServices;
using System.Text;
using RedisExpiryCache.Concurrency;
using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Redis.Execution;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Generations;

/// <summary>
/// The tags of entries, under keys of one prefix. An entry is stamped with each tag's generation at the time of its write, and is there
/// only while all of them are current. Stamps hold a tag as it stands in its key, escaped: that form survives UTF-8, whatever the tag.
/// <para>Failure policy: throws what <see cref="RedisConnection"/> throws.</para>
/// </summary>
internal sealed class TaggedEntryStore(GenerationStore generations, string keyPrefix)
{
    private const int RememberedKeys = 10_000;

    // A tagged entry names its tags only once it is read. Whoever read it before asks for their generations in the same round trip.
    private readonly BoundedCache<string[]> tagsByKey = new(RememberedKeys);

    /// <exception cref="ArgumentException">The tags are more than an entry has room for, or one of them is null.</exception>
    public static void Check(IReadOnlyCollection<string> tags)
    {
        ArgumentNullException.ThrowIfNull(tags);
        var size = 0L;
        foreach (var tag in tags)
        {
            if (tag is null)
                throw new ArgumentNullException(nameof(tags), "One of the tags is null.");

            size += 2 + Encoding.UTF8.GetByteCount(KeyEncoder.Escape(tag)) + GenerationValue.IdLength;
        }

        if (size > TagGeneration.MaximumStampsSize)
            throw new ArgumentException($"The tags need {size} bytes; an entry has room for {TagGeneration.MaximumStampsSize}.", nameof(tags));
    }

    /// <summary>An entry whose tags are all current, as this process knows it; null: Redis has to be asked.</summary>
    public EntryReadResult? FindNear(EntryStore entries, string fullKey) =>
        entries.FindNear(fullKey) is { } near && Array.TrueForAll(near.Tags, IsCurrentNear) ? near : null;

    /// <summary>An entry whose tags are all current, in one round trip where this process has read it before.</summary>
    public ValueTask<EntryReadResult> ReadAsync(EntryStore entries, string fullKey, OperationContext call) =>
        Guess(fullKey, call) is { } guess ? ReadAsync(entries, fullKey, guess, call) : entries.ReadAsync(fullKey, call, tags: this);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<EntryReadResult> ReadAsync(EntryStore entries, string fullKey, RememberedTags guess, OperationContext call)
    {
        EntryReadResult read;
        try
        {
            read = await entries.ReadAsync(fullKey, call);
        }
        catch
        {
            GenerationStore.Abandon(guess.Replies);
            throw;
        }

        return await OnlyCurrentAsync(fullKey, read, guess, call);
    }

    /// <summary>What was read, if its tags are all current: then it may be kept in this process.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<EntryReadResult> OnlyCurrentAsync(
        string fullKey, EntryReadResult read, RememberedTags? guess, OperationContext call)
    {
        if (await AreCurrentAsync(fullKey, read.Tags, guess, call))
            return EntryStore.TryCache(read);

        read.Dispose();
        return new EntryReadResult(MissReason.TagRemoved);
    }

    /// <summary>The tags' generations, made where there are none. Each lasts for <paramref name="atLeast"/> from now.</summary>
    public async ValueTask<TagGeneration[]> StampAsync(IReadOnlyCollection<string> tags, TimeSpan atLeast, OperationContext call)
    {
        string[] distinct = [.. tags.Select(static tag => KeyEncoder.Escape(tag)).Distinct(StringComparer.Ordinal)];
        var values = await generations.ReadOrCreateAsync(KeysOf(distinct), atLeast, call);
        var stamps = new TagGeneration[distinct.Length];
        for (var i = 0; i < stamps.Length; i++)
        {
            var value = values[i] ?? throw generations.PendingEvictionError(KeyOf(distinct[i]))
                ?? new RedisException($"Redis replied with something else than the generation under '{KeyOf(distinct[i])}'.");
            stamps[i] = new TagGeneration(distinct[i], GenerationValue.IdOf(value));
        }

        return stamps;
    }

    /// <summary>Whether the generations that an entry was stamped with are still the current ones.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> AreCurrentAsync(string fullKey, TagGeneration[] stamps, RememberedTags? guess, OperationContext call)
    {
        if (stamps.Length == 0)
        {
            if (guess is not null)
                GenerationStore.Abandon(guess.Replies);

            return true;
        }

        if (guess is not null && Covers(await ReceiveAsync(guess, call), stamps) is { } answer)
            return answer;

        var tags = Array.ConvertAll(stamps, static stamp => stamp.Tag);
        tagsByKey.Remember(fullKey, tags);
        return Covers(await ReceiveAsync(new RememberedTags(tags, generations.Send(KeysOf(tags), call)), call), stamps) ?? false;
    }

    /// <summary>Makes the generations outlast what was stamped with them (null: for ever), in one round trip.</summary>
    /// <returns>False when one of them is no longer current.</returns>
    public async ValueTask<bool> ExtendAsync(TagGeneration[] stamps, TimeSpan? lifetime, OperationContext call)
    {
        var kept = Array.ConvertAll(
            stamps, stamp => generations.ExtendAsync(KeyOf(stamp.Tag), stamp.Generation, value: null, lifetime + GenerationStore.Slack, call).AsTask());
        return Array.TrueForAll(await Task.WhenAll(kept), static current => current);
    }

    public ValueTask<bool> RemoveAsync(string tag, OperationContext call) => generations.RemoveAsync(KeyOfTag(tag), call);

    public string KeyOfTag(string tag) => KeyOf(KeyEncoder.Escape(tag));

    /// <summary>Sends for the generations that reading this key will probably need; null when nothing is known of it.</summary>
    private RememberedTags? Guess(string fullKey, OperationContext call) =>
        tagsByKey.Find(fullKey) is { } tags ? new RememberedTags(tags, generations.Send(KeysOf(tags), call)) : null;

    /// <summary>Null when a tag of the stamps was not asked about.</summary>
    private static bool? Covers(TagGeneration[] current, TagGeneration[] stamps)
    {
        foreach (var stamp in stamps)
        {
            var index = Array.FindIndex(current, asked => asked.Tag == stamp.Tag);
            if (index < 0)
                return null;

            if (current[index].Generation != stamp.Generation)
                return false;
        }

        return true;
    }

    private static async ValueTask<TagGeneration[]> ReceiveAsync(RememberedTags asked, OperationContext call)
    {
        var values = await GenerationStore.ReceiveAsync(asked.Replies, call);
        return [.. asked.Tags.Zip(values, static (tag, value) => new TagGeneration(tag, value is null ? "" : GenerationValue.IdOf(value)))];
    }

    private bool IsCurrentNear(TagGeneration stamp) =>
        generations.FindNear(KeyOf(stamp.Tag)) is { } value && GenerationValue.IdOf(value) == stamp.Generation;

    private string[] KeysOf(string[] tags) => Array.ConvertAll(tags, KeyOf);

    private string KeyOf(string escapedTag) => keyPrefix + escapedTag;
}

/// <summary>Tags whose generations were asked for, and the replies to come.</summary>
internal sealed record RememberedTags(string[] Tags, SentReads Replies);
