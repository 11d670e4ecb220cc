using System.Globalization;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.Benchmarks.Load;

/// <summary>What is measured, in a process of its own: a <see cref="BenchmarkApp"/>, or a proxy in front of the one without a cache.</summary>
internal sealed class WebServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ServerProcess process;
    private readonly string folder;
    private readonly HttpClient client;
    private readonly WebServer? origin;

    private WebServer(ServerProcess process, string folder, int port, WebServer? origin)
    {
        (this.process, this.folder, this.origin) = (process, folder, origin);
        client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = Patience };
    }

    public Uri Address => client.BaseAddress!;

    public bool IsProxy => origin is not null;

    public static async Task<WebServer> StartAsync(Candidate candidate, string redis)
    {
        var origin = Proxies.Includes(candidate) ? await StartAsync(Candidate.Bare, redis) : null;
        var (folder, port) = (Directory.CreateTempSubdirectory("redis-expiry-cache-benchmark-").FullName, FreePort.Next());
        var (program, arguments) = origin is null ? AppCommand(candidate, port, redis) : Proxies.Command(candidate, folder, port, origin.Address.Port);
        var server = new WebServer(ServerProcess.Start(program, arguments, folder), folder, port, origin);
        await Until(server.AnswersAsync);
        return server;
    }

    /// <summary>Of the app, behind the proxy where there is one.</summary>
    public async Task<AppState> StateAsync() =>
        origin is null ? AppState.Parse(await client.GetStringAsync(Relative(BenchmarkApp.StatePath))) : await origin.StateAsync();

    /// <summary>Asks until the app is not asked any more: what is measured are hits.</summary>
    public Task WarmAsync(string path) => Until(async () =>
    {
        var before = await StateAsync();
        await GetAsync(path);
        return (await StateAsync()).Made == before.Made;
    });

    public async Task GetAsync(string path, CancellationToken token = default) => await client.GetByteArrayAsync(Relative(path), token);

    /// <returns>How long the app took to evict the tag, measured in the app.</returns>
    public async Task<double> EvictMillisecondsAsync(string tag)
    {
        using var answer = await client.PostAsync(Relative($"/evict/{tag}"), content: null);
        return double.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync(), CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();

        // A proxy ends its own children, if it is let.
        await (IsProxy ? process.StopAsync() : process.KillAsync());
        process.Dispose();
        Directory.Delete(folder, recursive: true);
        if (origin is not null)
            await origin.DisposeAsync();
    }

    private static (string Program, string[] Arguments) AppCommand(Candidate candidate, int port, string redis) =>
        ("dotnet", [Path.Combine(AppContext.BaseDirectory, $"{typeof(WebServer).Assembly.GetName().Name}.dll"), BenchmarkApp.Verb, $"{candidate}", $"{port}", redis]);

    private static Uri Relative(string path) => new(path, UriKind.Relative);

    private static async Task Until(Func<Task<bool>> isTrue)
    {
        using var deadline = new CancellationTokenSource(Patience, TimeProvider.System);
        while (!await isTrue())
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, deadline.Token);
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await GetAsync(BenchmarkApp.StatePath);
            return true;
        }
        catch (HttpRequestException) when (!process.HasExited)
        {
            return false;
        }
    }
}

/// <param name="Allocated">Bytes, by the app so far.</param>
/// <param name="Made">Responses, by its endpoints so far.</param>
internal sealed record AppState(long Allocated, long Made)
{
    public static AppState Parse(string text) =>
        text.Split(' ') is [var allocated, var made] ? new(Number(allocated), Number(made)) : throw new FormatException($"'{text}' is no state.");

    public override string ToString() => $"{Allocated} {Made}";

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
