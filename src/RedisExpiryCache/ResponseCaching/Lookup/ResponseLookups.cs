using System.Runtime.CompilerServices;
using RedisExpiryCache.Concurrency;
using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Generations;
using RedisExpiryCache.ResponseCaching.Keys;
using RedisExpiryCache.ResponseCaching.Storage;

namespace RedisExpiryCache.ResponseCaching.Lookup;

/// <summary>
/// Finds what <see cref="ResponseStore"/> has stored: a response, if it was made under the generations that its URL and its tags have now.
/// Which URL has which generation and varies by which fields is remembered (as a guess, which Redis confirms or not), so that all of it is
/// asked for at once.
/// <para>Failure policy: throws what <see cref="RedisConnection"/> throws; the middleware catches.</para>
/// </summary>
internal sealed class ResponseLookups(
    RedisConnection connection, EntryStore entries, GenerationStore generations, NearResponseLookup near, BoundedCache<VariantIndex> urls, ResponseKeys keys, ResponseCacheTelemetry report)
{
    /// <summary>Of retired generations, so many are looked under in one round trip: mostly one of the latest two has something.</summary>
    private const int RetiredAtOnce = 2;

    /// <summary>
    /// Up to so many bytes a response is asked for together with the generations: one command less, for an array of its own. More belong
    /// into a pooled buffer.
    /// </summary>
    private const int Small = 16 * 1024;

    private readonly UnknownUrlReads unknownUrls = new(generations, keys);
    private readonly ReadCoalescer<LookupResult> lookups = new(connection, static lookup => lookup.Dispose());

    /// <summary>Whether there may be any of this process's own copies just now.</summary>
    public bool HasNear => near.IsOn;

    /// <summary>A hit of this process's own copies; null: Redis has to be asked.</summary>
    public LookupResult? FindNear(LookupRequest question) => near.Find(question);

    /// <summary>
    /// One round trip in the steady state; two where this process does not know the URL yet, or it has changed, or others ask for the same
    /// at the time.
    /// </summary>
    /// <param name="question">The request.</param>
    /// <param name="missing">What to do about generations that are not there.</param>
    /// <param name="call">Since when the request waits for the store.</param>
    /// <param name="guess">Null: the answer is this question's. Else others ask for the same at the time, and only what
    /// <see cref="LookupResult.Answers"/> the question is.</param>
    public ValueTask<LookupResult> FindAsync(LookupRequest question, MissingGenerations missing, OperationContext call, out string? guess)
    {
        guess = GuessKey(question);
        if (guess is null)
            return FindAloneAsync(question, missing, call);

        if (urls.Find(question.UrlKey) is { LargestBody: > 0 and var size })
        {
            connection.Large.ThrowIfTooSlow(guess);
            call = connection.Large.Extend(call, size);
        }

        var finding = lookups.ReadAsync(
            guess,
            call,
            (Lookups: this, Question: question, Missing: missing),
            static (asked, call, count) => asked.Lookups.AskAsync(asked.Question, asked.Missing, call, count),
            out var isShared,
            static asked => asked with { Question = asked.Question.Kept() });
        guess = isShared ? guess : null;
        return finding;
    }

    /// <summary>The same without regard to others.</summary>
    public ValueTask<LookupResult> FindAloneAsync(LookupRequest question, MissingGenerations missing, OperationContext call) =>
        AskAsync(question, missing, call);

    /// <summary>Where the response to this request is likely to be, as far as this process remembers.</summary>
    public string? GuessKey(LookupRequest question) =>
        urls.Find(question.UrlKey) is { HasResponses: true } guess ? keys.VariantOf(question, guess) : null;

    /// <summary>Another variant of the URL that was looked up.</summary>
    public async ValueTask<LookupResult> FindVariantAsync(LookupRequest question, LookupResult lookup, UrlVariant variant)
    {
        var call = question.Budget.Begin();
        var key = ResponseKeys.VariantOf(question.UrlKey, lookup.Url!.Generation, variant.Digest);
        try
        {
            var read = await entries.ReadAsync(key, call, expectedSize: lookup.Url.LargestBody);
            return await Checked(lookup, key, read, isRetired: false, call);
        }
        finally
        {
            question.Budget.End(call);
        }
    }

    /// <summary>Waits for Redis; what comes after that is <see cref="AnswerAsync"/>'s, apart, so that what waits is small.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<LookupResult> AskAsync(
        LookupRequest question, MissingGenerations missing, OperationContext call, int sharedBy = 1)
    {
        var url = urls.Find(question.UrlKey);
        if (url is null && missing == MissingGenerations.Note)
            return await FindUnknownAsync(question, call, sharedBy);

        var key = url is { HasResponses: true } ? keys.VariantOf(question, url) : null;
        var isAsOne = key is not null && url is { FoundSmall: true, LargestBody: 0 } && generations.MayAskTogether(call);
        var guess = new Guess([question.UrlKey, .. question.Named.Keys], url, key, isAsOne);
        var (values, read) = await ReadAsync(guess, missing, call);
        return await AnswerAsync(question, guess, values, read, missing, call, sharedBy);
    }

    /// <summary>A URL without a generation gets none, because anybody can request any number of such URLs.</summary>
    private async ValueTask<LookupResult> FindUnknownAsync(LookupRequest question, OperationContext call, int sharedBy)
    {
        var (values, absent) = await unknownUrls.ReadAsync(question, call);
        return await AnswerAsync(question, new Guess { Absent = absent }, values, read: default, MissingGenerations.Note, call, sharedBy);
    }

    private ValueTask<(string?[] Values, EntryReadResult Guessed)> ReadAsync(Guess guess, MissingGenerations missing, OperationContext call) => guess switch
    {
        { Url: null } when missing == MissingGenerations.Create => CreateAsync(guess.GenerationKeys, call),
        { IsAsOne: true } => generations.ReadWithEntryAsync(guess.Key!, guess.GenerationKeys, call),
        _ => ReadTogether(guess, call),
    };

    private async ValueTask<(string?[] Values, EntryReadResult Guessed)> CreateAsync(string[] generationKeys, OperationContext call) =>
        (await generations.ReadOrCreateAsync(generationKeys, GenerationStore.Slack, call), default);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<LookupResult> AnswerAsync(
        LookupRequest question, Guess guess, string?[] values, EntryReadResult read, MissingGenerations missing, OperationContext call, int sharedBy)
    {
        if (guess.Url is not null && missing != MissingGenerations.Ignore && values.Contains(null))
            values = await generations.ReadOrCreateAsync(guess.GenerationKeys, GenerationStore.Slack, call);

        if (values.Contains(null))
        {
            read.Dispose();
            return new LookupResult();
        }

        var url = values[0] == guess.Url?.Value ? guess.Url! : new VariantIndex(values[0]!);
        if (url != guess.Url && guess.Absent is not { IncludesUrl: true })
            urls.Remember(question.UrlKey, url);

        var tags = new TagState[question.Tags.Length];
        for (var i = 0; i < tags.Length; i++)
            tags[i] = new TagState(question.Tags[i], values[i + 1]);

        // MGET does not tell what holds no string from what is not there.
        var key = keys.VariantOf(question, url);
        if (!url.HasResponses || key != guess.Key || (guess.IsAsOne && read.Miss == MissReason.Absent))
        {
            read.Dispose();
            read = url.HasResponses ? await entries.ReadAsync(key, call, expectedSize: url.LargestBody) : new EntryReadResult(MissReason.Absent);
        }

        var known = new LookupResult(url, tags) { Absent = guess.Absent };
        var found = await Checked(known, key, read, isRetired: false, call);
        if (found.Response is null && url.HasResponses)
            found = await FindRetired(question, found, call) ?? found;

        return found.SharedBy(sharedBy);
    }

    /// <summary>All in one round trip.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<(string?[] Values, EntryReadResult Guessed)> ReadTogether(Guess guess, OperationContext call)
    {
        var sent = generations.Send(guess.GenerationKeys, call);
        EntryReadResult guessed = default;
        try
        {
            if (guess.Key is not null)
                guessed = await entries.ReadAsync(guess.Key, call, expectedSize: guess.Url!.LargestBody);
        }
        catch
        {
            GenerationStore.Abandon(sent);
            throw;
        }

        try
        {
            return (await GenerationStore.ReceiveAsync(sent, call), guessed);
        }
        catch
        {
            guessed.Dispose();
            throw;
        }
    }

    /// <summary>What was stored before the URL was marked stale, and has not been made anew since.</summary>
    private async ValueTask<LookupResult?> FindRetired(LookupRequest question, LookupResult known, OperationContext call)
    {
        var digest = known.Key![^KeyEncoder.DigestLength..];
        foreach (var some in known.Url!.StaleGenerations.Select(generation => ResponseKeys.VariantOf(question.UrlKey, generation, digest)).Chunk(RetiredAtOnce))
        {
            LookupResult? latest = null;
            var reads = some.Select(key => entries.ReadAsync(key, call, expectedSize: known.Url.LargestBody).AsTask());
            foreach (var (key, read) in some.Zip(await Task.WhenAll(reads)))
            {
                if (latest is not null)
                    read.Dispose();
                else if (await Checked(known, key, read, isRetired: true, call) is { Response: not null } found)
                    latest = found;
            }

            if (latest is not null)
                return latest;
        }

        return null;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<LookupResult> Checked(
        LookupResult known, string key, EntryReadResult read, bool isRetired, OperationContext call)
    {
        if (read.Miss > MissReason.TagRemoved)
            report.Unreadable(key, read.Miss);

        known.Url!.FoundSmall = read.Payload.Length is > 0 and <= Small;
        if (read.IsHit && await StatesOf(known, read.Tags, call) is var states && TagState.StandingOf(read.Tags, states) is var standing && standing != GenerationStatus.Evicted)
        {
            if (CachedResponseCodec.TryDecode(read.Payload) is var (response, body))
            {
                if (isRetired || standing == GenerationStatus.Stale)
                    response = response with { Rules = response.Rules.MarkedStale() };
                else
                    read = NearResponseLookup.TryCache(read, response, body);

                return new LookupResult(known.Url, known.Tags, key, new FoundResponse(response, body, read))
                {
                    LateStamps = TagState.StampsOf(states.AsSpan(known.Tags.Length)),
                    Absent = known.Absent,
                };
            }

            report.Unreadable(key, CachedResponseCodec.MissOf(read.Payload.Span));
        }

        read.Dispose();
        return known.Without(key, isAbsent: read.Miss == MissReason.Absent);
    }

    /// <summary>
    /// Of the tags that a response carries. It may have named some only while it was made; or the endpoint has changed since, on this node
    /// or on another. Those that the lookup has asked about come first.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<TagState[]> StatesOf(LookupResult known, TagGeneration[] stamps, OperationContext call)
    {
        var unknown = TagState.UnknownAmong(stamps, known.Tags);
        if (unknown.Length == 0)
            return known.Tags;

        var values = await generations.ReadAsync(Array.ConvertAll(unknown, keys.TagOf), call);
        return [.. known.Tags, .. unknown.Zip(values, static (tag, value) => new TagState(tag, value))];
    }

    /// <summary>What will probably be needed.</summary>
    /// <param name="GenerationKeys">Of the URL, and of the question's tags.</param>
    /// <param name="Url">As this process knows it; null: not at all.</param>
    /// <param name="Key">Under which there may be a response; null: there is none yet.</param>
    /// <param name="IsAsOne">It is asked for together with the generations.</param>
    /// <param name="Absent">Generations that were read already, and not found; null: none.</param>
    private readonly record struct Guess(
        string[] GenerationKeys, VariantIndex? Url, string? Key, bool IsAsOne, AbsentGenerations? Absent = null);
}
