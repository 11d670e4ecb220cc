using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using RedisExpiryCache.BrowserTests.Support;

namespace RedisExpiryCache.BrowserTests;

/// <summary>The Shop's two instances as a client without a browser sees them.</summary>
[Collection("Browser")] // one after the other: they share the prices
public sealed class TwoInstancesTests(TwoShops shops) : IDisposable
{
    private readonly HttpClient client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false });

    public void Dispose() => client.Dispose();

    [Theory]
    [InlineData("/products/2")]
    [InlineData("/?category=Tea")]
    [InlineData("/api/products/2")]
    [InlineData("/api/products")]
    public async Task The_first_request_to_the_other_instance_after_an_edit_gets_the_new_price(string path)
    {
        var took = new List<double>();
        for (var edit = 1; edit <= 9; edit++)
        {
            var (edited, other) = edit % 2 == 0 ? (shops.One, shops.Two) : (shops.Two, shops.One);
            var price = $"{20 + edit}.{edit}5";
            await GetAsync(edited, path);
            Assert.Contains("; hit", (await GetAsync(other, path)).CacheStatus, StringComparison.Ordinal);

            Assert.Equal(HttpStatusCode.OK, await PutPriceAsync(edited, 2, price));
            var watch = Stopwatch.StartNew();
            var seen = await GetAsync(other, path);
            took.Add(watch.Elapsed.TotalMilliseconds);

            Assert.Contains(price, seen.Body, StringComparison.Ordinal);
            Assert.EndsWith("fwd=uri-miss; stored", seen.CacheStatus, StringComparison.Ordinal);
        }

        took.Sort();
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{path}: the new price was there {took[0]:0.0} to {took[^1]:0.0} ms after the answer to the edit, {took[took.Count / 2]:0.0} ms in the middle.");
    }

    [Fact]
    public async Task What_one_instance_has_made_the_other_serves()
    {
        var made = await GetAsync(shops.One, "/products/3?utm_source=somewhere");
        var served = await GetAsync(shops.Two, "/products/3");

        Assert.Contains("; hit; ttl=", served.CacheStatus, StringComparison.Ordinal);
        Assert.Equal(made.Body, served.Body);
        Assert.Contains($"cache;desc=\"{served.CacheStatus}\"", served.ServerTiming, StringComparison.Ordinal);
        Assert.EndsWith($"port;desc={shops.Two.Port}", served.ServerTiming, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_pages_of_other_products_stay_through_an_edit()
    {
        await GetAsync(shops.One, "/products/3");
        await PutPriceAsync(shops.Two, 2, "11.60");

        Assert.Contains("; hit", (await GetAsync(shops.One, "/products/3")).CacheStatus, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/products/1")]
    [InlineData("/api/products")]
    public async Task A_page_for_everybody_carries_nothing_of_one_visitors(string path)
    {
        foreach (var shop in (Uri[])[shops.One, shops.Two, shops.One])
        {
            var page = await GetAsync(shop, path);
            Assert.Equal(HttpStatusCode.OK, page.Status);
            Assert.False(page.SetsCookie);
            Assert.DoesNotContain("__RequestVerificationToken", page.Body, StringComparison.Ordinal);
            Assert.Contains("max-age=0", page.CacheControl, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1.005")]
    [InlineData("100000")]
    public async Task A_price_that_is_none_is_refused_and_evicts_nothing(string price)
    {
        await GetAsync(shops.One, "/products/1");

        Assert.Equal(HttpStatusCode.BadRequest, await PutPriceAsync(shops.One, 1, price));
        Assert.Contains("; hit", (await GetAsync(shops.One, "/products/1")).CacheStatus, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/admin/products/1", "price=1")]
    [InlineData("/admin/restore", "")]
    [InlineData("/account/sign-in", "user=alice")]
    [InlineData("/account/sign-out", "")]
    public async Task A_form_without_its_token_is_refused_and_evicts_nothing(string path, string form)
    {
        await GetAsync(shops.One, "/products/1");
        using var content = new StringContent(form, new System.Net.Http.Headers.MediaTypeHeaderValue("application/x-www-form-urlencoded"));
        using var answer = await client.PostAsync(new Uri(shops.One, path), content, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var page = await GetAsync(shops.Two, "/products/1");
        Assert.Contains("; hit", page.CacheStatus, StringComparison.Ordinal);
        Assert.Contains("8.90", page.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stranger_is_sent_to_the_sign_in()
    {
        using var answer = await client.GetAsync(new Uri(shops.One, "/basket"), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        Assert.Equal("/account?ReturnUrl=%2Fbasket", answer.Headers.Location!.PathAndQuery);
    }

    [Fact]
    public async Task What_is_not_there_is_not_found_and_not_stored()
    {
        foreach (var path in (string[])["/products/99", "/api/products/99", "/products/99"])
        {
            var answer = await GetAsync(shops.One, path);
            Assert.Equal(HttpStatusCode.NotFound, answer.Status);
            Assert.DoesNotContain("stored", answer.CacheStatus, StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.NotFound, await PutPriceAsync(shops.One, 99, "1"));
    }

    private async Task<HttpStatusCode> PutPriceAsync(Uri shop, int product, string price)
    {
        var body = new { price = decimal.Parse(price, System.Globalization.CultureInfo.InvariantCulture) };
        using var answer = await client.PutAsJsonAsync(new Uri(shop, $"/api/products/{product}/price"), body, TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }

    private async Task<Answer> GetAsync(Uri shop, string path)
    {
        using var answer = await client.GetAsync(new Uri(shop, path), TestContext.Current.CancellationToken);
        var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return new(answer.StatusCode, body, Field("Cache-Status"), Field("Server-Timing"), Field("Cache-Control"), answer.Headers.Contains("Set-Cookie"));

        string Field(string name) => answer.Headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : "";
    }

    private sealed record Answer(HttpStatusCode Status, string Body, string CacheStatus, string ServerTiming, string CacheControl, bool SetsCookie);
}
