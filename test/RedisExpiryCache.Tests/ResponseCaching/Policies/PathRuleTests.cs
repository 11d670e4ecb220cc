using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using RedisExpiryCache.ResponseCaching.Policies;

namespace RedisExpiryCache.Tests.ResponseCaching.Policies;

/// <summary>Which paths of a route are one in cache keys.</summary>
public class PathRuleTests
{
    [Theory]
    [InlineData("Privacy", "/Privacy", "/Privacy")]
    [InlineData("Privacy", "/privacy", "/Privacy")]
    [InlineData("privacy", "/PRIVACY/", "/privacy")]
    [InlineData("/privacy/", "/Privacy", "/privacy")]
    [InlineData("users/{name}", "/USERS/Bob", "/users/Bob")]
    [InlineData("users/{name}", "/users/bob/", "/users/bob")]
    [InlineData("users/{name}/Orders", "/Users/Bob/ORDERS/", "/users/Bob/Orders")]
    [InlineData("users/{name?}", "/USERS/", "/users")]
    [InlineData("files/{name}.{type}", "/FILES/A.TXT", "/files/A.TXT")]
    [InlineData("v{version}/products", "/V1/PRODUCTS", "/V1/products")]
    [InlineData("straße/ÄPFEL", "/STRAßE/äpfel", "/straße/ÄPFEL")]
    public void Letter_case_of_literals_and_a_slash_at_the_end_are_folded(string pattern, string path, string canonical) =>
        Assert.Equal(canonical, RuleOf(pattern).Canonical(path));

    [Theory]
    [InlineData("", "/")]
    [InlineData("", "")]
    [InlineData("privacy", null)]
    [InlineData("privacy", "/privacy//")]
    [InlineData("privacy", "//privacy")]
    [InlineData("privacy", "/About/")]
    [InlineData("privacy", "/PRIVACY/more")]
    [InlineData("api/{**rest}", "/API/a/")]
    [InlineData("api/{*rest}", "/API")]
    [InlineData("users/{name}", "/users/BOB")]
    [InlineData("i", "/\u0130")]
    public void Other_paths_count_as_spelled(string pattern, string? path) => Assert.Same(path, RuleOf(pattern).Canonical(path));

    [Fact]
    public void Controller_and_action_of_a_conventional_route_are_folded_and_its_other_values_are_not()
    {
        var rule = RuleOf("{area:exists}/{controller=Home}/{action=Index}/{id?}", new { area = "Shop", controller = "Products", action = "Details", page = (string?)null });

        Assert.Equal("/Shop/Products/Details/A7", rule.Canonical("/shop/PRODUCTS/details/A7/"));
        Assert.Equal("/Shop/Products", rule.Canonical("/shop/products/"));
        Assert.Same("/my-shop/products", rule.Canonical("/my-shop/products"));
    }

    [Fact]
    public void Path_without_a_route_counts_as_spelled()
    {
        Assert.Same(PathRule.AsSpelled, PathRule.Of(new Endpoint(null, null, "none")));
        Assert.Equal("/A/", PathRule.AsSpelled.Canonical("/A/"));
    }

    [Fact]
    public void Paths_that_differ_in_a_value_never_share_a_canonical_path()
    {
        var rule = RuleOf("users/{name}/{tab}");
        string[] values = ["bob", "Bob", "BOB", "b", "ob", "%2F", "bob ", "."];
        string[] canonical = [.. from name in values from tab in values select rule.Canonical($"/USERS/{name}/{tab}/")];

        Assert.Equal(values.Length * values.Length, canonical.Distinct(StringComparer.Ordinal).Count());
    }

    private static PathRule RuleOf(string pattern, object? requiredValues = null) => PathRule.Of(new RouteEndpoint(
        static _ => Task.CompletedTask,
        RoutePatternFactory.Parse(pattern, defaults: null, parameterPolicies: null, requiredValues),
        order: 0,
        EndpointMetadataCollection.Empty,
        displayName: null));
}
