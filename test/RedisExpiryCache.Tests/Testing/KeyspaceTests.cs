using System.Runtime.CompilerServices;
using Microsoft.Extensions.Time.Testing;
using RedisExpiryCache.Testing;

namespace RedisExpiryCache.Tests.Testing;

public class KeyspaceTests
{
    private readonly FakeTimeProvider clock = new();
    private readonly Keyspace keys;

    public KeyspaceTests() => keys = new Keyspace(clock);

    [Fact]
    public void Keys_that_have_ended_are_removed_although_nothing_reads_them()
    {
        var first = SetFirst();
        clock.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 1_000; i++)
            keys.Set($"key {i}", Array.Empty<byte>(), ttlMs: null);

        GC.Collect();
        Assert.False(first.IsAlive);
        Assert.Equal(1_000, keys.Names.Length);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference SetFirst()
    {
        var value = new byte[1_000];
        keys.Set("first", value, ttlMs: 1_000);
        return new WeakReference(value);
    }
}
