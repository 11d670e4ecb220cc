using CsCheck;
using Microsoft.AspNetCore.Routing;
using RedisExpiryCache.ResponseCaching;
using RedisExpiryCache.ResponseCaching.Keys;
using RedisExpiryCache.ResponseCaching.Lookup;
using RedisExpiryCache.ResponseCaching.Storage;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.ResponseCaching.Storage;

/// <summary>Route templates, URL records, the values of Cache-Status.</summary>
public class SmallPartsTests
{
    private static readonly RouteValueDictionary Route = new() { ["id"] = "7", ["name"] = "a/b c", ["number"] = 1.5, ["none"] = null };

    [Theory]
    [InlineData("products", "products")]
    [InlineData("product:{id}", "product:7")]
    [InlineData("{ID}{id}", "77")]
    [InlineData("{number}", "1.5")]
    [InlineData("x:{none}:{missing}", "x::")]
    [InlineData("{name}", "a/b c")]
    [InlineData("{id:int}{id?}{id=5}{*id}{**id:regex(a)}", "77777")]
    [InlineData("{}", "{}")]
    [InlineData("{{id}}", "{7}")]
    [InlineData("{id", "{id")]
    [InlineData("", "")]
    public void A_template_takes_the_route_values(string template, string filled) => Assert.Equal(filled, new RouteValueTemplate(template).Fill(Route));

    [Fact]
    public void A_template_knows_its_names_and_whether_each_brace_has_its_pair()
    {
        Assert.Equal(["id", "slug"], new RouteValueTemplate("a:{id:int}/{**slug}").Names);
        Assert.True(new RouteValueTemplate("a:{id}") is { IsWellFormed: true, IsPlain: false });
        Assert.True(new RouteValueTemplate("a") is { IsWellFormed: true, IsPlain: true });
        Assert.All(["{id", "id}", "{}", "{{id}}"], static text => Assert.False(new RouteValueTemplate(text).IsWellFormed));
    }

    [Fact]
    public void A_value_in_a_path_is_encoded_and_what_it_holds_is_no_template()
    {
        Assert.Equal("/a/b%20c/x", new RouteValueTemplate("/{name}/x").Fill(Route, RouteValueTemplate.EncodeInPath));
        Assert.Equal("{id}", new RouteValueTemplate("{name}").Fill(new RouteValueDictionary { ["name"] = "{id}", ["id"] = "7" }));
    }

    [Fact]
    public void A_URL_record_is_a_generation_and_then_perhaps_names()
    {
        const string Id = "0123456789abcdef", Digest = "0123456789abcdefghijklmnopq";
        Assert.Equal((Id, false), (new VariantIndex(Id).Generation, new VariantIndex(Id).HasResponses));
        Assert.Empty(new VariantIndex(Id).Names);

        var plain = new VariantIndex(Id).With([], new UrlVariant(Digest, Digest, ""));
        Assert.Equal((Id, true), (plain.Generation, plain.HasResponses));
        Assert.Empty(plain.Names);

        string[] names = ["accept", "x-tenant"];
        Assert.Equal(names, new VariantIndex(new VariantIndex(Id).With(names, new UrlVariant(Digest, Digest, "")).Value).Names);
    }

    [Fact]
    public void Any_text_of_the_least_length_is_read_as_a_record() =>
        Gen.String[16, 60].Sample(text => new VariantIndex(text) is { Generation.Length: 16, Names: not null });

    [Fact]
    public void Cache_Status_is_what_RFC_9211_says()
    {
        Assert.Equal("RedisExpiryCache; hit; ttl=57", CacheStatusHeader.Hit(TimeSpan.FromSeconds(57.9)));
        Assert.Equal("RedisExpiryCache; hit; ttl=-3", CacheStatusHeader.Hit(TimeSpan.FromSeconds(-2.1)));
        Assert.Equal("RedisExpiryCache; hit", CacheStatusHeader.Hit(null));
        Assert.Equal("RedisExpiryCache; fwd=uri-miss; stored", CacheStatusHeader.Stored(ForwardReason.UriMiss));
        Assert.Equal("RedisExpiryCache; fwd=bypass; detail=set-cookie", CacheStatusHeader.NotStored(ForwardReason.UriMiss, "set-cookie"));
        Assert.Equal("RedisExpiryCache; fwd=stale; detail=set-cookie", CacheStatusHeader.NotStored(ForwardReason.Stale, "set-cookie"));
        Assert.Equal("RedisExpiryCache; fwd=method", CacheStatusHeader.Forwarded(ForwardReason.Method));
    }

    [Fact]
    public void Cache_Status_knows_its_own_words_from_those_of_others()
    {
        Assert.True(CacheStatusHeader.IsIn(new(["Other; hit", "RedisExpiryCache; hit"])));
        Assert.False(CacheStatusHeader.IsIn(new(["Other; hit", "RedisExpiryCacheOfOthers; hit"])));
        Assert.False(CacheStatusHeader.IsIn(default));
    }

    [Fact]
    public async Task Who_asks_again_waits_for_the_store_under_way_but_not_for_ever()
    {
        var stores = new StoresInProgress();
        await stores.WaitAsync("a", TimeSpan.FromHours(1));
        var first = stores.Announce("a");
        Assert.Null(stores.Announce("a"));

        await stores.WaitAsync("b", TimeSpan.FromHours(1));
        await stores.WaitAsync("a", TimeSpan.FromMilliseconds(10));
        var waiting = stores.WaitAsync("a", TimeSpan.FromHours(1)).AsTask();
        Assert.False(waiting.IsCompleted);
        first!.Dispose();
        await waiting.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.NotNull(stores.Announce("a"));
    }
}
