using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.ResponseCaching.Policies;

namespace RedisExpiryCache.Tests.ResponseCaching.Policies;

/// <summary>What a policy tells apart, and what it tells clients.</summary>
public class ResponsePolicyTests
{
    private const string Revalidate = "public, max-age=0, must-revalidate";

    private static readonly ResponsePolicy ByUser = new(new PolicySettings { VaryByUser = true });

    private static ClaimsPrincipal User(string? scheme, params string[] claims) =>
        new(new ClaimsIdentity(claims.Select(static claim => claim.Split('=')).Select(static pair => new Claim(pair[0], pair[1])), scheme));

    private static ResponsePolicy Build(Action<ResponseCachePolicyBuilder> say)
    {
        var builder = new ResponseCachePolicyBuilder();
        say(builder);
        return new ResponsePolicy(builder.Settings);
    }

    private static DefaultHttpContext Context() => new() { User = User("Cookies", "sub=1") };

    [Fact]
    public void A_policy_varies_by_user_if_it_names_users_or_claims()
    {
        Assert.True(ByUser.VariesByUser);
        Assert.True(Build(static policy => policy.VaryByClaim("role")).VariesByUser);
        Assert.False(ResponsePolicy.None.VariesByUser);
        Assert.Equal(default, ResponsePolicy.None.UserOf(Context()));
    }

    [Fact]
    public void Each_part_that_a_policy_asks_for_is_there_in_its_place()
    {
        var context = Context();
        (context.Request.RouteValues["id"], context.Request.RouteValues["number"]) = ("7", 1.5);
        var all = Build(static policy => policy
            .VaryByValue(static _ => null).VaryByValue(static context => context.Request.Method).VaryByRouteValue("number", "missing").VaryByRouteValue("ID").VaryByUser());
        context.Request.Method = "GET";

        Assert.Equal([ByUser.UserOf(context).Text, "1.5", null, "7", null, "GET"], all.PartsOf(context));
        Assert.Empty(ResponsePolicy.None.PartsOf(context));
    }

    [Fact]
    public void The_culture_is_two_parts()
    {
        var (culture, uiCulture) = (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture);
        try
        {
            (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = (new Culture("de-DE"), new Culture("fr"));
            Assert.Equal(["de-DE", "fr"], Build(static policy => policy.VaryByCulture()).PartsOf(Context()));
        }
        finally
        {
            (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = (culture, uiCulture);
        }
    }

    [Theory]
    [InlineData(60, null, null, Revalidate)]
    [InlineData(null, 5, null, Revalidate)]
    [InlineData(60, 5, null, Revalidate)]
    [InlineData(60, null, 10, "public, max-age=10")]
    [InlineData(60, null, 0, Revalidate)]
    [InlineData(null, null, 10, null)]
    [InlineData(null, null, null, null)]
    public void Clients_revalidate_unless_the_policy_has_a_client_duration(int? duration, int? sliding, int? client, string? expected)
    {
        var policy = new ResponsePolicy(new PolicySettings { Duration = Span(duration), Sliding = Span(sliding), ClientDuration = Span(client) });

        Assert.Equal(expected, policy.ClientCacheControl(policy.Lifetime, hasExpires: false));
        Assert.Null(policy.ClientCacheControl(policy.Lifetime, hasExpires: true));
    }

    [Fact]
    public void What_no_request_field_tells_apart_is_for_one_client()
    {
        Action<ResponseCachePolicyBuilder>[] personal =
        [
            static policy => policy.VaryByUser(), static policy => policy.VaryByClaim("role"), static policy => policy.VaryByCulture(), static policy => policy.VaryByValue(static _ => "")
        ];
        Action<ResponseCachePolicyBuilder>[] common =
        [
            static policy => policy.VaryByHeader("accept"), static policy => policy.VaryByQuery("a"), static policy => policy.VaryByRouteValue("id"), static policy => policy.VaryByHost(false)
        ];

        Assert.All(personal, static say => Assert.Equal(("private, max-age=0, must-revalidate", "private"), CacheControlOf(say)));
        Assert.All(common, static say => Assert.Equal((Revalidate, null), CacheControlOf(say)));
    }

    [Fact]
    public void Zero_seconds_are_no_lifetime_and_the_defaults_are_these()
    {
        var zero = new ResponsePolicy(new PolicySettings { Duration = TimeSpan.Zero, Sliding = TimeSpan.Zero, StaleIfError = TimeSpan.Zero });

        Assert.True(zero.Lifetime is { IsSet: false, Duration: null, Sliding: null, StaleIfError.Ticks: 0, StaleWhileRevalidate: null });
        Assert.True(ResponsePolicy.None is { NoStore: false, VaryByHost: true, HeaderNames: [], Tags: [], Query.IsAsSpelled: true });
        Assert.True(Build(static policy => policy.NoStore().VaryByHost(false).VaryByQuery()) is { NoStore: true, VaryByHost: false, Query.IsAsSpelled: false });
    }

    private static (string? Alone, string? WithExpires) CacheControlOf(Action<ResponseCachePolicyBuilder> say)
    {
        var policy = Build(builder => say(builder.Expire(TimeSpan.FromSeconds(60))));
        return (policy.ClientCacheControl(policy.Lifetime, hasExpires: false), policy.ClientCacheControl(policy.Lifetime, hasExpires: true));
    }

    private static TimeSpan? Span(int? seconds) => seconds is { } some ? TimeSpan.FromSeconds(some) : null;

    /// <summary>Where globalization is invariant there is none but the invariant one.</summary>
    private sealed class Culture(string name) : CultureInfo("")
    {
        public override string Name => name;
    }
}
