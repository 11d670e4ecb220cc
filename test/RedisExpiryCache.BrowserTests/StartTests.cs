using RedisExpiryCache.BrowserTests.Support;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.BrowserTests;

/// <summary>What a newcomer meets who has something wrong, or missing.</summary>
[Collection("Browser")] // one after the other: a cold start takes a whole core
public sealed class StartTests(TwoShops shops)
{
    [Theory]
    [InlineData("ConnectionStrings:Shop", "nonsense")]
    [InlineData("ConnectionStrings:Shop", "Data Source=/nowhere/at/all/shop.db")]
    [InlineData("ConnectionStrings:Redis", "redis://localhost:6379")]
    [InlineData("urls", "nowhere")]
    public async Task A_setting_that_is_wrong_is_said_in_a_line(string name, string value)
    {
        var (exitCode, output) = await ShopProcess.RunAsync(
            shops.Folder, "--urls", "http://127.0.0.1:0", "--ConnectionStrings:Redis", shops.Redis, $"--{name}", value);

        Assert.Equal(1, exitCode);
        Assert.StartsWith(name, Assert.Single(output.Trim().Split('\n')).TrimStart('-'), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redis_that_is_not_there_is_said_in_a_line()
    {
        var (exitCode, output) = await ShopProcess.RunAsync(shops.Folder, "--ConnectionStrings:Redis", $"127.0.0.1:{FreePort.Next()}");

        Assert.Equal(1, exitCode);
        Assert.StartsWith("ConnectionStrings:Redis: ", Assert.Single(output.Trim().Split('\n')), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("in use")]
    [InlineData("none")]
    [InlineData("70000")]
    public async Task A_redis_port_that_cannot_be_had_is_said_in_a_line(string port)
    {
        var (exitCode, output) = await ShopProcess.RunAsync(shops.Folder, "--redis-port", port == "in use" ? shops.Redis.Split(':')[1] : port);

        Assert.Equal(1, exitCode);
        Assert.StartsWith("--redis-port: ", Assert.Single(output.Trim().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_browser_the_tests_say_what_to_install()
    {
        var empty = Directory.CreateTempSubdirectory("redis-expiry-cache-browser-").FullName;
        try
        {
            var failure = Assert.Throws<InvalidOperationException>(() => ChromiumBinary.Find([empty]));
            Assert.Contains(empty, failure.Message, StringComparison.Ordinal);
            Assert.Contains("apt-get install chromium chromium-driver", failure.Message, StringComparison.Ordinal);

            File.WriteAllText(Path.Combine(empty, "chromium"), "");
            failure = Assert.Throws<InvalidOperationException>(() => ChromiumBinary.Find([empty]));
            Assert.StartsWith("No chromedriver in", failure.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(empty, recursive: true);
        }
    }
}
