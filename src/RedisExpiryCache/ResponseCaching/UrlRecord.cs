using RedisExpiryCache.Redis;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>What Redis holds under a URL's key: its generation and, once a response was stored, which request fields its variants differ by.</summary>
internal sealed record UrlRecord(string Value)
{
    private const char Stored = '|', Separator = ',';

    public string Generation => Generations.IdOf(Value);

    public bool HasResponses => Value.Length > Generations.IdLength;

    public string[] Names { get; } =
        Value.Length > Generations.IdLength + 1 ? Generations.NoteOf(Value)[1..].Split(Separator) : [];

    public static string NoteOf(string[] names) => Stored + string.Join(Separator, names);
}
