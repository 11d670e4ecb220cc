using CsCheck;

namespace RedisExpiryCache.Tests.Redis;

/// <summary>Ways in which bytes come to harm.</summary>
internal static class Mutation
{
    public static readonly Gen<Func<byte[], byte[]>> Any =
        Gen.Select(Gen.Enum<Harm>(), Gen.Int[0, int.MaxValue - 1], Gen.Int[0, int.MaxValue - 1], Gen.Byte.Array[1, 9])
            .Select((harm, a, b, bytes) => (Func<byte[], byte[]>)(entry => Apply(harm, entry, a % entry.Length, b % entry.Length, bytes)));

    private enum Harm
    {
        FlipBit,
        FlipBits,
        Truncate,
        Insert,
        Append,
        Prepend,
        Cut,
        Swap,
        Overwrite,
        Flags,
    }

    private static byte[] Apply(Harm harm, byte[] entry, int a, int b, byte[] bytes)
    {
        byte[] copy = [.. entry];
        switch (harm)
        {
            case Harm.FlipBit:
                copy[a] ^= (byte)(1 << (b % 8));
                return copy;
            case Harm.FlipBits:
                copy[a] ^= bytes[0];
                copy[b] ^= bytes[^1];
                return copy;
            case Harm.Truncate:
                return copy[..a];
            case Harm.Insert:
                return [.. copy[..a], .. bytes, .. copy[a..]];
            case Harm.Append:
                return [.. copy, .. bytes];
            case Harm.Prepend:
                return [.. bytes, .. copy];
            case Harm.Cut:
                return [.. copy[..Math.Min(a, b)], .. copy[Math.Max(a, b)..]];
            case Harm.Swap:
                (copy[a], copy[b]) = (copy[b], copy[a]);
                return copy;
            case Harm.Flags:
                copy[1] = bytes[0];
                return copy;
            default:
                bytes.AsSpan(0, Math.Min(bytes.Length, copy.Length - a)).CopyTo(copy.AsSpan(a));
                return copy;
        }
    }
}
