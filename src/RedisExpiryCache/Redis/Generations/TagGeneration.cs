using System.Buffers.Binary;
using System.Text;

namespace RedisExpiryCache.Redis.Generations;

/// <summary>A tag and the generation of it that an entry was made under.</summary>
internal readonly record struct TagGeneration(string Tag, string Generation)
{
    public const int MaximumStampsSize = ushort.MaxValue;

    // FORMAT of stamps, one after the other: 2 length of the tag, the tag in UTF-8, the generation in ASCII (always of one length).
    public static byte[] Encode(ReadOnlySpan<TagGeneration> stamps)
    {
        var size = 0;
        foreach (var stamp in stamps)
            size += 2 + Encoding.UTF8.GetByteCount(stamp.Tag) + GenerationValue.IdLength;

        var bytes = new byte[size];
        var rest = bytes.AsSpan();
        foreach (var stamp in stamps)
        {
            var length = Encoding.UTF8.GetBytes(stamp.Tag, rest[2..]);
            BinaryPrimitives.WriteUInt16LittleEndian(rest, (ushort)length);
            Encoding.ASCII.GetBytes(stamp.Generation, rest[(2 + length)..]);
            rest = rest[(2 + length + GenerationValue.IdLength)..];
        }

        return bytes;
    }

    /// <summary>Null when the bytes are no stamps; never throws.</summary>
    public static TagGeneration[]? TryDecode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return [];

        var stamps = new List<TagGeneration>();
        while (!bytes.IsEmpty)
        {
            if (bytes.Length < 2)
                return null;

            int length = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
            if (bytes.Length < 2 + length + GenerationValue.IdLength)
                return null;

            var generation = bytes.Slice(2 + length, GenerationValue.IdLength);
            stamps.Add(new TagGeneration(Encoding.UTF8.GetString(bytes.Slice(2, length)), Encoding.ASCII.GetString(generation)));
            bytes = bytes[(2 + length + GenerationValue.IdLength)..];
        }

        return [.. stamps];
    }
}

/// <summary>A tag and what its key holds now; null: nothing.</summary>
internal readonly record struct TagState(string Tag, string? Value)
{
    /// <summary>What is made from now on is stamped with this.</summary>
    public TagGeneration Current => new(Tag, Value is null ? "" : GenerationValue.IdOf(Value));

    /// <summary>What is made under all of them from now on is stamped with these.</summary>
    public static TagGeneration[] StampsOf(ReadOnlySpan<TagState> states)
    {
        if (states.IsEmpty)
            return [];

        var stamps = new TagGeneration[states.Length];
        for (var i = 0; i < stamps.Length; i++)
            stamps[i] = states[i].Current;

        return stamps;
    }

    /// <summary>What was stamped stands as the worst of its tags does.</summary>
    public static GenerationStatus StandingOf(TagGeneration[] stamps, ReadOnlySpan<TagState> states)
    {
        var worst = GenerationStatus.Current;
        for (var i = 0; i < stamps.Length; i++)
        {
            var at = IndexOf(stamps[i].Tag, i, states);
            var standing = GenerationValue.StatusOf(stamps[i].Generation, at < 0 ? null : states[at].Value);
            if (standing < worst)
                worst = standing;
        }

        return worst;
    }

    /// <summary>The stamped tags of which nothing is known.</summary>
    public static string[] UnknownAmong(TagGeneration[] stamps, TagState[] states)
    {
        List<string>? unknown = null;
        for (var i = 0; i < stamps.Length; i++)
        {
            if (IndexOf(stamps[i].Tag, i, states) < 0)
                (unknown ??= []).Add(stamps[i].Tag);
        }

        return unknown is null ? [] : [.. unknown];
    }

    /// <param name="tag">To be found.</param>
    /// <param name="likely">Where it stands if they come in the order in which they were stamped.</param>
    /// <param name="states">Among these.</param>
    private static int IndexOf(string tag, int likely, ReadOnlySpan<TagState> states)
    {
        if (likely < states.Length && states[likely].Tag == tag)
            return likely;

        for (var i = 0; i < states.Length; i++)
        {
            if (states[i].Tag == tag)
                return i;
        }

        return -1;
    }
}
