using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>A server for caches under test, shared by tests that use prefixes of their own.</summary>
public abstract class CacheServer
{
    private int _prefixes;

    /// <summary>Whether a new connection gets a reply.</summary>
    public abstract bool IsRunning { get; }

    public abstract IDatabase Raw { get; }

    /// <summary>A key prefix that no other test of this server has.</summary>
    public string NewPrefix() => $"test-{Interlocked.Increment(ref _prefixes)}:";

    /// <summary>PTTL: null when the key does not expire or does not exist.</summary>
    public Task<TimeSpan?> TimeToLiveAsync(string key) => Raw.KeyTimeToLiveAsync(key);

    /// <summary>All keys with the prefix.</summary>
    public abstract Task<string[]> KeysAsync(string prefix);

    /// <summary>Null: <see cref="Connection"/> says how to connect.</summary>
    public abstract string? ConnectionString { get; }

    /// <summary>Null: <see cref="ConnectionString"/> says how to connect.</summary>
    public virtual ConfigurationOptions? Connection => null;
}

/// <summary>One <see cref="CacheServer"/> for all tests of the assembly.</summary>
public abstract class ServerFixture
{
    public abstract CacheServer Server { get; }
}
