using RedisExpiryCache;

namespace Shop;

/// <summary>
/// What a process does for the first time takes it half a second: the first query, the first view. So an instance that starts makes some pages before it says that it listens. It evicts
/// what is stored, as after any new version of an app: its pages may look different now.
/// </summary>
internal static class WarmUp
{
    private static readonly string[] Paths = ["/admin", "/", "/products/1", "/api/products/1"];

    public static async Task RunAsync(WebApplication app)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(30) };
        try
        {
            var stored = app.Services.GetRequiredService<IResponseCacheInvalidator>();
            var address = new UriBuilder(app.Urls.First(static url => url.StartsWith("http:", StringComparison.Ordinal))) { Host = "localhost" }.Uri;
            foreach (var path in Paths)
            {
                await stored.EvictByTagAsync("products");
                (await client.GetAsync(new Uri(address, path))).Dispose();
            }
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException or InvalidOperationException)
        {
            Console.WriteLine($"The first requests will be slow: {failure.Message}");
        }
    }
}
