using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>RFC 9111 4.2.3: request_time is when the origin is called; the time that a follower has waited before that is no age.</summary>
public sealed class RequestTimeTests(RedisFixture fixture)
{
    private static readonly TimeSpan CollapseTimeout = TimeSpan.FromSeconds(3);

    [Theory]
    [InlineData("hangs")]
    [InlineData("throws")]
    public async Task A_follower_that_calls_the_origin_itself_stores_a_response_of_a_short_lifetime(string how)
    {
        var calls = 0;
        using var hanging = new CancellationTokenSource();
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            web => web.MapGet("/page", async context =>
            {
                if (Interlocked.Increment(ref calls) == 1)
                {
                    var pause = how == "hangs" ? TimeSpan.FromMinutes(1) : TimeSpan.FromSeconds(2.5);
                    await Task.Delay(pause, TimeProvider.System, hanging.Token);
                }

                if (calls == 1)
                    throw new InvalidOperationException("The first call fails.");

                context.Response.Headers.CacheControl = "max-age=2";
                await context.Response.WriteAsync("page");
            }),
            new AppSetup { Options = static options => options.ResponseCaching.CollapseTimeout = CollapseTimeout });
        var leader = app.GetAsync("/page");
        await Eventually.True(() => Volatile.Read(ref calls) == 1, Crowds.Deadline, "the leader to call the origin");
        var follower = await app.GetAsync("/page");
        await hanging.CancelAsync();
        await leader;

        Assert.True(follower.WasStored, follower.CacheStatus);
    }
}
