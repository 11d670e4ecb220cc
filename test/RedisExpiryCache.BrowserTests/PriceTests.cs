using RedisExpiryCache.BrowserTests.Support;

namespace RedisExpiryCache.BrowserTests;

/// <summary>A visitor who has both instances of the Shop open, and edits on one of them.</summary>
[Collection("Browser")] // one after the other: a browser takes a whole core
public sealed class PriceTests(TwoShops shops)
{
    [Fact]
    public async Task A_price_that_is_edited_on_one_instance_is_seen_on_the_other()
    {
        await using var browser = new Browser();
        browser.GoTo(shops.One, "/");
        await browser.ClickAsync("[data-product='7']", to: "/products/7");
        Assert.Equal("39.90 €", await browser.TextAsync("#price"));
        Assert.Equal($"Served by the instance on port {shops.One.Port}, made for this request and put into the cache.", await browser.TextAsync("#cache"));

        browser.GoTo(shops.Two, "/products/7");
        Assert.Equal("39.90 €", await browser.TextAsync("#price"));
        Assert.Matches($@"^Served by the instance on port {shops.Two.Port} from the cache: \d+ s old, \d+ s left\.$", await browser.TextAsync("#cache"));
        Assert.EndsWith($"by the instance on port {shops.One.Port}.", await browser.TextAsync("footer p:last-child"), StringComparison.Ordinal);

        browser.GoTo(shops.One, "/products/7");
        await browser.ClickAsync("#edit", to: "/admin/products/7");
        Assert.EndsWith("made for this request and not stored: unmarked.", await browser.TextAsync("#cache"), StringComparison.Ordinal);
        await browser.TypeAsync("#new-price", "42.50");
        await browser.ClickAsync("#save", to: "/admin");

        browser.GoTo(shops.Two, "/products/7");
        Assert.Equal("42.50 €", await browser.TextAsync("#price"));
        Assert.Equal($"Served by the instance on port {shops.Two.Port}, made for this request and put into the cache.", await browser.TextAsync("#cache"));

        browser.GoTo(shops.One, "/");
        Assert.Equal("42.50 €", await browser.TextAsync("[data-product='7'] .price"));
    }

    [Fact]
    public async Task A_reload_shows_what_is_stored()
    {
        await using var browser = new Browser();
        browser.GoTo(shops.One, "/products/4");
        await browser.TextAsync("#cache");
        browser.Reload();
        Assert.Contains(" from the cache: ", await browser.TextAsync("#cache"), StringComparison.Ordinal);

        // With a 304, for the browser has this very page and its ETag.
        browser.Reload();
        Assert.Matches(@" from the cache: \d+ s old, \d+ s left\.$", await browser.TextAsync("#cache"));
    }

    [Fact]
    public async Task Going_back_shows_the_browsers_own_copy_and_says_so()
    {
        await using var browser = new Browser();
        browser.GoTo(shops.One, "/products/4");
        await browser.TextAsync("#cache");
        browser.GoTo(shops.One, "/admin");
        await browser.TextAsync("#cache");
        browser.GoBack();

        await browser.ShowsAsync("#cache", " That was earlier: this is your browser's own copy.");
    }

    [Fact]
    public async Task What_a_visitor_has_edited_is_in_a_session_that_both_instances_know()
    {
        await using var browser = new Browser();
        browser.GoTo(shops.One, "/admin/products/8");
        Assert.False(browser.Has("#edits"));
        await browser.TypeAsync("#new-price", "9.25");
        await browser.ClickAsync("#save", to: "/admin");

        browser.GoTo(shops.Two, "/admin");
        Assert.Equal("Changed in this session: no. 8: 9.25 €", await browser.TextAsync("#edits"));
    }

    [Fact]
    public async Task Restoring_all_prices_evicts_every_page_of_the_catalogue()
    {
        await using var browser = new Browser();
        browser.GoTo(shops.One, "/admin/products/6");
        await browser.TypeAsync("#new-price", "60.00");
        await browser.ClickAsync("#save", to: "/admin");
        browser.GoTo(shops.Two, "/products/6");
        Assert.Equal("60.00 €", await browser.TextAsync("#price"));
        browser.GoTo(shops.Two, "/products/4");
        await browser.TextAsync("#cache");

        browser.GoTo(shops.One, "/admin");
        await browser.ClickAsync("#restore", to: "/admin");
        await browser.ShowsAsync("main", "54.00 €");

        browser.GoTo(shops.Two, "/products/6");
        Assert.Equal("54.00 €", await browser.TextAsync("#price"));
        browser.GoTo(shops.Two, "/products/4");
        Assert.EndsWith("made for this request and put into the cache.", await browser.TextAsync("#cache"), StringComparison.Ordinal);
    }
}
