using System.IO.Compression;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.ResponseCaching.Storage;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching.ContentCoding;

/// <summary>The content codings that can be made here (RFC 9110 8.4.1), of which responses, and what these look like then.</summary>
internal static class Compression
{
    /// <summary>A shorter body gains nothing that the fields about it do not cost.</summary>
    public const int SmallestBody = 1024;

    public static readonly string[] Known = ["br", "gzip", "deflate"];

    /// <summary>
    /// Optimal: brotli's level 4 and zlib's 6. It is done once for each stored response, and nobody waits for it; what is left to gain
    /// beyond costs ten times as much, and cores have to serve pages too.
    /// </summary>
    private const CompressionLevel Level = CompressionLevel.Optimal;

    /// <summary>A response of this kind may be sent in a coding, if it is long enough: so it has to say that it varies.</summary>
    public static bool IsFor(int statusCode, StringValues contentType, Func<string, StringValues> fieldOf) =>
        IsCompressible(contentType)
        && ContentCodings.MayCode(statusCode, fieldOf("Content-Encoding"), fieldOf("Content-Range"), fieldOf("Cache-Control"), fieldOf("Set-Cookie").Count > 0, fieldOf("ETag"));

    public static bool IsFor(CachedResponse stored) => IsFor(stored.StatusCode, stored["Content-Type"], name => stored[name]);

    /// <summary>Text, and what ASP.NET Core compresses by default, and whatever says that it is JSON or XML.</summary>
    public static bool IsCompressible(string? contentType)
    {
        var type = contentType.AsSpan();
        var parameters = type.IndexOf(';');
        type = (parameters < 0 ? type : type[..parameters]).Trim();
        if (type.StartsWith("text/", StringComparison.OrdinalIgnoreCase) || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase) || type.EndsWith("+xml", StringComparison.OrdinalIgnoreCase))
            return true;

        foreach (var known in ResponseCompressionDefaults.MimeTypes)
        {
            if (type.Equals(known, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    /// <summary>The same response with its body in a coding.</summary>
    public static CachedResponse In(string coding, CachedResponse plain) => new(
        [
            .. plain.Fields.Where(static field => !ContentCodings.IsOfPlainForm(field.Key)),
            new("ETag", ContentCodings.TagOf(plain.Rules.ETag, coding)),
            new("Content-Encoding", coding),
        ],
        plain.Rules with { ETag = ContentCodings.TagOf(plain.Rules.ETag, coding) });

    /// <summary>The field Vary, with Accept-Encoding in it.</summary>
    public static StringValues WithVary(StringValues vary) =>
        !Variants.TryParse(vary, out var names) || names.Contains(ContentCodings.FieldName) ? vary : StringValues.Concat(vary, "Accept-Encoding");

    public static ReadOnlyMemory<byte> Encode(string coding, ReadOnlyMemory<byte> plain)
    {
        var packed = new MemoryStream();
        using (var encoder = Encoder(coding, packed))
            encoder.Write(plain.Span);

        return packed.GetBuffer().AsMemory(0, (int)packed.Length);
    }

    private static Stream Encoder(string coding, Stream to) => coding switch
    {
        "br" => new BrotliStream(to, Level, leaveOpen: true),
        "gzip" => new GZipStream(to, Level, leaveOpen: true),
        "deflate" => new ZLibStream(to, Level, leaveOpen: true),
        _ => throw new ArgumentOutOfRangeException(nameof(coding), coding, null),
    };
}
