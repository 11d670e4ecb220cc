using System.Runtime.CompilerServices;
using RedisExpiryCache.Redis;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>
/// Finds what <see cref="ResponseStore"/> has stored: a response, if it was made under the generations that its URL and its tags have now. Which URL has which generation
/// and varies by which fields is remembered (as a guess, which Redis confirms or not), so that all of it is asked for at once.
/// <para>Failure policy: throws what <see cref="RedisConnection"/> throws; the middleware catches.</para>
/// </summary>
internal sealed class ResponseLookups(
    RedisConnection connection, RedisEntries entries, Generations generations, NearResponses near, Recent<UrlRecord> urls, ResponseKeys keys, ResponseReport report)
{
    /// <summary>Of retired generations, so many are looked under in one round trip: mostly one of the latest two has something.</summary>
    private const int RetiredAtOnce = 2;

    /// <summary>Up to so many bytes a response is asked for together with the generations: one command less, for an array of its own. More belong into a pooled buffer.</summary>
    private const int Small = 16 * 1024;

    private readonly UnknownUrlReads unknownUrls = new(generations, keys);
    private readonly SharedCalls<Lookup> lookups = new(connection, static lookup => lookup.Dispose());

    /// <summary>Whether there may be any of this process's own copies just now.</summary>
    public bool HasNear => near.IsOn;

    /// <summary>A hit of this process's own copies; null: Redis has to be asked.</summary>
    public Lookup? FindNear(Question question) => near.Find(question);

    /// <summary>
    /// One round trip in the steady state; two where this process does not know the URL yet, or it has changed, or others ask for the same at the time.
    /// </summary>
    /// <param name="question">The request.</param>
    /// <param name="missing">What to do about generations that are not there.</param>
    /// <param name="call">Since when the request waits for the store.</param>
    /// <param name="guess">Null: the answer is this question's. Else others ask for the same at the time, and only what <see cref="Lookup.Answers"/> the question is.</param>
    public ValueTask<Lookup> FindAsync(Question question, MissingGenerations missing, Call call, out string? guess)
    {
        guess = GuessKey(question);
        if (guess is null)
            return FindAloneAsync(question, missing, call);

        if (urls.Find(question.UrlKey) is { LargestBody: > 0 and var size })
        {
            connection.Large.ThrowIfTooSlow(guess);
            call = connection.Large.Extend(call, size);
        }

        var finding = lookups.AskAsync(
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
    public ValueTask<Lookup> FindAloneAsync(Question question, MissingGenerations missing, Call call) => AskAsync(question, missing, call);

    /// <summary>Where the response to this request is likely to be, as far as this process remembers.</summary>
    public string? GuessKey(Question question) => urls.Find(question.UrlKey) is { HasResponses: true } guess ? keys.VariantOf(question, guess) : null;

    /// <summary>Another variant of the URL that was looked up.</summary>
    public async ValueTask<Lookup> FindVariantAsync(Question question, Lookup lookup, UrlVariant variant)
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
    private async ValueTask<Lookup> AskAsync(Question question, MissingGenerations missing, Call call, int sharedBy = 1)
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
    private async ValueTask<Lookup> FindUnknownAsync(Question question, Call call, int sharedBy)
    {
        var (values, absent) = await unknownUrls.ReadAsync(question, call);
        return await AnswerAsync(question, new Guess { Absent = absent }, values, read: default, MissingGenerations.Note, call, sharedBy);
    }

    private ValueTask<(string?[] Values, EntryRead Guessed)> ReadAsync(Guess guess, MissingGenerations missing, Call call) => guess switch
    {
        { Url: null } when missing == MissingGenerations.Create => CreateAsync(guess.GenerationKeys, call),
        { IsAsOne: true } => generations.ReadWithEntryAsync(guess.Key!, guess.GenerationKeys, call),
        _ => ReadTogether(guess, call),
    };

    private async ValueTask<(string?[] Values, EntryRead Guessed)> CreateAsync(string[] generationKeys, Call call) =>
        (await generations.ReadOrCreateAsync(generationKeys, Generations.Slack, call), default);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Lookup> AnswerAsync(
        Question question, Guess guess, string?[] values, EntryRead read, MissingGenerations missing, Call call, int sharedBy)
    {
        if (guess.Url is not null && missing != MissingGenerations.Ignore && values.Contains(null))
            values = await generations.ReadOrCreateAsync(guess.GenerationKeys, Generations.Slack, call);

        if (values.Contains(null))
        {
            read.Dispose();
            return new Lookup();
        }

        var url = values[0] == guess.Url?.Value ? guess.Url! : new UrlRecord(values[0]!);
        if (url != guess.Url && guess.Absent is not { IncludesUrl: true })
            urls.Remember(question.UrlKey, url);

        var tags = new TagState[question.Tags.Length];
        for (var i = 0; i < tags.Length; i++)
            tags[i] = new TagState(question.Tags[i], values[i + 1]);

        // MGET does not tell what holds no string from what is not there.
        var key = keys.VariantOf(question, url);
        if (!url.HasResponses || key != guess.Key || (guess.IsAsOne && read.Miss == EntryMiss.Absent))
        {
            read.Dispose();
            read = url.HasResponses ? await entries.ReadAsync(key, call, expectedSize: url.LargestBody) : new EntryRead(EntryMiss.Absent);
        }

        var known = new Lookup(url, tags) { Absent = guess.Absent };
        var found = await Checked(known, key, read, isRetired: false, call);
        if (found.Response is null && url.HasResponses)
            found = await FindRetired(question, found, call) ?? found;

        return found.SharedBy(sharedBy);
    }

    /// <summary>All in one round trip.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<(string?[] Values, EntryRead Guessed)> ReadTogether(Guess guess, Call call)
    {
        var sent = generations.Send(guess.GenerationKeys, call);
        EntryRead guessed = default;
        try
        {
            if (guess.Key is not null)
                guessed = await entries.ReadAsync(guess.Key, call, expectedSize: guess.Url!.LargestBody);
        }
        catch
        {
            Generations.Abandon(sent);
            throw;
        }

        try
        {
            return (await Generations.ReceiveAsync(sent, call), guessed);
        }
        catch
        {
            guessed.Dispose();
            throw;
        }
    }

    /// <summary>What was stored before the URL was marked stale, and has not been made anew since.</summary>
    private async ValueTask<Lookup?> FindRetired(Question question, Lookup known, Call call)
    {
        var digest = known.Key![^KeyText.DigestLength..];
        foreach (var some in known.Url!.RetiredGenerations.Select(generation => ResponseKeys.VariantOf(question.UrlKey, generation, digest)).Chunk(RetiredAtOnce))
        {
            Lookup? latest = null;
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
    private async ValueTask<Lookup> Checked(Lookup known, string key, EntryRead read, bool isRetired, Call call)
    {
        if (read.Miss > EntryMiss.TagRemoved)
            report.Unreadable(key, read.Miss);

        known.Url!.FoundSmall = read.Payload.Length is > 0 and <= Small;
        if (read.IsHit && await StatesOf(known, read.Tags, call) is var states && TagState.StandingOf(read.Tags, states) is var standing && standing != Standing.Gone)
        {
            if (CachedResponseFormat.TryDecode(read.Payload) is var (response, body))
            {
                if (isRetired || standing == Standing.Retired)
                    response = response with { Rules = response.Rules.MarkedStale() };
                else
                    read = NearResponses.Keep(read, response, body);

                return new Lookup(known.Url, known.Tags, key, new FoundResponse(response, body, read))
                {
                    LateStamps = TagState.StampsOf(states.AsSpan(known.Tags.Length)),
                    Absent = known.Absent,
                };
            }

            report.Unreadable(key, CachedResponseFormat.MissOf(read.Payload.Span));
        }

        read.Dispose();
        return known.Without(key, isAbsent: read.Miss == EntryMiss.Absent);
    }

    /// <summary>
    /// Of the tags that a response carries. It may have named some only while it was made; or the endpoint has changed since, on this node or on
    /// another. Those that the lookup has asked about come first.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<TagState[]> StatesOf(Lookup known, TagStamp[] stamps, Call call)
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
        string[] GenerationKeys, UrlRecord? Url, string? Key, bool IsAsOne, AbsentGenerations? Absent = null);
}
