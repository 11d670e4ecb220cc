using StackExchange.Redis;

namespace RedisExpiryCache.Redis;

/// <summary>
/// The tags of data entries. An entry is stamped with each tag's generation at the time of its write, and is there only while all of
/// them are current. Stamps hold a tag as it stands in its key, escaped: that form survives UTF-8, whatever the tag.
/// <para>Failure policy: throws what <see cref="RedisConnection"/> throws.</para>
/// </summary>
internal sealed class EntryTags(Generations generations, string instanceName)
{
    private const int RememberedKeys = 10_000;

    // A tagged entry names its tags only once it is read. Whoever read it before asks for their generations in the same round trip.
    private readonly Recent<string[]> tagsByKey = new(RememberedKeys);

    public async ValueTask<TagStamp[]> StampAsync(IReadOnlyCollection<string> tags, Call call)
    {
        string[] distinct = [.. tags.Select(static tag => KeyText.Escape(tag)).Distinct(StringComparer.Ordinal)];
        var values = await generations.ReadOrCreateAsync(KeysOf(distinct), Generations.Slack, call);
        var stamps = new TagStamp[distinct.Length];
        for (var i = 0; i < stamps.Length; i++)
        {
            var value = values[i] ?? throw new InvalidOperationException(
                $"The Redis key '{KeyOf(distinct[i])}', which is to hold the generation of a tag, holds a value that this library did not write. Delete it.");
            stamps[i] = new TagStamp(distinct[i], Generations.IdOf(value));
        }

        return stamps;
    }

    /// <summary>Sends for the generations that reading this key will probably need; null when nothing is known of it.</summary>
    public async ValueTask<TagGuess?> GuessAsync(string fullKey, Call call) =>
        tagsByKey.Find(fullKey) is { } tags ? new TagGuess(tags, await generations.SendAsync(KeysOf(tags), call)) : null;

    /// <summary>Whether the generations that an entry was stamped with are still the current ones.</summary>
    public async ValueTask<bool> AreCurrentAsync(string fullKey, TagStamp[] stamps, TagGuess? guess, Call call)
    {
        if (stamps.Length == 0)
            return true;

        if (guess is not null && Covers(await ReceiveAsync(guess, call), stamps) is { } answer)
            return answer;

        var tags = Array.ConvertAll(stamps, static stamp => stamp.Tag);
        tagsByKey.Remember(fullKey, tags);
        return Covers(await ReceiveAsync(new TagGuess(tags, await generations.SendAsync(KeysOf(tags), call)), call), stamps) ?? false;
    }

    /// <summary>Makes the generations outlast what was stamped with them (null: for ever), in one round trip.</summary>
    /// <returns>False when one of them is no longer current.</returns>
    public async ValueTask<bool> KeepAsync(TagStamp[] stamps, TimeSpan? lifetime, Call call)
    {
        var kept = Array.ConvertAll(
            stamps, stamp => generations.KeepAsync(KeyOf(stamp.Tag), stamp.Generation, note: "", lifetime + Generations.Slack, call).AsTask());
        return Array.TrueForAll(await Task.WhenAll(kept), static current => current);
    }

    public ValueTask<bool> RemoveAsync(string tag, Call call) => generations.RemoveAsync(KeyOf(KeyText.Escape(tag)), call);

    /// <summary>Null when a tag of the stamps was not asked about.</summary>
    private static bool? Covers(TagStamp[] current, TagStamp[] stamps)
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

    private async ValueTask<TagStamp[]> ReceiveAsync(TagGuess asked, Call call)
    {
        var values = await generations.ReceiveAsync(asked.Replies, call);
        return [.. asked.Tags.Zip(values, static (tag, value) => new TagStamp(tag, value is null ? "" : Generations.IdOf(value)))];
    }

    private string[] KeysOf(string[] tags) => Array.ConvertAll(tags, KeyOf);

    private string KeyOf(string escapedTag) => $"{instanceName}tag:data:{escapedTag}";
}

/// <summary>Tags whose generations were asked for, and the replies to come.</summary>
internal sealed record TagGuess(string[] Tags, Task<RedisValue>[] Replies);
