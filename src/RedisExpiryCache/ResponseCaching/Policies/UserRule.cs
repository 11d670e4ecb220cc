using System.Security.Claims;

namespace RedisExpiryCache.ResponseCaching.Policies;

/// <summary>How well a policy that varies by user knows the user of a request.</summary>
internal enum UserKind
{
    /// <summary>No identity is authenticated.</summary>
    Anonymous,

    /// <summary>Signed in, and told apart from all other users by <see cref="UserKey.Text"/>.</summary>
    Identified,

    /// <summary>Signed in, but without what the policy varies by: responses are neither stored nor served from the cache.</summary>
    Indistinct,
}

/// <summary>The user of a request as part of a cache key.</summary>
/// <param name="Kind">How well the user is known.</param>
/// <param name="Text">All that tells the user apart; null: nothing does.</param>
internal readonly record struct UserKey(UserKind Kind, string? Text = null);

/// <summary>Makes the part of a cache key that tells users apart.</summary>
/// <remarks>
/// Two principals get one key only if every value that counts is equal, with its issuers and in the same identity. Each value carries its
/// length, so that no choice of delimiters joins two. Claim types are compared in any case, as ClaimsPrincipal.FindFirst does.
/// </remarks>
internal sealed class UserRule(bool byUser, string[] claimTypes, bool allowMissingClaims = false)
{
    private static readonly string[] Identifiers = [ClaimTypes.NameIdentifier, "sub", ClaimTypes.Name];

    public bool IsSet => byUser || claimTypes.Length > 0;

    public UserKey KeyOf(ClaimsPrincipal user)
    {
        if (!IsSet)
            return default;

        ClaimsIdentity[] all = [.. user.Identities];
        var signedIn = Array.FindAll(all, static identity => identity.IsAuthenticated);
        if (signedIn.Length == 0)
            return new UserKey(UserKind.Anonymous, claimTypes.Length == 0 ? null : $"-{ClaimsOf(all)}");

        // One identifier for all would do for the usual principal; but a device's says nothing about the person whose identity has none.
        string?[] identities = byUser ? Array.ConvertAll(signedIn, UserOf) : [];
        var lacksClaim = !allowMissingClaims && Array.Exists(claimTypes, type => !HasClaim(user, type));
        return lacksClaim || identities.Contains(null)
            ? new UserKey(UserKind.Indistinct)
            : new UserKey(UserKind.Identified, $"+{Framed(Sorted(identities))}{ClaimsOf(all)}");
    }

    /// <summary>An empty value counts as none.</summary>
    public static bool HasClaim(ClaimsPrincipal user, string type) =>
        user.HasClaim(claim => IsSame(claim.Type, type) && claim.Value.Length > 0);

    /// <returns>Null: the identity has no identifier.</returns>
    private static string? UserOf(ClaimsIdentity identity)
    {
        Claim[] claims = [.. identity.Claims.Where(claim => IsIdentifier(claim.Type) || IsSame(claim.Type, identity.NameClaimType))];
        return string.IsNullOrEmpty(identity.Name) && Array.TrueForAll(claims, static claim => claim.Value.Length == 0)
            ? null
            : Framed([identity.AuthenticationType, OwnName(identity, claims), .. Encoded(claims)]);
    }

    /// <summary>The name of a kind of identity that does not take it from a claim; null: it is one of the claims.</summary>
    private static string? OwnName(ClaimsIdentity identity, Claim[] claims) =>
        Array.Exists(claims, claim => claim.Value == identity.Name) ? null : identity.Name;

    /// <summary>The claims that the policy names, of all identities.</summary>
    /// <remarks>Also of one without an authentication type, as claims transformations add.</remarks>
    private string ClaimsOf(ClaimsIdentity[] identities) => Framed(claimTypes.Select(type => Framed(Sorted(
        identities.Select(identity => (identity, Claims: identity.Claims.Where(claim => IsSame(claim.Type, type)).ToArray()))
            .Where(static one => one.Claims.Length > 0)
            .Select(static one => Framed([one.identity.AuthenticationType, .. Encoded(one.Claims)]))))));

    private static bool IsIdentifier(string type) => Array.Exists(Identifiers, known => IsSame(known, type));

    private static bool IsSame(string type, string other) => string.Equals(type, other, StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<string?> Encoded(Claim[] claims) =>
        Sorted(claims.Select(static claim => Framed([claim.Type, claim.Issuer, claim.OriginalIssuer, claim.Value])));

    private static IEnumerable<string?> Sorted(IEnumerable<string?> parts) => parts.Order(StringComparer.Ordinal);

    private static string Framed(IEnumerable<string?> parts) => string.Concat(parts.Select(static part => $"{part?.Length ?? -1}:{part}"));
}
