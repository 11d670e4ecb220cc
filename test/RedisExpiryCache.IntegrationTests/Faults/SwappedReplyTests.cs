using System.Buffers;
using Microsoft.Extensions.Caching.Distributed;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.Faults;

/// <summary>A command gets the reply of another command, which holds another key's value.</summary>
public sealed class SwappedReplyTests(RedisFixture fixture)
{
    private const string Secret = "cached-secret-of-another-key";

    private static readonly string Long = Secret + new string('x', 300);
    private static readonly string[] Kinds = ["string", "long string", "array of strings", "array of one", "status", "integer"];

    public static TheoryData<string, FailureMode> Cases =>
    [
        .. Kinds.SelectMany(
            static _ => Enum.GetValues<FailureMode>(), static (kind, mode) => new TheoryDataRow<string, FailureMode>(kind, mode)),
    ];

    public static TheoryData<string> AllKinds => [.. Kinds];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_swapped_reply_to_the_data_cache_is_in_no_exception_and_no_log(string kind, FailureMode mode)
    {
        using var log = new RecordingLoggerProvider();
        await using var door = RedisDoor.To(fixture.Server);
        await using var cache = Caches.Connect(door.ConnectionString, options => options.FailureMode = mode, log: log);
        var key = Some.Key();
        await cache.SetAsync(key, Some.Bytes(), Caches.Both(60, 90), Token);
        door.Answer = _ => ReplyOf(kind);

        foreach (var call in Calls(cache, key))
        {
            try
            {
                await call();
            }
            catch (Exception failure)
            {
                Assert.DoesNotContain(Secret, failure.ToString(), StringComparison.Ordinal);
                Assert.True(failure is RedisException or TimeoutException, failure.ToString());
                Assert.Equal(FailureMode.Throw, mode);
            }
        }

        Assert.DoesNotContain(
            log.Records, static record => $"{record.Message} {record.Exception}".Contains(Secret, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(AllKinds))]
    public async Task A_swapped_reply_to_the_response_cache_is_neither_served_nor_logged(string kind)
    {
        await using var door = RedisDoor.To(fixture.Server);
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            static web => web.MapPage("/{**rest}", new RedisResponseCacheAttribute { Duration = 60, Tags = ["things"] }),
            new AppSetup { ConnectionString = door.ConnectionString });
        await CachedApp.ConnectAsync((IRedisExpiringCache)app.Services.GetService(typeof(IRedisExpiringCache))!);
        await app.GetAsync("/a");
        door.Answer = _ => ReplyOf(kind);

        for (var i = 0; i < 3; i++)
        {
            var answer = await app.GetAsync(i == 2 ? "/b" : "/a");
            Assert.Equal(200, (int)answer.Status);
            Assert.StartsWith("page ", answer.Body, StringComparison.Ordinal);
        }

        Assert.DoesNotContain(app.Logs, static record => $"{record.Message} {record.Exception}".Contains(Secret, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(FailureMode.Throw)]
    [InlineData(FailureMode.Degrade)]
    public async Task A_lifetime_beyond_a_TimeSpan_is_the_longest_there_is(FailureMode mode)
    {
        await using var cache = Caches.Connect(fixture.Server.ConnectionString, options => options.FailureMode = mode);
        var key = Some.Key();
        await cache.SetAsync(key, Some.Bytes(), Caches.Relative(60), Token);
        await fixture.Server.Raw.ExecuteAsync("PEXPIRE", key, 9_000_000_000_000_000L);

        var lifetime = await cache.GetLifetimeAsync(key, Token);
        Assert.Equal(TimeSpan.MaxValue.TotalDays, lifetime!.TimeToLive!.Value.TotalDays, 1.0);
        Assert.NotNull(await cache.GetAsync(key, Token));
    }

    private static Func<Task>[] Calls(RedisExpiringCache cache, string key) =>
    [
        () => cache.GetLifetimeAsync(key, Token).AsTask(),
        () => cache.GetAsync(key, Token),
        () => cache.RefreshAsync(key, Token),
        () => cache.ExpireAsync(key, Caches.Both(60, 90), Token).AsTask(),
        () => cache.SetAsync(key, Some.Bytes(), Caches.Both(60, 90), Token),
        () => cache.SetAsync(key, new ReadOnlySequence<byte>(Some.Bytes()), Caches.Relative(60), ["t"], Token).AsTask(),
        () => cache.SetAsync(key, Some.Bytes(), new DistributedCacheEntryOptions { AbsoluteExpiration = DateTimeOffset.MaxValue }, Token),
        () => cache.RemoveByTagAsync("t", Token).AsTask(),
        () => cache.RemoveAsync(key, Token),
        () => cache.RemoveAsync([key, key + "2"], Token).AsTask(),
    ];

    private static string ReplyOf(string kind) => kind switch
    {
        "string" => Bulk(Secret),
        "long string" => Bulk(Long),
        "array of strings" => $"*3\r\n{Bulk(Secret)}{Bulk(Secret)}{Bulk(Secret)}",
        "array of one" => $"*1\r\n{Bulk(Secret)}",
        "status" => $"+{Secret}\r\n",
        _ => ":9223372036854775807\r\n",
    };

    private static string Bulk(string text) => $"${text.Length}\r\n{text}\r\n";
}
