using BenchmarkDotNet.Attributes;
using RedisExpiryCache.NearCache;
using RedisExpiryCache.Redis.Entries;

namespace RedisExpiryCache.Benchmarks.Micro;

/// <summary>Finding a near copy, and what every lookup works out.</summary>
[MemoryDiagnoser]
public class NearBenchmarks : IDisposable
{
    private readonly NearCopies copies = new(["app:"], 64 * 1024 * 1024, TimeProvider.System);

    [GlobalSetup]
    public void Setup()
    {
        copies.TrustUntil(long.MaxValue);
        for (var i = 0; i < 10_000; i++)
            copies.Begin($"app:{i}").TryPut("value", size: 100);
    }

    [Benchmark]
    public string? Find() => copies.Find<string>("app:5000");

    [Benchmark]
    public string Digest() => KeyEncoder.DigestOf("4:http-0:13:/products/1234");

    [GlobalCleanup]
    public void Dispose()
    {
        copies.Dispose();
        GC.SuppressFinalize(this);
    }
}
