using CsCheck;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using RedisExpiryCache.ResponseCaching.Policies;

namespace RedisExpiryCache.Tests.ResponseCaching.Keys;

public class CanonicalQueryTests
{
    private static readonly string[] Named = ["user", "page"];

    private static readonly Gen<string> Queries = Gen.OneOf(
        Gen.String[Gen.Char["aA=&%1E?+2"], 0, 12],
        OneOf("user=a", "USER=a", "user=A", "user=", "user", "page=1", "page=2", "other=1", "%75ser=a", "user=%61", "user=a%26page%3D1", "user=a%1Epage=1", "user=a+b", "user=a%20b")
            .Array[0, 4].Select(pairs => string.Join('&', pairs)));

    [Fact]
    public void Queries_in_which_an_app_finds_different_values_never_share_a_text() => Gen.Select(Queries, Queries).Sample((a, b) =>
        Canonical(a, "*") != Canonical(b, "*") || SeenIn(a, _ => true) == SeenIn(b, _ => true), iter: 20_000);

    [Fact]
    public void With_names_it_is_the_values_under_these_names_that_count_and_nothing_else() => Gen.Select(Queries, Queries).Sample((a, b) =>
        Canonical(a, Named) == Canonical(b, Named) == (SeenIn(a, IsNamed) == SeenIn(b, IsNamed)), iter: 20_000);

    [Theory]
    [InlineData("", "")]
    [InlineData("?", "")]
    [InlineData("?user=a", "user=a")]
    [InlineData("?page=1&user=a", "page=1&user=a")]
    [InlineData("?user=a&page=1", "page=1&user=a")]
    [InlineData("?USER=a&x=1", "user=a")]
    [InlineData("?user=b&user=a", "user=b&user=a")]
    [InlineData("?user=a%26b%3Dc", "user=a\\0026b\\003Dc")]
    [InlineData("?user=%1E", "user=\\001E")]
    [InlineData("?user=%7Bid%7D", "user=\\007Bid\\007D")]
    [InlineData("?user=a%20b", "user=a\\0020b")]
    [InlineData("?user", "user=")]
    public void It_is_readable_sorted_and_escaped(string query, string text) => Assert.Equal(text, Canonical(query[Math.Min(1, query.Length)..], Named));

    [Fact]
    public void With_no_names_nothing_counts() => Assert.Equal("", new QueryRule([], ignored: null).Canonical("?user=a"));

    [Theory]
    [InlineData("?b=2&utm_source=x&a=1&UTM_MEDIUM=y", "a=1&b=2")]
    [InlineData("?utm=1&fbclid=3", "utm=1")]
    [InlineData("?FBCLID=3", "")]
    public void All_names_but_some_can_count(string query, string text) =>
        Assert.Equal(text, new QueryRule(keys: null, ["utm_*", "fbclid"]).Canonical(query));

    [Theory]
    [InlineData("?b=2&a=1", "a=1&b=2", "*")]
    [InlineData("?b=2&a=1", "a=1&b=2", "x", "*")]
    [InlineData("?ab=1&a=2", "a=2", "a")]
    [InlineData("?utm_a=1", "", "utm_*")]
    public void Only_a_star_alone_stands_for_every_name(string query, string text, params string[] keys) =>
        Assert.Equal(text, new QueryRule(keys, ignored: null).Canonical(query));

    [Fact]
    public void Where_some_are_ignored_a_star_ignores_all_and_none_ignores_none()
    {
        Assert.Equal("", new QueryRule(keys: null, ["*"]).Canonical("?b=2&a=1"));
        Assert.Equal("a=1&b=2", new QueryRule(keys: null, []).Canonical("?b=2&a=1"));
        Assert.Equal("", new QueryRule(keys: null, []).Canonical(null));
    }

    [Fact]
    public void Rules_that_let_other_keys_count_have_other_signatures()
    {
        QueryRule[] rules = [QueryRule.AsSpelled, new([], null), new(["a"], null), new(["a", "b"], null), new(null, []), new(null, ["a"])];

        Assert.Equal(rules.Length, rules.Select(static rule => rule.Signature).Distinct().Count());
        Assert.Equal(new QueryRule(["a", "b"], null).Signature, new QueryRule(["a", "b"], null).Signature);
        Assert.Equal([true, false, false, false, false, false], rules.Select(static rule => rule.IsAsSpelled));
    }

    [Theory]
    [InlineData("a=1&A=2", "A=2&a=1")]
    [InlineData("A=1&a=2", "a=2&A=1")]
    public void Names_that_differ_by_case_only_are_one_name_to_the_app_and_keep_their_order(string one, string other) =>
        Assert.NotEqual(Canonical(one, "*"), Canonical(other, "*"));

    [Theory]
    [InlineData("Page=1&page=2", "page=1&page=2", "*")]
    [InlineData("Page=1", "page=1", "PAGE")]
    [InlineData("%C3%A9=1", "\u00C9=1", "*")]
    public void Names_have_one_case(string query, string text, string key) => Assert.Equal(text, Canonical(query, key));

    [Fact]
    public void Names_that_differ_by_more_than_their_case_to_the_app_are_told_apart() =>
        Assert.NotEqual(Canonical("%E2%84%AA=1", "*"), Canonical("k=1", "*"));

    [Fact]
    public void All_names_but_some_have_one_case_too() => Gen.Select(Queries, Queries).Sample((a, b) =>
        new QueryRule(keys: null, ["x"]).Canonical("?" + a) == new QueryRule(keys: null, ["x"]).Canonical("?" + b)
            == (SeenIn(a, static name => name != "x") == SeenIn(b, static name => name != "x")), iter: 20_000);

    private static Gen<string> OneOf(params string[] values) => Gen.Int[0, values.Length - 1].Select(at => values[at]);

    private static string Canonical(string query, params string[] keys) => new QueryRule(keys, ignored: null).Canonical("?" + query);

    private static bool IsNamed(string name) => Named.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>As Request.Query has it: names in any case, all values of a name in their order.</summary>
    private static string SeenIn(string query, Func<string, bool> counts)
    {
        var context = new DefaultHttpContext();
        context.Request.QueryString = new QueryString("?" + query);
        var pairs = context.Request.Query.Where(pair => counts(pair.Key)).OrderBy(pair => pair.Key.ToUpperInvariant(), StringComparer.Ordinal);
        return string.Join('\n', pairs.Select(pair => $"{pair.Key.ToUpperInvariant()}\t{string.Join('\t', (IEnumerable<string?>)pair.Value)}"));
    }
}
