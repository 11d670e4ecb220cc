using RedisExpiryCache.BrowserTests.Support;

namespace RedisExpiryCache.BrowserTests;

/// <summary>Pages of a user's own, cached for each of them.</summary>
[Collection("Browser")] // one after the other: a browser takes a whole core
public sealed class BasketTests(TwoShops shops)
{
    [Fact]
    public async Task Two_users_see_two_baskets()
    {
        await using var browser = new Browser();
        await PutAsync(browser, "alice", product: 1, count: 2);
        Assert.Equal("alice's basket", await browser.TextAsync("#whose"));
        Assert.Equal("17.80 €", await browser.TextAsync("#sum"));

        // The other instance knows her cookie, and serves the page that this one made for her.
        browser.GoTo(shops.Two, "/basket");
        Assert.Equal("alice's basket", await browser.TextAsync("#whose"));
        Assert.Matches($@"port {shops.Two.Port} from the cache: \d+ s old, \d+ s left\.$", await browser.TextAsync("#cache"));
        await SignOutAsync(browser, shops.Two);

        await SignInAsync(browser, shops.Two, "bob");
        browser.GoTo(shops.Two, "/basket");
        Assert.Equal("bob's basket", await browser.TextAsync("#whose"));
        Assert.Equal("Nothing in it yet.", await browser.TextAsync("#empty"));
        await SignOutAsync(browser, shops.Two);

        await PutAsync(browser, "bob", product: 3, count: 1);
        Assert.Equal("bob's basket", await browser.TextAsync("#whose"));
        Assert.Equal("6.20 €", await browser.TextAsync("#sum"));
        await SignOutAsync(browser, shops.One);

        await SignInAsync(browser, shops.One, "alice");
        browser.GoTo(shops.One, "/basket");
        Assert.Equal("alice's basket", await browser.TextAsync("#whose"));
        Assert.Equal("17.80 €", await browser.TextAsync("#sum"));
    }

    [Fact]
    public async Task A_signed_in_user_gets_the_catalogues_stored_pages_too()
    {
        await using var browser = new Browser();
        browser.GoTo(shops.One, "/products/6");
        await SignInAsync(browser, shops.Two, "bob");
        browser.GoTo(shops.Two, "/products/6");

        Assert.Contains(" from the cache: ", await browser.TextAsync("#cache"), StringComparison.Ordinal);
        await SignOutAsync(browser, shops.Two);
    }

    [Fact]
    public async Task A_new_price_is_seen_in_a_basket_that_was_cached()
    {
        await using var browser = new Browser();
        await PutAsync(browser, "alice", product: 5, count: 3);
        browser.GoTo(shops.Two, "/basket");
        Assert.Contains(" from the cache: ", await browser.TextAsync("#cache"), StringComparison.Ordinal);
        Assert.Contains("37.20 €", await browser.TextAsync("#basket"), StringComparison.Ordinal);

        browser.GoTo(shops.One, "/admin/products/5");
        await browser.TypeAsync("#new-price", "13.00");
        await browser.ClickAsync("#save", to: "/admin");

        browser.GoTo(shops.Two, "/basket");
        Assert.Contains("39.00 €", await browser.TextAsync("#basket"), StringComparison.Ordinal);

        // As it was, for whoever comes next.
        browser.GoTo(shops.Two, "/basket/5");
        await browser.TypeAsync("#count", "0");
        await browser.ClickAsync("#save", to: "/basket");
    }

    /// <summary>From the product's page, by way of the sign-in that this leads to.</summary>
    private async Task PutAsync(Browser browser, string user, int product, int count)
    {
        browser.GoTo(shops.One, $"/products/{product}");
        await browser.ClickAsync("#to-basket", to: "/account");
        await browser.ClickAsync($"#as-{user}", to: $"/basket/{product}");
        await browser.TypeAsync("#count", $"{count}");
        await browser.ClickAsync("#save", to: "/basket");
    }

    private static async Task SignInAsync(Browser browser, Uri shop, string user)
    {
        browser.GoTo(shop, "/account");
        await browser.ClickAsync($"#as-{user}", to: "/");
        browser.GoTo(shop, "/account");
        Assert.Equal($"Hello, {user}", await browser.TextAsync("#who"));
    }

    private static async Task SignOutAsync(Browser browser, Uri shop)
    {
        browser.GoTo(shop, "/account");
        await browser.ClickAsync("#sign-out", to: "/account");
        await browser.TextAsync("#as-alice");
    }
}
