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
            var isPrivate = context.Request.Headers.Cookie.Count > 0 || number <= privateCalls;
            context.Response.Headers.CacheControl = isPrivate ? "private, max-age=60" : "max-age=60";
            context.Response.Headers.Vary = "Cookie";
            await context.Response.WriteAsync($"page {number}");
        }),
        Crowds.Patient());
}
