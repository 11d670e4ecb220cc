using System.Buffers;
using RedisExpiryCache.IntegrationTests.Support;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.Faults;

/// <summary>A server refuses a command as unknown, and quotes the arguments of the command in its error.</summary>
public sealed class QuotedArgumentTests
{
    private const string Secret = "cached-secret";
    private static readonly byte[] Value = [.. System.Text.Encoding.ASCII.GetBytes(Secret)];

    public static TheoryData<string, EntryFormat, FailureMode> Cases => new()
    {
        { "SET", EntryFormat.Compact, FailureMode.Throw },
        { "SET", EntryFormat.Compact, FailureMode.Degrade },
        { "EVALSHA", EntryFormat.Microsoft, FailureMode.Throw },
        { "EVALSHA", EntryFormat.Microsoft, FailureMode.Degrade },
        { "HSET", EntryFormat.Microsoft, FailureMode.Throw },
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_value_that_the_server_quotes_is_in_no_exception_and_no_log(string command, EntryFormat format, FailureMode mode)
    {
        await using var server = await RedisServer.StartAsync("--rename-command", command, "");
        using var log = new RecordingLoggerProvider();
        await using var cache = Caches.Connect(
            server.ConnectionString, options => (options.EntryFormat, options.FailureMode) = (format, mode), log: log);
        using var cancelable = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Func<Task>[] writes =
        [
            () => cache.SetAsync("k", Value, Caches.Relative(60), CancellationToken.None),
            () => cache.SetAsync("k", Value, Caches.Relative(60), cancelable.Token),
            () => cache.SetAsync("k", new ReadOnlySequence<byte>(Value), Caches.Relative(60), [Secret], Token).AsTask(),
            () => Task.Run(() => cache.Set("k", Value, Caches.Relative(60)), Token),
        ];
        var failures = new List<Exception>();
        foreach (var write in writes)
        {
            if (await Record.ExceptionAsync(write) is { } failure)
                failures.Add(failure);
        }

        // The client library sends a script by EVAL the first time, and by EVALSHA from then on.
        Assert.Equal(mode == FailureMode.Throw, failures.Count > 0);
        Assert.All(failures, static failure =>
        {
            Assert.IsType<RedisServerException>(failure);
            Assert.DoesNotContain(Secret, failure.ToString(), StringComparison.Ordinal);
        });
        Assert.DoesNotContain(
            log.Records, static record => $"{record.Message} {record.Exception}".Contains(Secret, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("SET")]
    [InlineData("EVALSHA")]
    public async Task A_page_that_the_server_quotes_is_passed_on_and_not_logged(string command)
    {
        await using var server = await RedisServer.StartAsync("--rename-command", command, "");
        await using var app = await CachedApp.StartAsync(
            server,
            static web => web.MapPage("/a", also: static context => context.Response.Headers["X-Secret"] = Secret),
            new AppSetup { ConnectionString = server.ConnectionString });
        for (var i = 1; i <= 4; i++)
            Assert.StartsWith("page ", (await app.GetAsync($"/a?{i % 2}")).Body, StringComparison.Ordinal);

        Assert.DoesNotContain(app.Logs, static record => $"{record.Message} {record.Exception}".Contains(Secret, StringComparison.Ordinal));
    }
}
