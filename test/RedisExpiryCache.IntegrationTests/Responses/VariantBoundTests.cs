using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class VariantBoundTests(RedisFixture fixture) : VariantBoundContract(fixture);

public sealed class InMemoryVariantBoundTests(InMemoryFixture fixture) : VariantBoundContract(fixture);

/// <summary>A URL keeps a bounded number of variants in Redis.</summary>
public abstract class VariantBoundContract(ServerFixture fixture)
{
    private const int Most = 200;

    [Theory]
    [InlineData("Accept-Language")]
    [InlineData("Cookie")]
    [InlineData("User-Agent")]
    public async Task Of_more_variants_than_fit_the_oldest_go_first(string field)
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Answer = context => Origin.SayAsync(
            context, 200, context.Request.Headers[field].ToString(), ("Cache-Control", "max-age=60"), ("Vary", field));
        for (var i = 0; i < Most + 20; i++)
            Assert.True((await origin.GetAsync((field, $"v{i}"))).WasStored);

        await Eventually.True(
            async () => (await origin.StoredAsync(fixture.Server)).Length == Most,
            TimeSpan.FromSeconds(30),
            "the removal of the oldest variants");
        Assert.True((await origin.GetAsync((field, $"v{Most + 19}"))).IsHit);
        Assert.True((await origin.GetAsync((field, "v20"))).IsHit);
        Assert.False((await origin.GetAsync((field, "v19"))).IsHit);
    }

    [Fact]
    public async Task A_variant_that_is_stored_again_counts_once()
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Answer = context => Origin.SayAsync(context, 200, "page", ("Cache-Control", "max-age=600"), ("Vary", "Cookie"));
        await origin.GetAsync(("Cookie", "first"));
        for (var i = 0; i < Most + 5; i++)
        {
            origin.Later(601);
            await origin.GetAsync(("Cookie", "again"));
        }

        Assert.Equal(2, (await origin.StoredAsync(fixture.Server)).Length);
    }

    [Fact]
    public async Task Users_whom_a_policy_tells_apart_are_not_variants_of_each_other()
    {
        await using var origin = await Origin.StartAsync(
            fixture.Server,
            endpoint: static page => page.CacheResponse(static policy => policy
                .Expire(TimeSpan.FromMinutes(5))
                .VaryByValue(static context => $"{context.Request.Headers["X-Id"]}")));
        origin.Answer = static context => Origin.SayAsync(context, 200, "page", ("Vary", "Accept-Language"));
        for (var i = 0; i < Most + 5; i++)
            await origin.GetAsync(("X-Id", $"{i}"));

        Assert.Equal(Most + 5, (await origin.StoredAsync(fixture.Server)).Length);
    }
}
