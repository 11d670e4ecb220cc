using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>Something else is under a key of ours: a miss, and the next store overwrites it.</summary>
public sealed class DamageTests(RedisFixture fixture)
{
    private readonly IDatabase _raw = fixture.Server.Raw;

    public enum Damage
    {
        Flipped,
        CutShort,
        Empty,
        ForeignText,
        LongForeignText,
        List,
        Hash,
    }

    public static TheoryData<Damage> Damages => [.. Enum.GetValues<Damage>()];

    [Theory]
    [MemberData(nameof(Damages))]
    public Task Under_the_key_of_a_response(Damage damage) => IsOverwritten(key => key.Contains('#', StringComparison.Ordinal), damage);

    [Theory]
    [MemberData(nameof(Damages))]
    public Task Under_the_key_of_a_URL(Damage damage) => IsOverwritten(key => key.EndsWith("/a", StringComparison.Ordinal), damage);

    [Theory]
    [MemberData(nameof(Damages))]
    public Task Under_the_key_of_a_tag(Damage damage) => IsOverwritten(key => key.EndsWith("things", StringComparison.Ordinal), damage);

    [Theory]
    [MemberData(nameof(Damages))]
    public Task Under_the_key_of_everything(Damage damage) => IsOverwritten(key => key.EndsWith('*'), damage);

    [Fact]
    public async Task The_response_of_another_URL_under_this_ones_key_is_not_served()
    {
        await using var app = await StartAsync();
        await app.WarmAsync("/a");
        await app.WarmAsync("/b");
        var keys = (await fixture.Server.KeysAsync(app.Prefix)).Where(key => key.Contains('#', StringComparison.Ordinal)).Order().ToArray();
        Assert.Equal(2, keys.Length);
        await _raw.StringSetAsync(keys[0], await _raw.StringGetAsync(keys[1]), TimeSpan.FromMinutes(1));

        Assert.Equal("page 3", (await app.GetAsync("/a")).Body);
        Assert.Contains(app.Logs, record => record.Event.Id == 2 && Equals(record.Values["Reason"], "damaged"));
    }

    private async Task IsOverwritten(Func<string, bool> which, Damage damage)
    {
        await using var app = await StartAsync();
        await app.WarmAsync("/a");
        var key = Assert.Single(await fixture.Server.KeysAsync(app.Prefix), key => which(key));
        await DoAsync(key, damage);

        var second = await app.GetAsync("/a");
        Assert.Equal((200, "page 2"), ((int)second.Status, second.Body));
        // Where the generation was damaged this process has to learn the new one first.
        await app.GetAsync("/a");
        Assert.True((await app.GetAsync("/a")).IsHit);

        await using var other = await StartAsync(app.Prefix);
        Assert.True((await other.GetAsync("/a")).IsHit);
        Assert.True(await fixture.Server.TimeToLiveAsync(key) > TimeSpan.Zero || !await _raw.KeyExistsAsync(key), key);
    }

    private async Task DoAsync(string key, Damage damage)
    {
        var before = (byte[])(await _raw.StringGetAsync(key))!;
        await _raw.KeyDeleteAsync(key);
        switch (damage)
        {
            case Damage.Flipped:
                before[^1] ^= 1;
                // A generation with another last character is another generation; behind its id it would be another note.
                before[Math.Min(7, before.Length - 1)] ^= 1;
                await _raw.StringSetAsync(key, before, TimeSpan.FromMinutes(1));
                break;
            case Damage.CutShort:
                await _raw.StringSetAsync(key, before[..^(before.Length / 2)], TimeSpan.FromMinutes(1));
                break;
            case Damage.Empty:
                await _raw.StringSetAsync(key, "", TimeSpan.FromMinutes(1));
                break;
            case Damage.ForeignText:
                await _raw.StringSetAsync(key, "short", TimeSpan.FromMinutes(1));
                break;
            case Damage.LongForeignText:
                await _raw.StringSetAsync(key, new string('x', 500) + "|a,,b c", TimeSpan.FromMinutes(1));
                break;
            case Damage.List:
                await _raw.ListLeftPushAsync(key, "item");
                await _raw.KeyExpireAsync(key, TimeSpan.FromMinutes(1));
                break;
            default:
                await _raw.HashSetAsync(key, "data", "value");
                await _raw.KeyExpireAsync(key, TimeSpan.FromMinutes(1));
                break;
        }
    }

    private Task<CachedApp> StartAsync(string? prefix = null) => CachedApp.StartAsync(
        fixture.Server,
        web => web.MapPage("/{**rest}", new RedisResponseCacheAttribute { Duration = 60, Tags = ["things"] }),
        new AppSetup { Prefix = prefix });
}
