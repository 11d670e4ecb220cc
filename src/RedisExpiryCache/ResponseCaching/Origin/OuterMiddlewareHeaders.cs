using Microsoft.Extensions.Primitives;
using RedisExpiryCache.ResponseCaching.Storage;

namespace RedisExpiryCache.ResponseCaching.Origin;

/// <summary>The response fields that middleware in front had set before the origin was called.</summary>
/// <remarks>That middleware sets them again for each answer, so they are not stored: a request id, for one.</remarks>
internal sealed class OuterMiddlewareHeaders(IHeaderDictionary headers)
{
    private readonly KeyValuePair<string, StringValues>[] before = [.. headers];

    /// <summary>The fields without those of middleware in front. Of cookies added to its cookies, only the added ones.</summary>
    public IHeaderDictionary OriginsOf(IHeaderDictionary now)
    {
        var origins = new HeaderDictionary();
        foreach (var (name, value) in now)
        {
            if (name == CachedResponse.RemovedFields)
                continue;

            var earlier = CachedResponse.ValueIn(before, name);
            StringValues own = name.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase)
                ? value.Except(earlier, StringComparer.Ordinal).ToArray()
                : value;
            if (earlier.Count == 0 || (own != earlier && own.Count > 0))
                origins[name] = own;
        }

        return origins;
    }

    /// <summary>What to store of the fields that the origin has removed: a field that names them, or nothing.</summary>
    /// <remarks>Not of cookies: those that middleware in front sets are for the client of each answer.</remarks>
    public KeyValuePair<string, StringValues>[] RemovedFrom(IHeaderDictionary now)
    {
        string[] removed =
        [
            .. before.Select(static field => field.Key)
                .Where(name => !now.ContainsKey(name) && !name.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase)),
        ];
        return removed.Length == 0 ? [] : [new(CachedResponse.RemovedFields, removed)];
    }

    /// <summary>Sets the fields as they were.</summary>
    public void Restore(IHeaderDictionary headers)
    {
        foreach (var (name, value) in before)
            headers[name] = value;
    }
}
