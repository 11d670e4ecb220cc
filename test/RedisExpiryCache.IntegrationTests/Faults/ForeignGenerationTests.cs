using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.Support;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Generations;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.Faults;

/// <summary>A generation's key holds a value that this library did not write.</summary>
public sealed class ForeignGenerationTests(RedisFixture fixture)
{
    private const int Damaged = 72;
    private static readonly string[] ResponseKeys = ["tag:http:*", "tag:http:things", "GET:/a"];
    private static readonly string[] Values = ["bytes", "UTF-8", "sentence", "id and bytes", "id and retired bytes", "list", "short"];

    public static TheoryData<string, string> ResponseCases =>
        [.. ResponseKeys.SelectMany(static _ => Values, static (key, value) => new TheoryDataRow<string, string>(key, value))];

    public static TheoryData<string> AllValues => [.. Values];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IDatabase Raw => fixture.Server.Raw;

    [Theory]
    [MemberData(nameof(ResponseCases))]
    public async Task A_foreign_generation_of_responses_is_logged_once_and_replaced(string key, string value)
    {
        await using var app = await StartAsync();
        await app.WarmAsync("/a");
        await PutAsync(app.Prefix + key, value);

        await app.GetAsync("/a");
        await app.GetAsync("/a");
        Assert.True((await app.GetAsync("/a")).IsHit, "after the replacement");
        await using var other = await StartAsync(app.Prefix);
        Assert.True((await other.GetAsync("/a")).IsHit, "on another node");
        var warning = Assert.Single(app.Logs, static record => record.Event.Id == Damaged);
        Assert.Equal(app.Prefix + key, warning.Values["Key"]);
    }

    [Theory]
    [MemberData(nameof(ResponseCases))]
    public async Task A_process_that_starts_with_a_foreign_generation_logs_and_replaces_it(string key, string value)
    {
        await using var app = await StartAsync();
        await PutAsync(app.Prefix + key, value);

        await app.GetAsync("/a");
        await app.GetAsync("/a");
        Assert.True((await app.GetAsync("/a")).IsHit);
        Assert.Equal(app.Prefix + key, Assert.Single(app.Logs, static record => record.Event.Id == Damaged).Values["Key"]);
    }

    [Theory]
    [MemberData(nameof(AllValues))]
    public async Task A_foreign_generation_of_a_data_tag_is_logged_and_replaced(string value)
    {
        using var log = new RecordingLoggerProvider();
        var prefix = fixture.Server.NewPrefix();
        await using var cache = Caches.Connect(fixture.Server.ConnectionString, options => options.InstanceName = prefix, log: log);
        await cache.SetAsync("before", new ReadOnlySequence<byte>(Some.Bytes()), Caches.Relative(60), ["t"], Token);
        await PutAsync($"{prefix}tag:data:t", value);
        Assert.Null(await cache.GetAsync("before", Token));

        await cache.SetAsync("after", new ReadOnlySequence<byte>(Some.Bytes()), Caches.Relative(60), ["t"], Token);
        Assert.NotNull(await cache.GetAsync("after", Token));
        Assert.Null(await cache.GetAsync("before", Token));
        Assert.Equal($"{prefix}tag:data:t", Assert.Single(log.Records, static record => record.Event.Id == Damaged).Values["Key"]);
    }

    [Theory]
    [MemberData(nameof(AllValues))]
    public async Task A_foreign_generation_of_an_output_cache_tag_is_logged_and_replaced(string value)
    {
        var prefix = fixture.Server.NewPrefix();
        await using var app = await OutputApp.StartAsync(
            OutputStorage.Redis,
            static _ => { },
            options => (options.Configuration, options.InstanceName) = (fixture.Server.ConnectionString, prefix));
        await PutAsync($"{prefix}tag:output:t", value);

        await app.Store.SetAsync("key", [1], ["t"], TimeSpan.FromMinutes(1), Token);
        Assert.NotNull(await app.Store.GetAsync("key", Token));
        Assert.Equal($"{prefix}tag:output:t", Assert.Single(app.Logs, static record => record.Event.Id == Damaged).Values["Key"]);
    }

    [Theory]
    [MemberData(nameof(ResponseCases))]
    public async Task What_was_stored_before_an_eviction_is_not_served_after_a_foreign_generation(string key, string value)
    {
        await using var app = await StartAsync();
        var before = await app.WarmAsync("/a");
        await PutAsync(app.Prefix + key, value);
        await EvictAsync(app, key);
        Assert.NotEqual(before.Body, (await app.GetAsync("/a")).Body);

        await PutAsync(app.Prefix + key, value);
        await app.Control.MarkStaleAsync("/a", Token);
        await app.Control.MarkStaleByTagAsync("things", Token);
        for (var i = 0; i < 3; i++)
            Assert.NotEqual(before.Body, (await app.GetAsync("/a")).Body);
    }

    [Theory]
    [MemberData(nameof(ResponseCases))]
    public async Task A_response_made_across_a_foreign_generation_and_an_eviction_is_never_served(string key, string value)
    {
        using SemaphoreSlim entered = new(0), proceed = new(0);
        await using var app = await StartAsync(hold: async context =>
        {
            if (context.Request.Headers.ContainsKey("X-Hold"))
            {
                entered.Release();
                await proceed.WaitAsync(context.RequestAborted);
            }
        });
        var held = app.GetAsync("/a", ("X-Hold", "1"));
        Assert.True(await entered.WaitAsync(TimeSpan.FromSeconds(30), Token));
        await PutAsync(app.Prefix + key, value);
        await EvictAsync(app, key);
        proceed.Release();
        var late = await held;

        for (var i = 0; i < 3; i++)
            Assert.NotEqual(late.Body, (await app.GetAsync("/a")).Body);
    }

    /// <summary>The server replaces what the reader refuses, and nothing else.</summary>
    [Theory]
    [InlineData("0123456789abcdef", true)]
    [InlineData("0123456789ab-_Zz~0123456789abcdef", true)]
    [InlineData("0123456789abcdef0123456789abcdef", true)]
    [InlineData("0123456789abcdef~0123456789abcdef0123456789abcdef", true)]
    [InlineData("0123456789abcdef|accept\nline \"etag\"", true)]
    [InlineData("0123456789abcdef|", true)]
    [InlineData("0123456789abcde", false)]
    [InlineData("0123456789abcde=", false)]
    [InlineData("0123456789abcdef0", false)]
    [InlineData("0123456789abcdef\n", false)]
    [InlineData("0123456789abcdef~", false)]
    [InlineData("0123456789abcdef~0123456789abcde|", false)]
    [InlineData("0123456789abcdef|\r", false)]
    [InlineData("0123456789abcdef|\0", false)]
    [InlineData("0123456789abcdef|é", false)]
    [InlineData("0123456789abcdéf|", false)]
    public async Task The_server_and_the_reader_agree_on_the_form_of_a_generation(string value, bool isGeneration)
    {
        var key = Some.Key();
        await Raw.StringSetAsync(key, value);
        await Scripts.Generation(Raw, key, "NEWNEWNEWNEWNEWN", 60_000);

        Assert.Equal(isGeneration ? value : "NEWNEWNEWNEWNEWN", (string?)await Raw.StringGetAsync(key));
        Assert.Equal(isGeneration, GenerationValue.IsGeneration(value));
    }

    private Task<CachedApp> StartAsync(string? prefix = null, Func<HttpContext, Task>? hold = null) => CachedApp.StartAsync(
        fixture.Server,
        web => web.MapGet("/{**rest}", [RedisResponseCache(Duration = 60, Tags = ["things"])] async (HttpContext context) =>
        {
            var page = context.NextPage();
            await (hold?.Invoke(context) ?? Task.CompletedTask);
            return page;
        }),
        new AppSetup { Prefix = prefix });

    private static ValueTask EvictAsync(CachedApp app, string key) => key switch
    {
        "GET:/a" => app.Control.EvictAsync("/a", Token),
        "tag:http:things" => app.Control.EvictByTagAsync("things", Token),
        _ => app.Control.EvictAllAsync(Token),
    };

    private async Task PutAsync(string key, string value)
    {
        await Raw.KeyDeleteAsync(key);
        if (value == "list")
        {
            await Raw.ListLeftPushAsync(key, "item");
            return;
        }

        await Raw.StringSetAsync(key, value switch
        {
            "bytes" => [.. Enumerable.Repeat((byte)0xFF, 40)],
            "UTF-8" => Encoding.UTF8.GetBytes("größer als jede Generation: ünlesbär"),
            "sentence" => Encoding.UTF8.GetBytes("this is the value of another application"),
            "id and bytes" => [.. "0123456789abcdef"u8, 0, 0xFF],
            "id and retired bytes" => [.. "0123456789abcdef~"u8, .. Enumerable.Repeat((byte)0xFF, 40)],
            _ => "short"u8.ToArray(),
        });
    }
}
