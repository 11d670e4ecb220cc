using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class StaleTests(RedisFixture fixture) : StaleContract(fixture);

public sealed class InMemoryStaleTests(InMemoryFixture fixture) : StaleContract(fixture);

/// <summary>
/// Two nodes, readers and evictions at random. Each page shows the version that it was made from; a read that began after an eviction was
/// acknowledged, and shows an older version than the one that the eviction was for, is a violation.
/// </summary>
public abstract class StaleContract(ServerFixture fixture)
{
    private const int Pages = 12, Readers = 8, Rounds = 60;

    private readonly ConcurrentDictionary<int, long> current = [];
    private readonly ConcurrentDictionary<int, long> acknowledged = [];

    [Fact]
    public async Task No_read_that_begins_after_an_eviction_sees_what_was_there_before()
    {
        await using var one = await CachedApp.StartAsync(fixture.Server, Map);
        await using var other = await CachedApp.StartAsync(fixture.Server, Map, new AppSetup { Prefix = one.Prefix });
        using var over = new CancellationTokenSource();

        var readers = Enumerable.Range(0, Readers).Select(reader => ReadAsync(reader % 2 == 0 ? one : other, over.Token)).ToList();
        await Task.WhenAll(EvictAsync(one, even: true), EvictAsync(other, even: false));
        await over.CancelAsync();
        var results = await Task.WhenAll(readers);

        Assert.Equal(0, results.Sum(static result => result.Violations));
        Assert.True(results.Sum(static result => result.Hits) > 100, "too few hits to have shown anything");
    }

    private void Map(WebApplication web) => web.MapGet(
        "/pages/{id:int}",
        [RedisResponseCache(Duration = 60, Tags = ["page:{id}"])] async (int id) =>
        {
            var version = current.GetValueOrDefault(id);
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(5)), TimeProvider.System);
            return version.ToString(CultureInfo.InvariantCulture);
        });

    private async Task EvictAsync(CachedApp app, bool even)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var id = (Random.Shared.Next(Pages / 2) * 2) + (even ? 0 : 1);
            var version = current.AddOrUpdate(id, 1, static (_, before) => before + 1);
            if (round % 3 == 0)
                await app.Control.EvictAsync($"/pages/{id}", TestContext.Current.CancellationToken);
            else if (round % 3 == 1)
                await app.Control.EvictByTagAsync($"page:{id}", TestContext.Current.CancellationToken);
            else
                await app.Control.EvictAllAsync(TestContext.Current.CancellationToken);

            acknowledged[id] = version;
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(60)), TimeProvider.System);
        }
    }

    private async Task<(int Hits, int Violations)> ReadAsync(CachedApp app, CancellationToken over)
    {
        var (hits, violations) = (0, 0);
        while (!over.IsCancellationRequested)
        {
            var id = Random.Shared.Next(Pages);
            var floor = acknowledged.GetValueOrDefault(id);
            var answer = await app.GetAsync($"/pages/{id}");
            hits += answer.IsHit ? 1 : 0;
            violations += long.Parse(answer.Body, CultureInfo.InvariantCulture) < floor ? 1 : 0;
        }

        return (hits, violations);
    }
}
