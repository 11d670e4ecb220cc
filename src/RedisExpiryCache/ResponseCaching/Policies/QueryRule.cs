using RedisExpiryCache.ResponseCaching.Keys;

namespace RedisExpiryCache.ResponseCaching.Policies;

/// <summary>Which keys of the query make a difference: those named, all but those named, or the query as it is spelled.</summary>
internal sealed class QueryRule(string[]? keys, string[]? ignored)
{
    /// <summary>The whole query counts, order and spelling included.</summary>
    public static readonly QueryRule AsSpelled = new(keys: null, ignored: null);

    public bool IsAsSpelled => keys is null && ignored is null;

    public string Canonical(string? query) => CanonicalQuery.Canonical(query.AsMemory(), Counts);

    /// <summary>Two rules that let the same keys count.</summary>
    public string Signature => $"{Join(keys)}|{Join(ignored)}";

    private bool Counts(string name) => ignored is not null
        ? !Array.Exists(ignored, pattern => Matches(pattern, name))
        : keys is null || keys.Contains("*") || keys.Contains(name, StringComparer.OrdinalIgnoreCase);

    private static bool Matches(string pattern, string name) => pattern.EndsWith('*')
        ? name.StartsWith(pattern[..^1], StringComparison.OrdinalIgnoreCase)
        : string.Equals(pattern, name, StringComparison.OrdinalIgnoreCase);

    private static string Join(string[]? names) =>
        names is null ? "-" : string.Concat(names.Select(static name => $"{name.Length}:{name}"));
}
