using System.Collections.Concurrent;
using System.Security.Claims;

namespace RedisExpiryCache.ResponseCaching.Policies;

/// <summary>Finds claim types that policies name and that no signed-in user has had, each of them once.</summary>
internal sealed class ClaimTypesSeen
{
    private readonly ConcurrentDictionary<string, byte> known = new(StringComparer.OrdinalIgnoreCase);

    /// <returns>
    /// A claim type that neither this signed-in user has, nor any before; null: there is none, or it has been returned before.
    /// </returns>
    public string? FirstUnseen(string[] types, ClaimsPrincipal user)
    {
        foreach (var type in types)
        {
            if (!known.ContainsKey(type) && IsSignedIn(user) && known.TryAdd(type, 0) && !UserRule.HasClaim(user, type))
                return type;
        }

        return null;
    }

    private static bool IsSignedIn(ClaimsPrincipal user) => user.Identities.Any(static identity => identity.IsAuthenticated);
}
