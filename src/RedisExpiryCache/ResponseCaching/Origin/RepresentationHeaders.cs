using Microsoft.Extensions.Primitives;

namespace RedisExpiryCache.ResponseCaching.Origin;

/// <summary>
/// What a response says of its body as that leaves the app. A compression in front of us, which takes these bytes from us, writes down what
/// it is going to make of them before the response starts: that is true of what the client gets, and not of what is stored.
/// </summary>
internal sealed class RepresentationHeaders(IHeaderDictionary headers)
{
    private static readonly string[] Names = ["Content-Encoding", "Content-MD5", "Vary"];

    private readonly StringValues[] values = Array.ConvertAll(Names, name => headers[name]);

    public long? ContentLength { get; } = headers.ContentLength;

    /// <summary>The response's fields, with these as they were.</summary>
    public IHeaderDictionary In(IHeaderDictionary headers)
    {
        var asTheyLeft = new HeaderDictionary();
        foreach (var (name, value) in headers)
            asTheyLeft[name] = value;

        foreach (var (name, value) in Names.Zip(values))
            asTheyLeft[name] = value;

        return asTheyLeft;
    }
}
