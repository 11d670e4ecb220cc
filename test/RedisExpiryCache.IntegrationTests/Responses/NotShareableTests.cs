using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>Collapsing is off for a variant whose last answers were not shareable, and for no other.</summary>
public sealed class NotShareableTests(RedisFixture fixture)
{
    private readonly Gate gate = new();
    private int calls;
    private int privateCalls;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Private_answers_to_one_visitor_leave_the_other_variants_of_the_URL_collapsed(bool isStoredBefore)
    {
        await using var app = await StartAsync();
        if (isStoredBefore)
            await app.WarmAsync("/page");

        for (var i = 0; i < 3; i++)
            Assert.Contains("private", (await app.GetAsync("/page", ("Cookie", "user=alice"))).CacheStatus, StringComparison.Ordinal);

        await app.Control.EvictAsync("/page", TestContext.Current.CancellationToken);
        await OneCallAsync(app);
    }

    [Fact]
    public async Task One_answer_that_is_not_shareable_leaves_the_page_collapsed()
    {
        privateCalls = 1;
        await using var app = await StartAsync();
        await app.GetAsync("/page");
        await OneCallAsync(app);
    }

    [Theory]
    [InlineData("If-Match", "\"other\"")]
    [InlineData("If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT")]
    public async Task Answers_to_the_precondition_of_one_visitor_leave_the_page_collapsed(string field, string value)
    {
        await using var app = await StartAsync();
        for (var i = 0; i < 3; i++)
            Assert.Equal(412, (int)(await app.GetAsync("/page", (field, value))).Status);

        await OneCallAsync(app);
    }

    [Fact]
    public async Task A_crowd_behind_a_failed_precondition_makes_one_call()
    {
        await using var app = await StartAsync();
        var looked = app.Metrics.Count("response.lookup.duration");
        gate.Close();
        var conditional = app.GetAsync("/page", ("If-Match", "\"other\""));
        await Crowds.LookedAsync(app, looked + 1);
        await Eventually.True(() => Volatile.Read(ref calls) == 1, Crowds.Deadline, "the call with a precondition");
        var crowd = Crowds.Send(app, "/page");
        await Crowds.LookedAsync(app, looked + 1 + Crowds.Size);
        gate.Open();
        Assert.Equal(412, (int)(await conditional).Status);
        Assert.All(await Task.WhenAll(crowd), static answer => Assert.Equal("page 2", answer.Body));
        Assert.Equal(2, calls);
    }

    private async Task OneCallAsync(CachedApp app)
    {
        var (before, looked) = (calls, app.Metrics.Count("response.lookup.duration"));
        gate.Close();
        var crowd = Crowds.Send(app, "/page");
        await Crowds.LookedAsync(app, looked + Crowds.Size);
        gate.Open();
        Assert.All(await Task.WhenAll(crowd), static answer => Assert.Equal(200, (int)answer.Status));
        Assert.Equal(before + 1, calls);
    }

    private Task<CachedApp> StartAsync() => CachedApp.StartAsync(
        fixture.Server,
        web => web.MapGet("/page", async context =>
        {
            var number = Interlocked.Increment(ref calls);
            await gate.PassAsync(context.RequestAborted);
            if (context.Request.Headers.IfMatch.Count > 0 || context.Request.Headers.IfUnmodifiedSince.Count > 0)
            {
                context.Response.StatusCode = StatusCodes.Status412PreconditionFailed;
                return;
            }

            var isPrivate = context.Request.Headers.Cookie.Count > 0 || number <= privateCalls;
            context.Response.Headers.CacheControl = isPrivate ? "private, max-age=60" : "max-age=60";
            context.Response.Headers.Vary = "Cookie";
            await context.Response.WriteAsync($"page {number}");
        }),
        Crowds.Patient());
}
