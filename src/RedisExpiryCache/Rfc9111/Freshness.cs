using RedisExpiryCache.HttpFields;

namespace RedisExpiryCache.Rfc9111;

/// <summary>RFC 9111 4.2. No input overflows: what is beyond 2^31 seconds is 2^31 seconds.</summary>
internal static class Freshness
{
    private static readonly TimeSpan LongestGuess = TimeSpan.FromDays(1);

    /// <summary>RFC 9111 4.2.1. Null: the response does not say; zero: it says something invalid, or that it has expired.</summary>
    public static TimeSpan? ExplicitLifetime(ResponseFacts response, DateTimeOffset responseTime)
    {
        // Where nobody knows how old it is, it is not known to be fresh.
        var said = SaidLifetime(response, responseTime);
        return said is not null && !AgeField.TryParse(response.Age, out _) ? TimeSpan.Zero : said;
    }

    private static TimeSpan? SaidLifetime(ResponseFacts response, DateTimeOffset responseTime)
    {
        if (response.CacheControl.SMaxAge is { } sMaxAge)
            return sMaxAge;
        if (response.CacheControl.MaxAge is { } maxAge)
            return maxAge;
        if (!response.HasExpires)
            return null;
        return response.Expires is { } expires ? DeltaSeconds.Between(response.Date ?? responseTime, expires) : TimeSpan.Zero;
    }

    /// <summary>
    /// RFC 9111 4.2.2: a tenth of the time since Last-Modified, at most a day; null where a guess is not allowed. To be asked only when
    /// nothing explicit is there.
    /// </summary>
    public static TimeSpan? HeuristicLifetime(ResponseFacts response, DateTimeOffset responseTime)
    {
        if (response.LastModified is not { } modified || !IsHeuristicallyCacheable(response) || !AgeField.TryParse(response.Age, out _))
            return null;

        var guess = DeltaSeconds.Between(modified, response.Date ?? responseTime) / 10;
        return guess < LongestGuess ? guess : LongestGuess;
    }

    /// <summary>RFC 9111 4.2.3.</summary>
    public static TimeSpan CorrectedInitialAge(ResponseFacts response, DateTimeOffset requestTime, DateTimeOffset responseTime)
    {
        // Date was cut to whole seconds by who wrote it. Cutting ours too keeps a response of this second from seeming older than it is.
        var apparentAge = response.Date is { } date ? DeltaSeconds.Between(date, WholeSeconds(responseTime)) : TimeSpan.Zero;
        var responseDelay = DeltaSeconds.Between(requestTime, responseTime);
        var correctedAge = DeltaSeconds.Add(AgeValue(response) ?? TimeSpan.Zero, responseDelay);
        return apparentAge > correctedAge ? apparentAge : correctedAge;
    }

    /// <summary>RFC 9111 4.2.3. A clock that went back leaves the initial age.</summary>
    public static TimeSpan CurrentAge(StoredResponse stored, DateTimeOffset now) =>
        DeltaSeconds.Add(stored.CorrectedInitialAge, DeltaSeconds.Between(stored.ResponseTime, now));

    /// <summary>RFC 9111 5.1. Null: there is none, or none that is valid.</summary>
    public static TimeSpan? AgeValue(ResponseFacts response) => AgeField.TryParse(response.Age, out var age) ? age : null;

    public static DateTimeOffset WholeSeconds(DateTimeOffset time) => time.AddTicks(-(time.UtcTicks % TimeSpan.TicksPerSecond));

    /// <summary>RFC 9110 15.1, and RFC 9111 5.2.2.9: may be stored though it says nothing of its freshness.</summary>
    public static bool IsHeuristicallyCacheable(ResponseFacts response) => response.CacheControl.Public || response.StatusCode
        is 200 or 203 or 204 or 206 or 300 or 301 or 308 or 404 or 405 or 410 or 414 or 501;
}
