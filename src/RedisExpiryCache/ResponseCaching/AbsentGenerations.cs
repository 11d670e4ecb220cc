using RedisExpiryCache.Redis;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>What a lookup does about generations that it does not find.</summary>
internal enum MissingGenerations
{
    /// <summary>Nothing, because the response is not going to be stored.</summary>
    Ignore,

    /// <summary>Notes them; they are created once there is a response to store.</summary>
    Note,

    /// <summary>Creates them at once.</summary>
    Create,
}

/// <summary>The generations that a lookup did not find, and the guard at that time.</summary>
/// <remarks>
/// They are created only when a response is stored, so a request whose response is not stored leaves no key. Every eviction of a URL
/// deletes the guard before the URL's generation, and every eviction by tag changes the note of everything before the tag's: a store
/// that finds guard and note as its lookup did follows no eviction. See docs/design/generations-made-late.md.
/// </remarks>
/// <param name="Url">Whether the URL's is among them.</param>
/// <param name="Tags">The tags whose generations are.</param>
/// <param name="Guard">The value of <see cref="ResponseKeys.GuardKey"/> at the lookup.</param>
internal sealed record AbsentGenerations(bool Url, string[] Tags, string Guard)
{
    /// <summary>Stands for an absent generation in names of locks and fetches.</summary>
    /// <remarks>The same on every node until the next eviction.</remarks>
    public static string PlaceholderOf(string key, string everything, string guard) =>
        KeyText.DigestOf($"{everything}\n{guard}\n{key}")[..Generations.IdLength];
}
