using System.Globalization;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Redis.Generations;

namespace RedisExpiryCache.ResponseCaching.Storage;

/// <summary>
/// What Redis holds under a URL's key: its generation and, once a response was stored, which request fields its variants differ by, and the
/// entity tags of the variants that were stored last, so that the app can be asked about all of them at once (RFC 9111 4.3.1).
/// <code>
///   GENERATION~RETIRED|accept-language,user-agent
///   =SIZE;…                                   in front of the names, where the largest body is a large value: its bytes
///   DIGEST RESOURCE "etag"                    a line for each variant, the latest first; without the blanks
/// </code>
/// The key stands for every host and spelling of the URL; RESOURCE tells these apart, for a tag says nothing about another resource.
/// </summary>
internal sealed record VariantIndex
{
    private const char Stored = GenerationValue.TextNote, Separator = ',', Line = '\n', Size = '=', SizeEnd = ';';
    private const int MostVariants = 8, LongestTag = 100;

    public VariantIndex(string value)
    {
        (Value, Generation) = (value, GenerationValue.IdOf(value));
        var note = GenerationValue.NoteOf(value);
        HasResponses = note.Length > 0;
        if (!HasResponses)
            return;

        var lines = note[1..].Split(Line);
        var names = lines[0];
        if (names.StartsWith(Size)
            && names.IndexOf(SizeEnd) is > 0 and var end
            && long.TryParse(names.AsSpan(1, end - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var size))
            (LargestBody, names) = (size, names[(end + 1)..]);

        Names = names.Length == 0 ? [] : names.Split(Separator);
        Variants = [.. lines.Skip(1).Where(static line => line.Length > 2 * KeyEncoder.DigestLength).Select(static line =>
            new UrlVariant(line[..KeyEncoder.DigestLength], line[KeyEncoder.DigestLength..(2 * KeyEncoder.DigestLength)], line[(2 * KeyEncoder.DigestLength)..]))];
    }

    public string Value { get; }

    public string Generation { get; }

    /// <summary>Those that were marked stale, the latest first: what was stored under them may be of use still.</summary>
    public IEnumerable<string> StaleGenerations => GenerationValue.StaleIn(Value);

    public bool HasResponses { get; }

    public string[] Names { get; } = [];

    public UrlVariant[] Variants { get; } = [];

    /// <summary>About how large the body of a response may be, where one of them is a large value; else zero.</summary>
    public long LargestBody { get; }

    /// <summary>Whether what was found last was small. This process's own observation, which Redis knows nothing of.</summary>
    public bool FoundSmall { get; set; }

    /// <summary>
    /// As it is once a response that differs by these fields has been stored; its tag may be empty: none that the app could be asked about.
    /// </summary>
    public VariantIndex With(string[] names, UrlVariant stored, long bodySize = 0)
    {
        var size = names.Length > 0 ? Math.Max(LargestBody, bodySize) : bodySize;
        var mark = size >= LargeValues.Threshold ? string.Create(CultureInfo.InvariantCulture, $"{Size}{size}{SizeEnd}") : "";
        var isKept = names.Length > 0 && stored.ETag.Length is > 0 and <= LongestTag
            && GenerationValue.IsPlainText(stored.ETag) && !stored.ETag.Contains(Line);
        var others = Variants.Where(variant => variant.Digest != stored.Digest);
        var variants = (isKept ? others.Prepend(stored) : others).Take(MostVariants);
        var lines = variants.Select(static variant => $"{Line}{variant.Digest}{variant.Resource}{variant.ETag}");
        return new VariantIndex(GenerationValue.WithNote(Value, $"{Stored}{mark}{string.Join(Separator, names)}{string.Concat(lines)}"));
    }
}

/// <summary>
/// A stored variant of a URL: the end of its key, the digest of all that tells its resource from others under the same URL key, and its
/// entity tag.
/// </summary>
internal readonly record struct UrlVariant(string Digest, string Resource, string ETag);
