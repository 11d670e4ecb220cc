using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class GenerationTests(RedisFixture fixture) : GenerationContract(fixture);

public sealed class InMemoryGenerationTests(InMemoryFixture fixture) : GenerationContract(fixture);

/// <summary>An eviction and a response that is being made meanwhile, on two nodes of one service: the response is never served afterwards.</summary>
public abstract class GenerationContract(ServerFixture fixture) : IDisposable
{
    private readonly SemaphoreSlim _entered = new(0);
    private readonly SemaphoreSlim _proceed = new(0);
    private volatile bool _hold;

    public enum By
    {
        Url,
        Tag,
        Everything,
        UnsafeMethod,
        Attribute,
    }

    public static TheoryData<By> Ways => [.. Enum.GetValues<By>()];

    public void Dispose()
    {
        _entered.Dispose();
        _proceed.Dispose();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_response_that_was_being_made_while_another_node_evicted_is_never_served(By way)
    {
        await using var one = await StartAsync(prefix: null);
        await using var other = await StartAsync(one.Prefix);
        await one.WarmAsync("/a");
        await EvictAsync(other, way);
        await HoldAcrossAsync(one, other, way);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Nor_when_it_was_the_first_one_ever(By way)
    {
        await using var one = await StartAsync(prefix: null);
        await using var other = await StartAsync(one.Prefix);
        await HoldAcrossAsync(one, other, way);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Nor_when_yet_another_response_was_stored_in_between(By way)
    {
        await using var one = await StartAsync(prefix: null);
        await using var other = await StartAsync(one.Prefix);
        var held = await BeginHeldAsync(one);
        await EvictAsync(other, way);
        var fresh = await other.GetAsync("/a");
        Assert.True(fresh.WasStored, fresh.CacheStatus);

        _proceed.Release();
        var late = await held;

        // It may cost the newer one its place, which is a miss; it never takes its place.
        Assert.NotEqual(late.Body, fresh.Body);
        Assert.NotEqual(late.Body, (await one.GetAsync("/a")).Body);
        Assert.NotEqual(late.Body, (await other.GetAsync("/a")).Body);
    }

    [Fact]
    public async Task A_node_that_remembers_a_URL_sees_the_eviction_of_another_at_once()
    {
        await using var one = await StartAsync(prefix: null);
        await using var other = await StartAsync(one.Prefix);
        for (var round = 0; round < 5; round++)
        {
            foreach (var way in Enum.GetValues<By>())
            {
                await one.GetAsync("/a");
                Assert.True((await one.GetAsync("/a")).IsHit);
                await EvictAsync(other, way);
                Assert.False((await one.GetAsync("/a")).IsHit, $"{way}");
            }
        }
    }

    [Fact]
    public async Task Lost_generations_are_misses_and_nothing_else()
    {
        await using var app = await StartAsync(prefix: null);
        await app.WarmAsync("/a");
        string[] apart = ["#", "tag:guard:"];
        var generations = (await fixture.Server.KeysAsync(app.Prefix)).Where(key => !apart.Any(part => key.Contains(part, StringComparison.Ordinal)))
            .ToArray();
        Assert.Equal(3, generations.Length);
        foreach (var key in generations)
        {
            await fixture.Server.Raw.KeyDeleteAsync(key);
            Assert.False((await app.GetAsync("/a")).IsHit, key);
            Assert.True((await app.GetAsync("/a")).IsHit, key);
        }
    }

    private async Task HoldAcrossAsync(CachedApp one, CachedApp other, By way)
    {
        var held = await BeginHeldAsync(one);
        await EvictAsync(other, way);
        _proceed.Release();
        var late = await held;
        Assert.Equal(200, (int)late.Status);

        Assert.NotEqual(late.Body, (await other.GetAsync("/a")).Body);
        Assert.NotEqual(late.Body, (await one.GetAsync("/a")).Body);
    }

    private async Task<Task<Answer>> BeginHeldAsync(CachedApp app)
    {
        _hold = true;
        var held = app.GetAsync("/a");
        Assert.True(await _entered.WaitAsync(TimeSpan.FromSeconds(30), Token));
        _hold = false;
        return held;
    }

    private Task<CachedApp> StartAsync(string? prefix) => CachedApp.StartAsync(
        fixture.Server,
        web =>
        {
            web.MapGet("/a", [RedisResponseCache(Duration = 60, Tags = ["things"])] async (HttpContext context) =>
            {
                if (_hold)
                {
                    _entered.Release();
                    await _proceed.WaitAsync(context.RequestAborted);
                }

                await context.Response.WriteAsync(Some.Text());
            });
            web.MapPost("/a", () => "changed");
            web.MapPost("/change", () => "changed").WithMetadata(new RedisResponseCacheEvictAttribute { Tags = ["things"] });
        },
        new AppSetup { Prefix = prefix });

    private static async Task EvictAsync(CachedApp app, By way)
    {
        switch (way)
        {
            case By.Url:
                await app.Control.EvictAsync("/a", Token);
                break;
            case By.Tag:
                await app.Control.EvictByTagAsync("things", Token);
                break;
            case By.Everything:
                await app.Control.EvictAllAsync(Token);
                break;
            default:
                await app.SendAsync(HttpMethod.Post, way == By.UnsafeMethod ? "/a" : "/change");
                break;
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;
}
