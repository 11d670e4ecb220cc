using RedisExpiryCache.ResponseCaching.Storage;

namespace RedisExpiryCache.ResponseCaching.Lookup;

/// <summary>What a lookup does about generations that it does not find.</summary>
internal enum MissingGenerations
{
    /// <summary>Nothing, because the response is not going to be stored.</summary>
    Ignore,

    /// <summary>Notes those of a URL that this process does not know, and creates the others.</summary>
    Note,

    /// <summary>Creates all of them.</summary>
    Create,
}

/// <summary>Generations that a lookup did not find, and the guards that they had at that time.</summary>
/// <remarks>
/// They are created once there is a response to store, so a request whose response is not stored leaves no key of its own. Every eviction
/// of a generation deletes its guard first: a response whose guards have not changed since the lookup follows no eviction. See
/// docs/design/generations-made-late.md.
/// </remarks>
/// <param name="includesUrl">Whether the URL's generation is absent.</param>
/// <param name="tags">The tags whose generations are absent.</param>
/// <param name="guardKeys">The keys of the guards.</param>
/// <param name="guards">Their values at the lookup.</param>
internal sealed class AbsentGenerations(bool includesUrl, string[] tags, string[] guardKeys, string[] guards)
{
    public bool IncludesUrl => includesUrl;

    public string[] Tags => tags;

    public string[] GuardKeys => guardKeys;

    /// <summary>The generation that was created for the URL; null: none so far.</summary>
    public VariantIndex? CreatedUrl { get; set; }

    /// <param name="now">The values of the guards by now.</param>
    public bool HaveGuardsChanged(ReadOnlySpan<string?> now) => !now.SequenceEqual(guards);
}
