using System.Buffers;
using BenchmarkDotNet.Attributes;
using RedisExpiryCache.Expiry;
using RedisExpiryCache.Redis.Entries;

namespace RedisExpiryCache.Benchmarks.Micro;

/// <summary>An entry of the data cache and its bytes, checks included.</summary>
[MemoryDiagnoser]
public class EntryBenchmarks
{
    private const string Key = "app:product:1234";
    private static readonly EntryExpiry Sliding = new(TimeSpan.FromMinutes(20), AbsoluteEnd: null);

    private readonly byte[] value = new byte[1024];
    private byte[] encoded = [];

    [GlobalSetup]
    public void Setup()
    {
        encoded = new byte[CompactEntryCodec.EncodedSize(Sliding, [], value.Length)];
        Encode();
    }

    [Benchmark]
    public void Encode() =>
        CompactEntryCodec.Encode(
            encoded, CompactEntryCodec.SeedOf(Key, EntryKind.Data), Sliding, [], new EntryPayload(default, new ReadOnlySequence<byte>(value)));

    [Benchmark]
    public int Decode() => CompactEntryCodec.TryDecode(encoded, CompactEntryCodec.SeedOf(Key, EntryKind.Data), out var entry) == MissReason.None
        ? entry.Payload.Length
        : throw new InvalidOperationException();
}
