namespace RedisExpiryCache.Benchmarks.Load;

/// <summary>What is compared.</summary>
internal enum Candidate
{
    /// <summary>No cache.</summary>
    Bare,

    /// <summary>ASP.NET Core's, in memory.</summary>
    ResponseCaching,

    /// <summary>ASP.NET Core's, in memory.</summary>
    OutputCaching,

    /// <summary>ASP.NET Core's, with Microsoft's store.</summary>
    OutputCachingOnRedis,

    /// <summary>Ours.</summary>
    Redis,

    /// <summary>Ours, with a near cache.</summary>
    Near,

    /// <summary>Its <c>proxy_cache</c>, in front of the app without a cache.</summary>
    Nginx,

    /// <summary>In front of the app without a cache.</summary>
    Varnish,
}

internal static class CandidateTitles
{
    /// <summary>For those who read a table.</summary>
    public static string Title(this Candidate candidate) => candidate switch
    {
        Candidate.Bare => "no cache",
        Candidate.ResponseCaching => "ResponseCaching (memory)",
        Candidate.OutputCaching => "OutputCaching (memory)",
        Candidate.OutputCachingOnRedis => "OutputCaching on Redis",
        Candidate.Redis => "ours, from Redis",
        Candidate.Near => "ours, from the near cache",
        Candidate.Nginx => "nginx in front",
        Candidate.Varnish => "Varnish in front",
        _ => throw new ArgumentOutOfRangeException(nameof(candidate)),
    };
}
