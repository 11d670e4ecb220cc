using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;
using RedisExpiryCache.Redis.Resilience;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>A crowd on a stored page asks Redis together. The network is slow, so that a crowd is one.</summary>
public sealed class SharedLookupTests : IAsyncLifetime
{
    private const int Crowd = 40;
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(400);

    private RedisServer? _server;
    private TcpProxy? _proxy;
    private CommandLog? _log;
    private CachedApp? _app;
    private CachedApp? _other;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private RedisServer Server => _server!;

    private TcpProxy Proxy => _proxy!;

    private CommandLog Log => _log!;

    private CachedApp App => _app!;

    private CachedApp Other => _other!;

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        _proxy = TcpProxy.To(Server.Port);
        _app = await StartAsync(new AppSetup { ConnectionString = Proxy.ConnectionString });
        await CachedApp.ConnectAsync(App.Services.GetRequiredService<IRedisExpiringCache>());
        _other = await StartAsync(new AppSetup { Prefix = App.Prefix });
        _log = await Server.MonitorAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await Other.DisposeAsync();
        await Log.DisposeAsync();
        await Proxy.DisposeAsync();
        await Server.DisposeAsync();
    }

    [Fact]
    public async Task A_crowd_on_a_stored_page_does_not_ask_Redis_once_each()
    {
        var warm = await App.WarmAsync("/page");
        await Log.CatchUpAsync();
        var before = ReadsOfResponses();
        Proxy.Delay = Slow;

        var answers = await Task.WhenAll(Enumerable.Range(0, Crowd).Select(_ => App.GetAsync("/page")));
        Assert.All(answers, answer => Assert.Equal((true, warm.Body), (answer.IsHit, answer.Body)));

        // The first of them, and the others together; more only where the machine cannot send forty requests in the time.
        await Log.CatchUpAsync();
        Assert.InRange(ReadsOfResponses() - before, 1, Crowd / 2);
    }

    [Fact]
    public async Task Each_of_a_crowd_gets_its_own_variant()
    {
        string[] languages = ["de", "en", "fr"];
        var own = new Dictionary<string, string>();
        foreach (var language in languages)
            own[language] = (await App.WarmAsync("/vary", ("Accept-Language", language))).Body;

        Proxy.Delay = Slow;
        var asked = Enumerable.Range(0, Crowd).Select(i => languages[i % languages.Length]).ToArray();
        var answers = await Task.WhenAll(asked.Select(language => App.GetAsync("/vary", ("Accept-Language", language))));
        Assert.Equal(asked.Select(language => own[language]), answers.Select(static answer => answer.Body));
    }

    [Fact]
    public async Task Who_asks_after_an_eviction_does_not_get_the_answer_to_a_question_from_before_it()
    {
        await App.WarmAsync("/page");
        await Log.CatchUpAsync();
        var before = ReadsOfResponses();
        Proxy.Delay = TimeSpan.FromSeconds(2);

        // Redis has answered, and the answer is on its way for two seconds.
        var early = App.GetAsync("/page");
        await Eventually.True(() => ReadsOfResponses() > before, TimeSpan.FromSeconds(30), "the question to reach Redis");
        await Other.Control.EvictAsync("/page", Token);
        var late = App.GetAsync("/page");
        Assert.False(early.IsCompleted, "The machine was too slow: the early answer had arrived before the late question.");

        Proxy.Delay = TimeSpan.Zero;
        Assert.Equal("page 1", (await early).Body);
        Assert.Equal("page 2", (await late).Body);
    }

    [Fact]
    public async Task What_was_hidden_when_it_was_asked_for_stays_so_though_its_eviction_is_made_up_for_meanwhile()
    {
        await App.WarmAsync("/page");
        await Log.CatchUpAsync();
        var before = ReadsOfGenerations();
        var pending = ((RedisExpiringCache)App.Services.GetRequiredService<IRedisExpiringCache>()).Connection.Pending;
        var key = $"{App.Prefix}GET:/page";
        Proxy.Delay = TimeSpan.FromSeconds(2);
        pending.Add([key]);

        // Redis has answered with what was there, and deletes it while the answer is on its way.
        var asked = App.GetAsync("/page");
        await Eventually.True(() => ReadsOfGenerations() > before, TimeSpan.FromSeconds(30), "the question to reach Redis");
        await Other.Control.EvictAsync("/page", Token);
        pending.Cancel(key, pending.NumberOf(key));
        Assert.False(asked.IsCompleted, "The machine was too slow: the answer had arrived before the eviction.");

        Proxy.Delay = TimeSpan.Zero;
        Assert.Equal("page 2", (await asked).Body);
    }

    private static Task<CachedApp> StartAsync(RedisServer server, AppSetup setup) => CachedApp.StartAsync(
        server,
        static web =>
        {
            web.MapPage("/page");
            web.MapPage("/vary", also: static context => context.Response.Headers.Vary = "Accept-Language");
        },
        setup);

    private Task<CachedApp> StartAsync(AppSetup setup) => StartAsync(Server, setup);

    private int ReadsOfGenerations() => Log.ClientLines.Count(static line => line.Command == "MGET");

    private int ReadsOfResponses() => Log.ClientLines.Count(static line => line.Command is "GET" or "MGET" && line.Words.Any(static word => word.Contains('#', StringComparison.Ordinal)));
}
