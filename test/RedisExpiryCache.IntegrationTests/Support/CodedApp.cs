using System.IO.Compression;
using System.Text;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>An origin behind a cache that sends what is stored in content codings.</summary>
internal static class CodedApp
{
    /// <summary>Text that is worth compressing.</summary>
    public static readonly string Page = string.Concat(Enumerable.Repeat("<p>some page</p>", 200));

    public static readonly (string Name, string? Value) Minute = ("Cache-Control", "max-age=60"), Html = ("Content-Type", "text/html; charset=utf-8");

    public static AppSetup Setup(params string[] codings) => new() { Options = options => options.ResponseCaching.ContentCodings = codings };

    /// <summary>The app answers with the page from now on.</summary>
    public static async Task<Origin> StartAsync(CacheServer server, params (string Name, string? Value)[] fields)
    {
        var origin = await Origin.StartAsync(server, Setup("br", "gzip"));
        origin.Answers(200, Page, [Minute, Html, .. fields]);
        return origin;
    }

    /// <summary>The first answer in this coding: compressing it is a matter of the background.</summary>
    public static async Task<Answer> CodedAsync(this CachedApp app, string coding, string path = Origin.Path, params (string Name, string Value)[] fields)
    {
        Answer? answer = null;
        await Eventually.True(
            async () => (answer = await app.GetAsync(path, [("Accept-Encoding", coding), .. fields]))["Content-Encoding"] == coding,
            TimeSpan.FromSeconds(30),
            $"an answer in {coding}");
        return answer!;
    }

    /// <summary>What the client reads, by whichever coding it says it is in.</summary>
    public static string Decoded(Answer answer)
    {
        if (answer["Content-Encoding"] is not { } coding)
            return answer.Body;

        using var packed = new MemoryStream(answer.Bytes);
        using Stream plain = coding switch
        {
            "br" => new BrotliStream(packed, CompressionMode.Decompress),
            "gzip" => new GZipStream(packed, CompressionMode.Decompress),
            "deflate" => new ZLibStream(packed, CompressionMode.Decompress),
            _ => throw new InvalidOperationException($"Nobody knows {coding}."),
        };
        return new StreamReader(plain, Encoding.UTF8).ReadToEnd();
    }

    /// <summary>The Redis keys of the copies.</summary>
    public static async Task<string[]> CopiesAsync(this Origin origin, CacheServer server) =>
        [.. (await origin.StoredAsync(server)).Where(static key => key.EndsWith(".br", StringComparison.Ordinal) || key.EndsWith(".gzip", StringComparison.Ordinal))];
}
