using System.Runtime.CompilerServices;
using RedisExpiryCache.Concurrency;
using RedisExpiryCache.Expiry;
using RedisExpiryCache.NearCache;
using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Generations;
using RedisExpiryCache.Redis.Resilience;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Entries;

/// <summary>
/// Slides of entries: PEXPIRE by the rule that the entry itself holds, in one step at the server, so that a slide which comes late does no
/// harm.
/// <para>An entry whose removal is still to be made up for (<see cref="Tombstones"/>) is not there.</para>
/// <para>Failure policy: throws what <see cref="RedisConnection"/> throws.</para>
/// </summary>
internal sealed class SlidingExpirationRefresher(RedisConnection connection, NearCopies? nearCopies)
{
    private static readonly RedisCommand<int, RedisResult> SlideNow = new(
        Access.Write, static (database, key, _) => Scripts.SlideByHash(database, key))
    {
        RespectsTombstones = true,
        SendScript = static (database, key, _) => Scripts.Slide(database, key),
    };

    private static readonly RedisCommand<(long ReadBeforeMs, long WorthMs), RedisResult> SlideIfWorth = new(
        Access.Write, static (database, key, slide) => Scripts.Slide(database, key, slide.ReadBeforeMs, slide.WorthMs))
    { RespectsTombstones = true };

    private static readonly Func<RedisResult?, (TagGeneration[] Tags, TimeSpan Window)> Decode = DecodeSlide;

    private static readonly Func<(SlidingExpirationRefresher Slides, string Key), OperationContext, int, ValueTask<(TagGeneration[] Tags, TimeSpan Window)>> ByItsRule =
        static (slide, call, _) => slide.Slides.SlideAsync(slide.Key, call, readBefore: null, worth: default);

    private readonly RedisExecutor executor = new(connection);
    private readonly ReadCoalescer<(TagGeneration[] Tags, TimeSpan Window)> slides = new(connection);

    /// <summary>
    /// Slides an entry by its own window, up to its absolute end; one that does not slide, or is not there, stays as it is.
    /// </summary>
    /// <returns>The tags whose generations have to slide with it, by its window: none where an absolute end was known to them from the
    /// first.</returns>
    public ValueTask<(TagGeneration[] Tags, TimeSpan Window)> RefreshAsync(string fullKey, OperationContext call) =>
        slides.ReadAsync(fullKey, call, (this, fullKey), ByItsRule, out _);

    /// <summary>
    /// Slides an entry that has just been read, now or where its slides are gathered; nobody waits for it. Of reads as fast as that, each
    /// is followed by a slide, but not by one of its own: they would pile up behind the reads. Where there are near copies anywhere, each
    /// slide drops them: so it is left out where it would gain next to nothing.
    /// </summary>
    /// <param name="fullKey">Its key.</param>
    /// <param name="gathered">Where its slides are gathered; null: nowhere.</param>
    /// <param name="window">How long it lives from each read on.</param>
    /// <param name="observe">Sees what becomes of a slide, and throws nothing.</param>
    public void RefreshInBackground(
        string fullKey, NearSlide? gathered, TimeSpan window, Func<Task<(TagGeneration[] Tags, TimeSpan Window)>, Task> observe)
    {
        using var detached = ExecutionContextFlow.Scope();
        if (gathered is not null)
            gathered.Touch((readBefore, worth) => observe(SlideAsync(fullKey, OperationContext.Detached(), readBefore, worth).AsTask()));
        else if (nearCopies is not null)
            _ = Followed(observe(SlideAsync(fullKey, OperationContext.Detached(), readBefore: TimeSpan.Zero, NearSlide.WorthOf(window)).AsTask()));
        else if (slides.ReadInBackground(fullKey, OperationContext.Detached(), (this, fullKey), ByItsRule) is { } sliding)
            _ = Followed(observe(sliding));
    }

    /// <summary>Work that follows a call: nothing awaits it, but tests with a clock of their own.</summary>
    public Task Followed(Task work)
    {
        connection.Trailing?.Add(work);
        return work;
    }

    /// <param name="fullKey">Its key.</param>
    /// <param name="call">Whose time it takes.</param>
    /// <param name="readBefore">As if it had been read so long ago, if that gains <paramref name="worth"/>; null: as of now, whatever it
    /// gains.</param>
    /// <param name="worth">What it has to gain.</param>
    private ValueTask<(TagGeneration[] Tags, TimeSpan Window)> SlideAsync(string fullKey, OperationContext call, TimeSpan? readBefore, TimeSpan worth) =>
        readBefore is { } past
            ? executor.ExecuteAsync(SlideIfWorth, fullKey, ((long)past.TotalMilliseconds, (long)worth.TotalMilliseconds), Decode, call)
            : executor.ExecuteAsync(SlideNow, fullKey, 0, Decode, call);

    private static (TagGeneration[] Tags, TimeSpan Window) DecodeSlide(RedisResult? slid) =>
        slid is not null && Replies.Array(slid) is [var window, var stamps, ..] && TagGeneration.TryDecode(Replies.Bytes(stamps).Span) is { Length: > 0 } tags
            ? (tags, Ttl.SpanOf(Replies.Number(window)))
            : ([], TimeSpan.Zero);
}
