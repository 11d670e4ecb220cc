using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class StaleIfErrorTests(RedisFixture fixture) : StaleIfErrorContract(fixture);

public sealed class InMemoryStaleIfErrorTests(InMemoryFixture fixture) : StaleIfErrorContract(fixture);

/// <summary>RFC 5861 4 and RFC 9111 4.2.4: a stored response in place of an app that fails.</summary>
public abstract class StaleIfErrorContract(ServerFixture fixture)
{
    private const int Throws = 0;

    public enum Leave
    {
        ByTheResponse,
        ByTheRequest,
        ByTheOption,
    }

    public static MatrixTheoryData<int, Leave> Failures => new([Throws, 500, 502, 503, 504], Enum.GetValues<Leave>());

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task The_stored_page_stands_in_for_an_app_that_fails(int status, Leave leave)
    {
        await using var origin = await StaleAsync(leave);
        Fails(origin, status);
        var answer = await AskAsync(origin, leave);

        Assert.Equal((200, "one", "kept", 100), ((int)answer.Status, answer.Body, answer["X-Kind"], answer.Age));
        Assert.Equal(
            $"RedisExpiryCache; fwd=stale;{(status == Throws ? "" : $" fwd-status={status};")} ttl=-40; detail=stale-if-error", answer.CacheStatus);
        Assert.Equal((null, "3"), (answer["X-Error"], answer["Content-Length"]));
        Assert.Equal(2, origin.Calls);

        // It is asked again each time, and once it has recovered it is heard.
        await AskAsync(origin, leave);
        Assert.Equal(3, origin.Calls);
        await origin.App.CountedAsync(2, "response.requests", ("outcome", "stale-if-error"));
        origin.Answers(200, "two", ("Cache-Control", "max-age=60"));
        Assert.Equal("two", (await AskAsync(origin, leave)).Body);
    }

    [Theory]
    [InlineData(99, true)]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public async Task When_the_window_is_over_the_failure_is_the_answer(int secondsStale, bool stands)
    {
        foreach (var leave in Enum.GetValues<Leave>())
        {
            await using var origin = await StaleAsync(leave, secondsStale);
            Fails(origin, 503);
            Assert.Equal(stands ? (200, "one") : (503, "failed"), Seen(await AskAsync(origin, leave)));
        }
    }

    [Theory]
    [InlineData("max-age=60, must-revalidate")]
    [InlineData("max-age=60, proxy-revalidate")]
    [InlineData("s-maxage=60")]
    [InlineData("max-age=60, no-cache")]
    public async Task Where_the_response_forbids_it_the_failure_is_the_answer(string cacheControl)
    {
        foreach (var leave in Enum.GetValues<Leave>())
        {
            foreach (var status in new[] { Throws, 503 })
            {
                await using var origin = await StaleAsync(leave, cacheControl: cacheControl, etag: "\"1\"");
                Fails(origin, status);
                Assert.Equal(status == Throws ? 500 : status, (int)(await AskAsync(origin, leave)).Status);
                Assert.DoesNotContain(origin.App.Logs, record => record.Event.Id == 27);
            }
        }
    }

    [Theory]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(410)]
    [InlineData(501)]
    [InlineData(505)]
    public async Task Another_status_is_an_answer_and_passes_through(int status)
    {
        await using var origin = await StaleAsync(Leave.ByTheResponse);
        Fails(origin, status);
        var answer = await origin.GetAsync();
        Assert.Equal((status, "failed"), Seen(answer));
        Assert.Equal((null, "RedisExpiryCache; fwd=stale; detail=no-freshness"), (answer["Age"], answer.CacheStatus));
    }

    [Fact]
    public async Task The_exception_is_logged_and_not_thrown_further()
    {
        await using var origin = await StaleAsync(Leave.ByTheResponse);
        Fails(origin, Throws);
        Assert.Equal((200, "one"), Seen(await origin.GetAsync()));

        var logged = Assert.Single(origin.App.Logs, static record => record.Event.Id == 27);
        Assert.Equal((LogLevel.Error, Origin.Path), (logged.Level, logged.Values["Path"]));
        Assert.Equal("on purpose", Assert.IsType<InvalidOperationException>(logged.Exception).Message);
    }

    [Theory]
    [InlineData(Throws)]
    [InlineData(503)]
    public async Task Without_leave_the_failure_is_the_answer_also_where_something_stale_is_stored(int status)
    {
        await using var origin = await StaleAsync(Leave.ByTheRequest, etag: "\"1\"");
        Fails(origin, status);
        Assert.Equal(status == Throws ? 500 : status, (int)(await origin.GetAsync()).Status);
        Assert.Equal("\"1\"", origin.LastAsked("If-None-Match"));
    }

    [Fact]
    public async Task The_client_can_ask_for_more_than_the_response_says_and_not_for_less()
    {
        await using var origin = await StaleAsync(Leave.ByTheResponse, secondsStale: 150);
        Fails(origin, 503);
        Assert.Equal(503, (int)(await origin.GetAsync()).Status);
        Assert.Equal(200, (int)(await origin.GetAsync(("Cache-Control", "stale-if-error=200"))).Status);
        Assert.Equal(503, (int)(await origin.GetAsync(("Cache-Control", "stale-if-error=10"))).Status);
    }

    [Fact]
    public async Task What_the_response_says_goes_before_the_option()
    {
        await using var origin = await Origin.StartAsync(
            fixture.Server, new AppSetup { Options = static options => options.ResponseCaching.StaleIfError = TimeSpan.FromHours(1) });
        origin.Answers(200, "one", ("Cache-Control", "max-age=60, stale-if-error=0"), ("ETag", "\"1\""));
        await origin.GetAsync();
        origin.Later(61);
        Fails(origin, 503);
        Assert.Equal((503, "failed"), Seen(await origin.GetAsync()));
    }

    [Theory]
    [InlineData(true, 200)]
    [InlineData(false, 503)]
    public async Task A_clients_leave_counts_only_where_clients_are_heard(bool honor, int status)
    {
        await using var origin = await StaleAsync(
            Leave.ByTheRequest, etag: "\"1\"", also: options => options.ResponseCaching.HonorRequestDirectives = honor);
        Fails(origin, 503);
        Assert.Equal(status, (int)(await AskAsync(origin, Leave.ByTheRequest)).Status);
    }

    [Theory]
    [InlineData(Throws)]
    [InlineData(503)]
    public async Task What_is_fresh_and_was_not_fresh_enough_for_the_client_stands_in_too(int status)
    {
        await using var origin = await StaleAsync(Leave.ByTheResponse, secondsStale: -50);
        Fails(origin, status);
        var answer = await origin.GetAsync(("Cache-Control", "no-cache"));
        Assert.Equal((200, "one"), Seen(answer));
        Assert.StartsWith("RedisExpiryCache; fwd=request;", answer.CacheStatus, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("If-None-Match", "\"1\"", 304, "")]
    [InlineData("If-None-Match", "\"2\"", 200, "one")]
    [InlineData("Range", "bytes=1-", 206, "ne")]
    public async Task It_answers_what_the_client_asked(string name, string value, int status, string body)
    {
        await using var origin = await StaleAsync(Leave.ByTheResponse, etag: "\"1\"");
        Fails(origin, 503);
        Assert.Equal((status, body), Seen(await origin.GetAsync((name, value))));
    }

    [Theory]
    [InlineData(Throws)]
    [InlineData(502)]
    public async Task HEAD_is_answered_in_place_of_the_app_too(int status)
    {
        await using var origin = await StaleAsync(Leave.ByTheResponse);
        Fails(origin, status);
        var head = await origin.HeadAsync();
        Assert.Equal((200, "", "3"), ((int)head.Status, head.Body, head["Content-Length"]));
        Assert.EndsWith("; detail=stale-if-error", head.CacheStatus, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_where_nothing_is_stored_is_the_answer()
    {
        await using var origin = await Origin.StartAsync(
            fixture.Server, new AppSetup { Options = static options => options.ResponseCaching.StaleIfError = TimeSpan.FromHours(1) });
        Fails(origin, 503);
        Assert.Equal((503, "failed"), Seen(await origin.GetAsync()));
        Fails(origin, Throws);
        Assert.Equal((500, ""), Seen(await origin.GetAsync()));
    }

    private static (int Status, string Body) Seen(Answer answer) => ((int)answer.Status, answer.Body);

    private static void Fails(Origin origin, int status)
    {
        if (status == Throws)
            origin.Answer = static _ => throw new InvalidOperationException("on purpose");
        else
            origin.Answers(status, "failed", ("X-Error", "yes"), ("Content-Length", "6"));
    }

    private static Task<Answer> AskAsync(Origin origin, Leave leave) =>
        leave == Leave.ByTheRequest ? origin.GetAsync(("Cache-Control", "stale-if-error=100")) : origin.GetAsync();

    /// <summary>A page that was fresh for a minute, and may stand in for the app for a hundred seconds after that.</summary>
    private async Task<Origin> StaleAsync(
        Leave leave, int secondsStale = 40, string cacheControl = "max-age=60", string? etag = null, Action<RedisExpiringCacheOptions>? also = null)
    {
        var origin = await Origin.StartAsync(fixture.Server, new AppSetup
        {
            Options = options =>
            {
                options.ResponseCaching.StaleIfError = TimeSpan.FromSeconds(leave == Leave.ByTheOption ? 100 : 0);
                also?.Invoke(options);
            },
        });
        var said = leave == Leave.ByTheResponse ? $"{cacheControl}, stale-if-error=100" : cacheControl;
        origin.Answers(200, "one", ("Cache-Control", said), ("ETag", etag), ("X-Kind", "kept"));
        Assert.True((await origin.GetAsync()).WasStored);
        origin.Later(60 + secondsStale);
        return origin;
    }
}
