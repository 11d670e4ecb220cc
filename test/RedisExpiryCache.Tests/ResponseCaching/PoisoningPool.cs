using System.Buffers;

namespace RedisExpiryCache.Tests.ResponseCaching;

/// <summary>A pool that overwrites each array as it comes back, and remembers all of them.</summary>
internal sealed class PoisoningPool : ArrayPool<byte>
{
    public const byte Poison = 0xEE;

    private readonly List<byte[]> _returned = [];

    /// <summary>Every array that came back holds nothing but poison.</summary>
    public bool IsClean => _returned.TrueForAll(static array => !array.AsSpan().ContainsAnyExcept(Poison));

    public int Returned => _returned.Count;

    public override byte[] Rent(int minimumLength) => new byte[minimumLength];

    public override void Return(byte[] array, bool clearArray = false)
    {
        array.AsSpan().Fill(Poison);
        _returned.Add(array);
    }
}
