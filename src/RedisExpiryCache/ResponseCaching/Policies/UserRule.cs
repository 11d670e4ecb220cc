using System.Security.Claims;

namespace RedisExpiryCache.ResponseCaching.Policies;

/// <summary>How well a policy that varies by user knows the user of a request.</summary>
internal enum UserKind
{
    /// <summary>No identity is authenticated.</summary>
    Anonymous,

    /// <summary>Signed in, and told apart from all other users by <see cref="UserKey.Text"/>.</summary>
    Identified,

    /// <summary>Signed in, with nothing that tells the user apart: responses are neither stored nor served from the cache.</summary>
    Indistinct,
}

/// <summary>The user of a request as part of a cache key.</summary>
/// <param name="Kind">How well the user is known.</param>
/// <param name="Text">All that tells the user apart; null: nothing does.</param>
internal readonly record struct UserKey(UserKind Kind, string? Text = null);

/// <summary>Makes the part of a cache key that tells users apart.</summary>
/// <remarks>
/// Two principals get one key only if every value that counts is equal, with its issuers and in the same identity. Each value carries its length, so
/// that no choice of delimiters joins two. Claim types are compared in any case, as <see cref="ClaimsPrincipal.FindFirst(string)"/> does.
/// </remarks>
internal sealed class UserRule(bool byUser, string[] claimTypes)
{
    private static readonly string[] Identifiers = [ClaimTypes.NameIdentifier, "sub", ClaimTypes.Name];

    public bool IsSet => byUser || claimTypes.Length > 0;

    public UserKey KeyOf(ClaimsPrincipal user)
    {
        ClaimsIdentity[] signedIn = IsSet ? [.. user.Identities.Where(static identity => identity.IsAuthenticated)] : [];
        if (signedIn.Length == 0)
            return new UserKey(UserKind.Anonymous);

        // One identifier for all would do for the usual principal; but a device's says nothing about the person whose identity has none.
        string?[] identities = byUser ? Array.ConvertAll(signedIn, UserOf) : [];
        return identities.Contains(null)
            ? new UserKey(UserKind.Indistinct)
            : new UserKey(UserKind.Identified, Framed([Framed(identities.Order(StringComparer.Ordinal)), .. ClaimsOf(signedIn)]));
    }

    private IEnumerable<string> ClaimsOf(ClaimsIdentity[] identities) => claimTypes.SelectMany(type => new[]
    {
        type,
        Framed(identities.SelectMany(static identity => identity.Claims).Where(claim => claim.Type == type).Select(static claim => claim.Value)
            .Order(StringComparer.Ordinal)),
    });

    /// <returns>Null: the identity has no identifier.</returns>
    private static string? UserOf(ClaimsIdentity identity)
    {
        Claim[] claims = [.. identity.Claims.Where(claim => IsIdentifier(claim.Type) || IsSame(claim.Type, identity.NameClaimType))];
        return string.IsNullOrEmpty(identity.Name) && Array.TrueForAll(claims, static claim => claim.Value.Length == 0)
            ? null
            : Framed([identity.AuthenticationType, OwnName(identity, claims), .. Sorted(claims)]);
    }

    /// <summary>The name of a kind of identity that does not take it from a claim; null: it is one of the claims.</summary>
    private static string? OwnName(ClaimsIdentity identity, Claim[] claims) =>
        Array.Exists(claims, claim => claim.Value == identity.Name) ? null : identity.Name;

    private static bool IsIdentifier(string type) => Array.Exists(Identifiers, known => IsSame(known, type));

    private static bool IsSame(string type, string other) => string.Equals(type, other, StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<string> Sorted(IEnumerable<Claim> claims) =>
        claims.Select(static claim => Framed([claim.Type, claim.Issuer, claim.OriginalIssuer, claim.Value])).Order(StringComparer.Ordinal);

    private static string Framed(IEnumerable<string?> parts) => string.Concat(parts.Select(static part => $"{part?.Length ?? -1}:{part}"));
}
