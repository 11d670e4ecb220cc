using System.Security.Claims;
using System.Text.Json;
using CsCheck;
using RedisExpiryCache.ResponseCaching.Policies;

namespace RedisExpiryCache.Tests.ResponseCaching.Policies;

/// <summary>Which principals get the same key.</summary>
public class UserRuleTests
{
    private static readonly UserRule ByUser = new(byUser: true, []);

    private static readonly Gen<Claim> Claims = Gen.Select(
        Among(ClaimTypes.NameIdentifier, "sub", ClaimTypes.Name, "role"), Among("", "1", "2", "1:1", "11"),
        Among("a", "b"), Among("a", "b"),
        static (type, value, issuer, original) => new Claim(type, value, ClaimValueTypes.String, issuer, original));

    private static readonly Gen<ClaimsIdentity> Identities = Gen.Select(
        Among<string?>(null, "Cookies", "Basic"), Claims.Array[0, 2], static (type, claims) => new ClaimsIdentity(claims, type));

    private static readonly Gen<ClaimsPrincipal> Principals =
        Identities.Array[0, 2].Select(static identities => new ClaimsPrincipal(identities));

    private static Gen<T> Among<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(at => values[at]);

    [Fact]
    public void VaryByUser_gives_two_principals_one_key_exactly_if_all_identifiers_issuers_and_identities_are_equal() =>
        Gen.Select(Principals, Principals).Sample(
            static (one, other) =>
            {
                var (key, otherKey) = (ByUser.KeyOf(one), ByUser.KeyOf(other));
                Assert.Equal(KindOf(one), key.Kind);
                Assert.Equal(key.Kind == UserKind.Identified, key.Text is not null);
                if (key.Text is not null && otherKey.Text is not null)
                    Assert.Equal(Described(SignedIn(one), IsIdentifier) == Described(SignedIn(other), IsIdentifier), key == otherKey);
            },
            iter: 20_000);

    [Fact]
    public void VaryByClaim_gives_two_principals_one_key_exactly_if_the_claims_issuers_and_identities_are_equal() =>
        Gen.Select(Principals, Principals, Gen.Bool).Sample(
            static (one, other, allowMissing) =>
            {
                var rule = new UserRule(byUser: false, ["role"], allowMissing);
                var (key, otherKey) = (rule.KeyOf(one), rule.KeyOf(other));
                Assert.Equal(SignedIn(one).Length > 0, key.Kind != UserKind.Anonymous);
                Assert.Equal(SignedIn(one).Length > 0 && !allowMissing && !UserRule.HasClaim(one, "role"), key.Kind == UserKind.Indistinct);
                if (key.Text is not null && otherKey.Text is not null)
                {
                    var isSameRole = Described(WithRole(one), IsRole) == Described(WithRole(other), IsRole);
                    Assert.Equal(key.Kind == otherKey.Kind && isSameRole, key == otherKey);
                }
            },
            iter: 20_000);

    [Fact]
    public void VaryByUser_gives_a_principal_the_same_key_in_any_order_of_identities_and_claims() => Principals.Sample(static principal =>
    {
        var reversed = principal.Identities.Reverse()
            .Select(static identity => new ClaimsIdentity(identity.Claims.Reverse(), identity.AuthenticationType));
        Assert.Equal(ByUser.KeyOf(principal), ByUser.KeyOf(new ClaimsPrincipal(reversed)));
    });

    [Fact]
    public void VaryByUser_identifies_by_the_name_claim_type_of_an_identity_and_by_a_name_that_is_no_claim()
    {
        static ClaimsPrincipal Named(string name) => new(new ClaimsIdentity([new Claim("nick", name)], "OpenId", "nick", "role"));

        Assert.Equal(UserKind.Identified, ByUser.KeyOf(Named("a")).Kind);
        Assert.NotEqual(ByUser.KeyOf(Named("a")), ByUser.KeyOf(Named("b")));
        Assert.NotEqual(ByUser.KeyOf(new(new NamedIdentity("a"))), ByUser.KeyOf(new(new NamedIdentity("b"))));
    }

    private static ClaimsIdentity[] SignedIn(ClaimsPrincipal user) =>
        [.. user.Identities.Where(static identity => identity.IsAuthenticated)];

    private static UserKind KindOf(ClaimsPrincipal user) => SignedIn(user) switch
    {
        [] => UserKind.Anonymous,
        var signedIn when signedIn.All(HasIdentifier) => UserKind.Identified,
        _ => UserKind.Indistinct,
    };

    private static bool HasIdentifier(ClaimsIdentity identity) =>
        identity.HasClaim(static claim => IsIdentifier(claim) && claim.Value.Length > 0);

    private static bool IsIdentifier(Claim claim) => !IsRole(claim);

    private static bool IsRole(Claim claim) => claim.Type == "role";

    private static IEnumerable<ClaimsIdentity> WithRole(ClaimsPrincipal user) =>
        user.Identities.Where(static identity => identity.HasClaim(static claim => IsRole(claim)));

    /// <summary>An independent description of what counts: JSON, sorted.</summary>
    private static string Described(IEnumerable<ClaimsIdentity> identities, Predicate<Claim> counts) => Json(identities.Select(
        identity => Json(identity.Claims.Where(claim => counts(claim))
            .Select(static claim => Json([claim.Type, claim.Value, claim.Issuer, claim.OriginalIssuer]))
            .Order(StringComparer.Ordinal)
            .Prepend(identity.AuthenticationType))).Order(StringComparer.Ordinal));

    private static string Json(IEnumerable<string?> parts) => JsonSerializer.Serialize(parts.ToArray());

    private sealed class NamedIdentity(string name) : ClaimsIdentity("Windows")
    {
        public override string Name => name;
    }
}
