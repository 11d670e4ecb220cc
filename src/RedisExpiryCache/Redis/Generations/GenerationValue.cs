using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace RedisExpiryCache.Redis.Generations;

/// <summary>The text of a generation: ids and a note. Pure.</summary>
/// <remarks>
/// <code>
///   ID~OLDER~OLDEST NOTE          without the blank
/// </code>
/// What was made under the first id is current, under one of those behind it stale, and under any other evicted.
/// </remarks>
internal static class GenerationValue
{
    /// <summary>The length of an id: 96 random bits in base64url.</summary>
    public const int IdLength = 16;

    /// <summary>What a note begins with that is not a random id.</summary>
    public const char TextNote = '|';

    private const char Retired = '~';

    private static readonly SearchValues<char> IdCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    /// <summary>Whether a value has the form of a generation: ids and a note as this library writes them.</summary>
    /// <remarks>Scripts.cs decides the same at the server.</remarks>
    public static bool IsGeneration(ReadOnlySpan<char> value)
    {
        if (!BeginsWithId(value))
            return false;

        var note = value[IdLength..];
        while (!note.IsEmpty && note[0] == Retired && BeginsWithId(note[1..]))
            note = note[(1 + IdLength)..];

        return note.IsEmpty || (note.Length == IdLength && BeginsWithId(note)) || (note[0] == TextNote && IsPlainText(note));
    }

    public static string IdOf(string value) => value[..IdLength];

    /// <summary>The ids that are no longer the first, the latest of them in front.</summary>
    public static IEnumerable<string> StaleIn(string value)
    {
        for (var at = IdLength; at < NoteAt(value); at += 1 + IdLength)
            yield return value.Substring(at + 1, IdLength);
    }

    public static string NoteOf(string value) => value[NoteAt(value)..];

    /// <summary>The same generation, and the same retired ones, with another note.</summary>
    public static string WithNote(string value, string note) => string.Concat(value.AsSpan(0, NoteAt(value)), note);

    /// <summary>How what was made under an id stands with the generation that there is now; null: there is none.</summary>
    public static GenerationStatus StatusOf(string id, string? value) =>
        value is null ? GenerationStatus.Evicted
        : value.StartsWith(id, StringComparison.Ordinal) ? GenerationStatus.Current
        : StaleIn(value).Contains(id) ? GenerationStatus.Stale : GenerationStatus.Evicted;

    /// <summary>A random id.</summary>
    public static string NewId()
    {
        Span<byte> random = stackalloc byte[IdLength * 3 / 4];
        RandomNumberGenerator.Fill(random);
        return Base64Url.EncodeToString(random);
    }

    private static int NoteAt(string value)
    {
        var at = IdLength;
        while (value.Length > at + IdLength && value[at] == Retired)
            at += 1 + IdLength;

        return at;
    }

    private static bool BeginsWithId(ReadOnlySpan<char> text) =>
        text.Length >= IdLength && !text[..IdLength].ContainsAnyExcept(IdCharacters);

    /// <summary>What a note may hold: printable ASCII, and ends of lines.</summary>
    public static bool IsPlainText(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (c is not ('\n' or (>= ' ' and <= '~')))
                return false;
        }

        return true;
    }
}
