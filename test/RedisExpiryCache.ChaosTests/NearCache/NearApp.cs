using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.ChaosTests.NearCache;

/// <summary>
/// An app with a near cache that includes data, and pages that it makes from a <see cref="VersionBoard"/>. In a process of its own it does what its parent says, an
/// order a line, and ends with it.
/// </summary>
internal sealed class NearApp : IAsyncDisposable
{
    public const string Verb = "near-app";
    public const string Poll = "poll", Latency = "latency", Read = "read", Settle = "settle", Report = "report", Done = "done";

    private readonly WebApplication _web;

    private NearApp(WebApplication web, VersionBoard board)
    {
        (_web, Board) = (web, board);
        Tally = new NearTally(board, web.Services.GetRequiredService<IMeterFactory>());
        Client = web.GetTestClient();
    }

    public VersionBoard Board { get; }

    public NearTally Tally { get; }

    /// <summary>Of its pages, without a network.</summary>
    public HttpClient Client { get; }

    public RedisExpiringCache Cache => _web.Services.GetRequiredService<RedisExpiringCache>();

    public IResponseCacheInvalidator Control => _web.Services.GetRequiredService<IResponseCacheInvalidator>();

    /// <summary>The near cache is in use by the time that this returns.</summary>
    public static async Task<NearApp> StartAsync(string connectionString, string prefix, VersionBoard board)
    {
        var builder = TestApp.NewBuilder();
        builder.Services.AddRedisExpiringCache(options =>
        {
            (options.Configuration, options.InstanceName) = (connectionString, prefix);
            (options.OperationTimeout, options.ResponseCaching.OperationTimeout) = (TimeSpan.FromMilliseconds(400), TimeSpan.FromMilliseconds(150));
            NearNode.TurnOn(options);
        });
        var web = builder.Build();
        web.UseRedisExpiringCache();
        web.MapGet("/page/{page:int}", [RedisResponseCache(Duration = 60, Tags = ["page:{page}", "pages"])] (int page) => Things.TextOf(page, board.Current(page)));
        await web.StartAsync();
        var app = new NearApp(web, board);
        await CachedApp.ConnectAsync(app.Cache);
        await Eventually.True(() => app.Cache.Connection.Feed!.DisabledReason is null, NearNode.Deadline, "the near cache to be on");
        return app;
    }

    /// <param name="arguments">The connection string, the InstanceName and the board's path.</param>
    public static async Task<int> RunAsync(string[] arguments)
    {
        using var board = VersionBoard.Open(arguments[2], Things.Count);
        await using var app = await StartAsync(arguments[0], arguments[1], board);
        await using var readers = new NearReaders(app);
        using var watch = new LatencyWatch(app);
        Console.WriteLine(Done);

        // The parent holds the other end: it closes when the parent dies, however it does.
        while (await Console.In.ReadLineAsync() is { } order)
        {
            var said = order switch
            {
                Poll => After(watch.Begin),
                Latency => JsonSerializer.Serialize(watch.End()),
                Read => After(readers.Begin),
                Settle => await SettleAsync(app),
                Report => JsonSerializer.Serialize(await readers.EndAsync()),
                _ => throw new InvalidOperationException($"What is '{order}'?"),
            };
            Console.WriteLine(said);
        }

        return 0;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Tally.Dispose();
        await _web.DisposeAsync();
    }

    private static string After(Action act)
    {
        act();
        return Done;
    }

    /// <summary>Reads find copies again.</summary>
    private static async Task<string> SettleAsync(NearApp app)
    {
        var before = app.Tally.NearHits;
        await Eventually.True(() => app.Tally.NearHits > before + 100, NearNode.Deadline + NearNode.Deadline, "reads to find copies again");
        return Done;
    }
}
