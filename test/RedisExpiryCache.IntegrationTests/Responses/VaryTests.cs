using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class VaryTests(RedisFixture fixture) : VaryContract(fixture);

public sealed class InMemoryVaryTests(InMemoryFixture fixture) : VaryContract(fixture);

/// <summary>RFC 9111 4.1: one URL, several responses.</summary>
public abstract class VaryContract(ServerFixture fixture)
{
    [Fact]
    public async Task Each_value_of_the_field_that_Vary_names_has_its_own_response()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a", "max-age=60", Language));
        var german = await app.GetAsync("/a", ("Accept-Language", "de"));
        var english = await app.GetAsync("/a", ("Accept-Language", "en"));
        var none = await app.GetAsync("/a");

        Assert.Equal("RedisExpiryCache; fwd=vary-miss; stored", english.CacheStatus);
        Assert.Equal(3, new[] { german.Body, english.Body, none.Body }.Distinct().Count());
        Assert.Equal(("de", german.Body), await LanguageOf(app, "de"));
        Assert.Equal(("en", english.Body), await LanguageOf(app, "en"));
        Assert.Equal(none.Body, (await app.GetAsync("/a")).Body);
    }

    [Fact]
    public async Task Members_in_another_order_of_preference_are_another_request()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a", "max-age=60", Language));
        string[] values = ["de, en;q=0.5", "en, de;q=0.5", "de, en", "en, de", "de", ""];
        var bodies = new List<string>();
        foreach (var value in values)
        {
            bodies.Add((await app.GetAsync("/a", ("Accept-Language", value))).Body);
        }

        Assert.Equal(values.Length, bodies.Distinct().Count());
        Assert.Equal(bodies[0], (await app.GetAsync("/a", ("Accept-Language", "DE ,  en;q=0.50"))).Body);
        Assert.Equal(bodies[2], (await app.GetAsync("/a", ("Accept-Language", "DE,EN"))).Body);
    }

    [Fact]
    public async Task Another_node_that_has_never_seen_the_URL_picks_the_right_one()
    {
        await using var one = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a", "max-age=60", Language));
        await one.GetAsync("/a", ("Accept-Language", "de"));
        await one.GetAsync("/a", ("Accept-Language", "en"));
        await using var other = await CachedApp.StartAsync(
            fixture.Server, web => web.MapPage("/a", "max-age=60", Language), new AppSetup { Prefix = one.Prefix });

        Assert.Equal("de", (await LanguageOf(other, "de")).Language);
        Assert.Equal("en", (await LanguageOf(other, "en")).Language);
        Assert.Equal(0, other.Services.GetRequiredService<PageCounter>().Made);
    }

    [Fact]
    public async Task A_Vary_that_grows_never_serves_what_differs_by_the_new_field()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/a", "max-age=60", context =>
        {
            // Only who sends X-Kind gets an answer that differs by it.
            context.Response.Headers.Vary = context.Request.Headers.ContainsKey("X-Kind") ? "Accept-Language, X-Kind" : "Accept-Language";
            context.Response.Headers["X-Kind"] = context.Request.Headers["X-Kind"].ToString();
        }));
        await app.GetAsync("/a", ("Accept-Language", "de"));
        await app.GetAsync("/a", ("Accept-Language", "en"), ("X-Kind", "red"));

        Assert.Equal("blue", (await app.GetAsync("/a", ("Accept-Language", "en"), ("X-Kind", "blue")))["X-Kind"]);
        Assert.Equal("red", (await app.GetAsync("/a", ("Accept-Language", "en"), ("X-Kind", "red")))["X-Kind"]);
        Assert.NotEqual("red", (await app.GetAsync("/a", ("Accept-Language", "en")))["X-Kind"]);
    }

    [Fact]
    public async Task A_policy_varies_by_fields_and_says_so_in_Vary()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage(
            "/a",
            new RedisResponseCacheAttribute { Duration = 60, VaryByHeaderNames = ["X-Tenant", "accept-language"] },
            context =>
            {
                Language(context);
                context.Response.Headers["X-Tenant"] = context.Request.Headers["X-Tenant"].ToString();
            }));
        var red = await app.GetAsync("/a", ("X-Tenant", "red"));
        var blue = await app.GetAsync("/a", ("X-Tenant", "blue"));

        Assert.Equal(["accept-language", "x-tenant"], Names(red));
        Assert.Equal(("red", "blue"), (red["X-Tenant"], blue["X-Tenant"]));
        var hit = await app.GetAsync("/a", ("X-Tenant", "red"));
        Assert.True(hit.IsHit);
        Assert.Equal("red", hit["X-Tenant"]);
        Assert.Equal(Names(red), Names(hit));
    }

    [Fact]
    public async Task What_is_compressed_inside_of_the_cache_reaches_only_who_accepts_it()
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            web =>
            {
                web.UseResponseCompression();
                web.MapPage("/a", "max-age=60", context => context.Response.ContentType = "text/plain");
            },
            new AppSetup { Services = services => services.AddResponseCompression(options => options.Providers.Add<GzipCompressionProvider>()) });

        var packed = await app.GetAsync("/a", ("Accept-Encoding", "gzip"));
        var plain = await app.GetAsync("/a");
        var packedHit = await app.GetAsync("/a", ("Accept-Encoding", "gzip"));
        var plainHit = await app.GetAsync("/a");

        Assert.Equal("gzip", packed["Content-Encoding"]);
        Assert.Null(plain["Content-Encoding"]);
        Assert.True(packedHit.IsHit && plainHit.IsHit, $"{packedHit.CacheStatus}, {plainHit.CacheStatus}");
        Assert.Equal("gzip", packedHit["Content-Encoding"]);
        Assert.Equal(packed.Bytes, packedHit.Bytes);
        Assert.Null(plainHit["Content-Encoding"]);
        Assert.Equal(plain.Body, plainHit.Body);
        Assert.NotEqual(packedHit["ETag"], plainHit["ETag"]);
    }

    private static void Language(HttpContext context)
    {
        context.Response.Headers.Vary = "Accept-Language";
        context.Response.Headers.ContentLanguage = context.Request.Headers.AcceptLanguage.ToString();
    }

    private static async Task<(string? Language, string Body)> LanguageOf(CachedApp app, string asked)
    {
        var answer = await app.GetAsync("/a", ("Accept-Language", asked));
        Assert.True(answer.IsHit, answer.CacheStatus);
        return (answer["Content-Language"], answer.Body);
    }

    private static string[] Names(Answer answer) =>
        [.. answer["Vary"]!.ToLowerInvariant().Split(',', StringSplitOptions.TrimEntries).Order(StringComparer.Ordinal)];
}
