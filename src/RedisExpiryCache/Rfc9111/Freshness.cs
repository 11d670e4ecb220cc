namespace RedisExpiryCache.Rfc9111;

/// <summary>RFC 9111 4.2. No input overflows: what is beyond 2^31 seconds is 2^31 seconds.</summary>
internal static class Freshness
{
    /// <summary>RFC 9111 4.2.1. Null: the response does not say; zero: it says something invalid, or that it has expired.</summary>
    public static TimeSpan? ExplicitLifetime(ResponseFacts response, DateTimeOffset responseTime)
    {
        if (response.CacheControl.SMaxAge is { } sMaxAge)
            return sMaxAge;
        if (response.CacheControl.MaxAge is { } maxAge)
            return maxAge;
        if (!response.HasExpires)
            return null;
        return response.Expires is { } expires ? DeltaSeconds.Between(response.Date ?? responseTime, expires) : TimeSpan.Zero;
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

    /// <summary>RFC 9111 5.1: of a list the first member counts; anything but a non-negative integer is ignored.</summary>
    public static TimeSpan? AgeValue(ResponseFacts response)
    {
        foreach (var member in new ListMembers(response.Age))
            if (!member.IsEmpty)
                return DeltaSeconds.TryParse(member, out var age) ? age : null;
        return null;
    }

    public static DateTimeOffset WholeSeconds(DateTimeOffset time) => time.AddTicks(-(time.UtcTicks % TimeSpan.TicksPerSecond));
}
