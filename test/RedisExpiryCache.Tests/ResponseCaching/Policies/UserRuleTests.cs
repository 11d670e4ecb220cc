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
        Among(ClaimTypes.NameIdentifier, "sub", ClaimTypes.Name, "role"), Among("", "1", "2", "1:1", "11"), Among("a", "b"), Among("a", "b"),
        static (type, value, issuer, original) => new Claim(type, value, ClaimValueTypes.String, issuer, original));

    private static readonly Gen<ClaimsIdentity> Identities = Gen.Select(
        Among<string?>(null, "Cookies", "Basic"), Claims.Array[0, 2], static (type, claims) => new ClaimsIdentity(claims, type));

    private static readonly Gen<ClaimsPrincipal> Principals = Identities.Array[0, 2].Select(static identities => new ClaimsPrincipal(identities));

    private static Gen<T> Among<T>(params T[] values) => Gen.OneOfConst(values);

    [Fact]
    public void VaryByUser_gives_two_principals_one_key_exactly_if_all_identifiers_issuers_and_identities_are_equal() =>
        Gen.Select(Principals, Principals).Sample(
            static (one, other) =>
            {
                var (key, otherKey) = (ByUser.KeyOf(one), ByUser.KeyOf(other));
                Assert.Equal(KindOf(one), key.Kind);
                if (key.Kind == UserKind.Identified && otherKey.Kind == UserKind.Identified)
                    Assert.Equal(Described(one) == Described(other), key == otherKey);
                else
                    Assert.True(key != otherKey || key.Kind == otherKey.Kind);
            },
            iter: 20_000);

    [Fact]
    public void VaryByUser_gives_a_principal_the_same_key_in_any_order_of_identities_and_claims() => Principals.Sample(static principal =>
    {
        var reversed = principal.Identities.Reverse().Select(static identity => new ClaimsIdentity(identity.Claims.Reverse(), identity.AuthenticationType));
        Assert.Equal(ByUser.KeyOf(principal), ByUser.KeyOf(new ClaimsPrincipal(reversed)));
    });

    [Fact]
    public void VaryByUser_identifies_by_the_name_claim_type_of_an_identity_and_by_a_name_that_is_no_claim()
    {
        static ClaimsPrincipal Named(string name) => new(new ClaimsIdentity([new Claim("nick", name)], "OpenIdConnect", "nick", "role"));

        Assert.Equal(UserKind.Identified, ByUser.KeyOf(Named("a")).Kind);
        Assert.NotEqual(ByUser.KeyOf(Named("a")), ByUser.KeyOf(Named("b")));
        Assert.NotEqual(ByUser.KeyOf(new ClaimsPrincipal(new NamedIdentity("a"))), ByUser.KeyOf(new ClaimsPrincipal(new NamedIdentity("b"))));
    }

    private static ClaimsIdentity[] SignedIn(ClaimsPrincipal user) => [.. user.Identities.Where(static identity => identity.IsAuthenticated)];

    private static UserKind KindOf(ClaimsPrincipal user) => SignedIn(user) switch
    {
        [] => UserKind.Anonymous,
        var signedIn when signedIn.All(static identity => Counting(identity).Any(static claim => claim.Value.Length > 0)) => UserKind.Identified,
        _ => UserKind.Indistinct,
    };

    private static IEnumerable<Claim> Counting(ClaimsIdentity identity) => identity.Claims.Where(static claim => claim.Type != "role");

    private static string Described(ClaimsPrincipal user) => JsonSerializer.Serialize(SignedIn(user).Select(static identity => JsonSerializer.Serialize(new
    {
        identity.AuthenticationType,
        Claims = Counting(identity).Select(static claim => JsonSerializer.Serialize(new[] { claim.Type, claim.Value, claim.Issuer, claim.OriginalIssuer }))
            .Order(StringComparer.Ordinal),
    })).Order(StringComparer.Ordinal));

    private sealed class NamedIdentity(string name) : ClaimsIdentity("Windows")
    {
        public override string Name => name;
    }
}
