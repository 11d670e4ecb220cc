using System.Buffers.Binary;
using System.Text;

namespace RedisExpiryCache.Redis;

/// <summary>A tag and the generation of it that an entry was made under.</summary>
internal readonly record struct TagStamp(string Tag, string Generation)
{
    public const int MaximumStampsSize = ushort.MaxValue;

    // FORMAT of stamps, one after the other: 2 length of the tag, the tag in UTF-8, the generation in ASCII (always of one length).
    public static byte[] Encode(ReadOnlySpan<TagStamp> stamps)
    {
        var size = 0;
        foreach (var stamp in stamps)
            size += 2 + Encoding.UTF8.GetByteCount(stamp.Tag) + Generations.IdLength;

        var bytes = new byte[size];
        var rest = bytes.AsSpan();
        foreach (var stamp in stamps)
        {
            var length = Encoding.UTF8.GetBytes(stamp.Tag, rest[2..]);
            BinaryPrimitives.WriteUInt16LittleEndian(rest, (ushort)length);
            Encoding.ASCII.GetBytes(stamp.Generation, rest[(2 + length)..]);
            rest = rest[(2 + length + Generations.IdLength)..];
        }

        return bytes;
    }

    /// <summary>Null when the bytes are no stamps; never throws.</summary>
    public static TagStamp[]? TryDecode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return [];

        var stamps = new List<TagStamp>();
        while (!bytes.IsEmpty)
        {
            if (bytes.Length < 2)
                return null;

            int length = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
            if (bytes.Length < 2 + length + Generations.IdLength)
                return null;

            var generation = bytes.Slice(2 + length, Generations.IdLength);
            stamps.Add(new TagStamp(Encoding.UTF8.GetString(bytes.Slice(2, length)), Encoding.ASCII.GetString(generation)));
            bytes = bytes[(2 + length + Generations.IdLength)..];
        }

        return [.. stamps];
    }
}

/// <summary>A tag and what its key holds now; null: nothing.</summary>
internal readonly record struct TagState(string Tag, string? Value)
{
    /// <summary>What is made from now on is stamped with this.</summary>
    public TagStamp Current => new(Tag, Value is null ? "" : Generations.IdOf(Value));

    /// <summary>What was stamped stands as the worst of its tags does.</summary>
    public static Standing StandingOf(TagStamp[] stamps, ReadOnlySpan<TagState> states)
    {
        var worst = Standing.Current;
        foreach (var stamp in stamps)
        {
            var standing = Generations.StandingOf(stamp.Generation, ValueOf(stamp.Tag, states));
            if (standing < worst)
                worst = standing;
        }

        return worst;
    }

    /// <summary>The stamped tags of which nothing is known.</summary>
    public static string[] UnknownAmong(TagStamp[] stamps, TagState[] states)
    {
        List<string>? unknown = null;
        foreach (var stamp in stamps)
        {
            if (ValueOf(stamp.Tag, states) is null && !Array.Exists(states, state => state.Tag == stamp.Tag))
                (unknown ??= []).Add(stamp.Tag);
        }

        return unknown is null ? [] : [.. unknown];
    }

    private static string? ValueOf(string tag, ReadOnlySpan<TagState> states)
    {
        foreach (var state in states)
        {
            if (state.Tag == tag)
                return state.Value;
        }

        return null;
    }
}
