using System.Diagnostics;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>Without Redis, and with an app that answers at once: to wait for another's call would take longer than a call of one's own.</summary>
public sealed class QuickPagesTests(RedisFixture fixture)
{
    private const int Size = 8;

    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(2);

    private readonly Crowds crowds = new(fixture);

    [Fact]
    public async Task Nobody_waits_for_the_call_of_another()
    {
        await using var app = await crowds.StartAsync(Crowds.Patient() with
        {
            ConnectionString = "127.0.0.1:1",
            Options = static options =>
            {
                options.OperationTimeout = options.ResponseCaching.OperationTimeout = TimeSpan.FromMilliseconds(200);
                options.ResponseCaching.CollapseTimeout = TimeSpan.FromSeconds(60);
            },
        });

        // On a busy machine the app may be slow now and then.
        await Eventually.True(async () => await InTheAppAtOnceAsync(app) == Size, TimeSpan.FromSeconds(90), $"{Size} requests to be in the app at once");
    }

    /// <summary>Of a crowd on a page that has just been quick some times.</summary>
    private async Task<int> InTheAppAtOnceAsync(CachedApp app)
    {
        for (var i = 0; i < 12; i++)
            await app.GetAsync("/page");

        var before = crowds.Calls;
        crowds.Gate.Close();
        var crowd = Crowds.Send(app, "/page", Size);
        for (var watch = Stopwatch.StartNew(); crowds.Calls < before + Size && watch.Elapsed < Moment;)
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);

        var atOnce = crowds.Calls - before;
        crowds.Gate.Open();
        await Task.WhenAll(crowd);
        return atOnce;
    }
}
