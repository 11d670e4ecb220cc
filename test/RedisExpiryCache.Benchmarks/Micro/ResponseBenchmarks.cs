using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;
using RedisExpiryCache.ResponseCaching.Keys;
using RedisExpiryCache.ResponseCaching.Storage;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Benchmarks.Micro;

/// <summary>A stored response: its bytes, the rules that decide whether it may answer a request, and the fields and keys that they go by.</summary>
[MemoryDiagnoser]
public class ResponseBenchmarks
{
    private const string Generation = "dPum0pR8klD0KIgs";
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly CachingRules Rules = new();
    private static readonly StringValues Directives = "public, max-age=3600, stale-while-revalidate=60";

    private readonly RequestFacts request = new() { Method = "GET" };
    private readonly ResponseKeys keys = new("app:");
    private readonly CachedResponse response = new(
        [new("Content-Type", "text/html; charset=utf-8"), new("Date", "Thu, 01 Jan 2026 00:00:00 GMT"), new("Cache-Control", Directives), new("ETag", "\"BxcZHmdogxPeXxWrba95QQ\"")],
        new StoredResponse { ResponseTime = Now, Date = Now, FreshnessLifetime = TimeSpan.FromHours(1) });

    private byte[] encoded = [];

    [GlobalSetup]
    public void Setup() => encoded = [.. CachedResponseCodec.EncodeHead(response).Span, .. new byte[1024]];

    [Benchmark]
    public int EncodeHead() => CachedResponseCodec.EncodeHead(response).Length;

    [Benchmark]
    public int Decode() => CachedResponseCodec.TryDecode(encoded) is var (_, body) ? body.Length : throw new InvalidOperationException();

    [Benchmark]
    public bool MayAnswer() => Reuse.Decide(request, response.Rules, Rules, Now.AddMinutes(1)).Action == ReuseAction.Serve;

    [Benchmark]
    public TimeSpan? ParseCacheControl() => CacheControl.Parse(Directives).MaxAge;

    [Benchmark]
    public string UrlKey() => keys.UrlOf("/products/1234", "?page=2");

    [Benchmark]
    public string VariantKey() => ResponseKeys.VariantOf("app:GET:/products/1234?page=2", Generation, Generation);
}
