using RedisExpiryCache.Expiry;
using RedisExpiryCache.IntegrationTests.Support;
using RedisExpiryCache.Redis.Entries;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Resilience;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.Faults;

/// <summary>The order in which every command takes its steps.</summary>
public sealed class RedisExecutorTests : IAsyncLifetime
{
    private static readonly RedisCommand<string, RedisResult> Set = new(
        Access.Write, static (database, key, value) => database.ExecuteAsync("SET", [(RedisKey)key, value]));

    private static readonly RedisCommand<string, RedisResult> SetUnlessPending = Set with { RespectsTombstones = true };

    private readonly string _key = Some.Key();
    private RedisServer? _server;
    private CommandLog? _log;
    private RedisExpiringCache? _cache;

    private RedisExecutor Executor => new(_cache!.Connection);

    private SentCommands Sent => new(_log!, _cache!);

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        _log = await _server.MonitorAsync();
        _cache = Caches.Connect(_server.ConnectionString);
    }

    public async ValueTask DisposeAsync()
    {
        await _cache!.DisposeAsync();
        await _log!.DisposeAsync();
        await _server!.DisposeAsync();
    }

    [Fact]
    public async Task A_command_on_a_key_whose_eviction_is_pending_is_not_sent_and_has_no_reply()
    {
        RedisResult? reply = null;
        var sent = await Sent.NamesByAsync(async () =>
        {
            _cache!.Connection.Pending.Add([_key]);
            reply = await Executor.ExecuteAsync(SetUnlessPending, _key, "value", OperationContext.Detached());
        });

        Assert.Null(reply);
        Assert.DoesNotContain("SET", sent);
    }

    [Fact]
    public async Task A_command_that_does_not_respect_tombstones_is_sent_although_the_eviction_of_its_key_is_pending()
    {
        RedisResult? reply = null;
        var sent = await Sent.NamesByAsync(async () =>
        {
            _cache!.Connection.Pending.Add([_key]);
            reply = await Executor.ExecuteAsync(Set, _key, "value", OperationContext.Detached());
        });

        Assert.Equal("OK", reply?.ToString());
        Assert.Contains("SET", sent);
    }

    [Fact]
    public async Task An_open_circuit_breaker_refuses_a_command_before_the_tombstones_are_checked()
    {
        await using var cache = Caches.Connect(
            _server!.ConnectionString,
            static options => (options.CircuitBreaker.FailuresBeforeOpening, options.CircuitBreaker.OpenFor) = (1, TimeSpan.FromMinutes(5)));
        var executor = new RedisExecutor(cache.Connection);
        await executor.ExecuteAsync(Set, _key, "value", OperationContext.Detached());
        await _server.KillAsync();
        await Eventually.True(
            async () =>
            {
                await Record.ExceptionAsync(async () => await executor.ExecuteAsync(Set, _key, "value", OperationContext.Detached()));
                return cache.Connection.Circuits.IsOpen;
            },
            Caches.Patience,
            "the circuit to open");

        cache.Connection.Pending.Add([_key]);
        await Assert.ThrowsAsync<RedisConnectionException>(
            async () => await executor.ExecuteAsync(SetUnlessPending, _key, "value", OperationContext.Detached()));
    }

    [Fact]
    public async Task A_script_that_the_server_does_not_know_by_its_hash_is_sent_in_full()
    {
        var command = new RedisCommand<int, RedisResult>(
            Access.Write, static (database, key, _) => database.ExecuteAsync("EVALSHA", [new string('0', 40), 1, (RedisKey)key]))
        {
            SendScript = static (database, key, _) => database.ExecuteAsync("EVAL", ["return 'in full'", 1, (RedisKey)key]),
        };

        Assert.Equal("in full", (await Executor.ExecuteAsync(command, _key, 0, OperationContext.Detached()))?.ToString());
    }

    [Fact]
    public async Task A_key_whose_eviction_is_pending_is_missing_among_keys_that_are_read_together()
    {
        var other = Some.Key();
        await _server!.Raw.StringSetAsync([new(_key, "hidden"), new(other, "found")]);
        _cache!.Connection.Pending.Add([_key]);

        var values = await Executor.GetAllAsync([_key, other], 0, static (_, _, found) => found, OperationContext.Detached());

        Assert.Equal([RedisValue.Null, "found"], values);
    }

    [Fact]
    public async Task Keys_and_their_guards_are_deleted_by_one_DEL_with_the_guards_in_front()
    {
        string[] keys = [Some.Key(), Some.Key()], guards = [Some.Key()];

        var sent = await Sent.ByAsync(async () => await Executor.DeleteAsync(keys, guards, OperationContext.Detached()));

        var deletion = Assert.Single(sent, static line => line.Command == "DEL");
        Assert.Equal([.. guards, .. keys], deletion.Words.Skip(1));
    }

    [Fact]
    public async Task An_expiry_in_the_past_fails_while_redis_is_away_although_the_eviction_of_the_key_is_pending()
    {
        await using var cache = Caches.Connect(_server!.ConnectionString, static options => options.OperationTimeout = TimeSpan.FromSeconds(1));
        await new RedisExecutor(cache.Connection).ExecuteAsync(Set, _key, "value", OperationContext.Detached());
        await _server.KillAsync();
        cache.Connection.Pending.Add([_key]);

        var now = DateTimeOffset.UnixEpoch.AddDays(1);
        var entries = new EntryStore(cache.Connection, EntryFormat.Compact, EntryKind.Data);
        var failure = await Record.ExceptionAsync(
            async () => await entries.ExpireAsync(_key, new EntryExpiry(Sliding: null, AbsoluteEnd: now), now, OperationContext.Detached()));

        Assert.True(failure is RedisConnectionException or RedisTimeoutException, failure?.ToString());
    }

    [Fact]
    public async Task A_disposed_cache_sends_no_command()
    {
        await _cache!.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await Executor.ExecuteAsync(Set, _key, "value", OperationContext.Detached()));
    }
}
