using OpenQA.Selenium;
using OpenQA.Selenium.Chrome;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.BrowserTests.Support;

/// <summary>A headless Chromium with an empty profile. Whatever it looks for, it waits for.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string profile = Directory.CreateTempSubdirectory("redis-expiry-cache-browser-").FullName;
    private readonly ChromeDriverService service;
    private readonly ChromeDriver driver;
    private readonly Watchdog watchdog;

    public Browser()
    {
        var binary = ChromiumBinary.Find();
        var options = new ChromeOptions { BinaryLocation = binary.Browser };
        options.AddArguments("--headless=new", "--no-first-run", "--no-proxy-server", "--disable-dev-shm-usage", "--disable-gpu", $"--user-data-dir={profile}");
        if (Environment.IsPrivilegedProcess)
            options.AddArgument("--no-sandbox");

        service = ChromeDriverService.CreateDefaultService(binary.Driver);
        service.SuppressInitialDiagnosticInformation = true;
        try
        {
            driver = new ChromeDriver(service, options, Patience);
        }
        catch
        {
            service.Dispose();
            IsProfileDeleted();
            throw;
        }

        watchdog = driver.Capabilities.GetCapability("goog:processID") is { } pid
            ? new Watchdog(profile, service.ProcessId, Convert.ToInt32(pid, null)) : new Watchdog(profile, service.ProcessId);
    }

    public string Path => new Uri(driver.Url).AbsolutePath;

    public void GoTo(Uri shop, string path) => driver.Navigate().GoToUrl(new Uri(shop, path));

    public void Reload() => driver.Navigate().Refresh();

    public void GoBack() => driver.Navigate().Back();

    /// <summary>The visible text of what a selector finds.</summary>
    public async Task<string> TextAsync(string selector)
    {
        var text = "";
        await Eventually.True(() => (text = TextNow(selector)).Length > 0, Patience, $"{selector} on {driver.Url}");
        return text;
    }

    /// <summary>Waits for a text that comes with a page, or with a step of its script, which is under way.</summary>
    public Task ShowsAsync(string selector, string text) => Eventually.True(
        () => TextNow(selector).Contains(text, StringComparison.Ordinal), Patience, $"\"{text}\" in {selector} on {driver.Url}");

    public bool Has(string selector) => Now(selector, static element => element) is not null;

    /// <summary>Clicks, and waits for the page that this leads to.</summary>
    public async Task ClickAsync(string selector, string to)
    {
        await Eventually.True(() => Has(selector), Patience, $"{selector} on {driver.Url}");
        driver.FindElement(By.CssSelector(selector)).Click();
        await Eventually.True(() => Path == to, Patience, $"{to} behind {selector}; it is {driver.Url}");
    }

    public async Task TypeAsync(string selector, string text)
    {
        await Eventually.True(() => Has(selector), Patience, $"{selector} on {driver.Url}");
        var field = driver.FindElement(By.CssSelector(selector));
        field.Clear();
        field.SendKeys(text);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            driver.Quit();
        }
        finally
        {
            service.Dispose();
            watchdog.Dispose();
            await Eventually.True(IsProfileDeleted, Patience, $"the browser to let go of {profile}");
        }
    }

    /// <summary>A browser's other processes outlive it by a moment, in which they may still write.</summary>
    private bool IsProfileDeleted()
    {
        try
        {
            Directory.Delete(profile, recursive: true);
        }
        catch (Exception inUse) when (inUse is IOException or UnauthorizedAccessException)
        {
            // The next attempt may find it as it is.
        }

        return !Directory.Exists(profile);
    }

    private string TextNow(string selector) => Now(selector, static element => element.Text) ?? "";

    private T? Now<T>(string selector, Func<IWebElement, T> question)
        where T : class
    {
        try
        {
            return driver.FindElements(By.CssSelector(selector)) is [var element, ..] ? question(element) : null;
        }
        catch (WebDriverException gone) when (gone is StaleElementReferenceException || gone.Message.Contains("inspector error", StringComparison.Ordinal))
        {
            return null; // The page has just gone, before or while it was asked; the next one may have it.
        }
    }
}
