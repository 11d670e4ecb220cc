using RedisExpiryCache.Redis.Resilience;
using StackExchange.Redis;

namespace RedisExpiryCache.Tests.Redis.Resilience;

public sealed class RedisFailuresTests
{
    [Theory]
    [InlineData("LOADING Redis is loading the dataset in memory", "Unavailable", "Unavailable")]
    [InlineData("BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", "Unavailable", "Unavailable")]
    [InlineData("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", "Unavailable", "Unavailable")]
    [InlineData("TRYAGAIN Multiple keys request during rehashing of slot", "Unavailable", "Unavailable")]
    [InlineData("CLUSTERDOWN The cluster is down", "Unavailable", "Unavailable")]
    [InlineData("READONLY You can't write against a read only replica.", "CommandError", "ReadOnly")]
    [InlineData("NOREPLICAS Not enough good replicas to write.", "CommandError", "ReadOnly")]
    [InlineData("MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.", "CommandError", "ReadOnly")]
    [InlineData("OOM command not allowed when used memory > 'maxmemory'.", "CommandError", "CommandError")]
    [InlineData("NOPERM this user has no permissions to run the 'del' command", "CommandError", "CommandError")]
    [InlineData("NOAUTH Authentication required.", "CommandError", "CommandError")]
    [InlineData("WRONGTYPE Operation against a key holding the wrong kind of value", "CommandError", "CommandError")]
    [InlineData("BUSYGROUP Consumer Group name already exists", "CommandError", "CommandError")]
    [InlineData("ERR LOADING is not what this is about", "CommandError", "CommandError")]
    [InlineData("ERR Error running script (call to f_1): @user_script:3: @user_script: 3: -READONLY You can't write against a read only replica.", "CommandError", "ReadOnly")]
    public void What_a_reply_says_about_redis(string message, string read, string write)
    {
        var failure = Refusal(message);
        Assert.Equal(read, $"{RedisFailures.KindOf(failure, isWrite: false, isConnected: true)}");
        Assert.Equal(write, $"{RedisFailures.KindOf(failure, isWrite: true, isConnected: true)}");
    }

    [Fact]
    public void What_other_failures_say_about_redis()
    {
        Assert.Equal(FailureKind.Unavailable, Of(new RedisTimeoutException(CommandFlags.None, "late", CommandStatus.Unknown)));
        Assert.Equal(FailureKind.Unavailable, Of(Connection(ConnectionFailureType.SocketFailure)));
        Assert.Equal(FailureKind.Unavailable, Of(new InvalidOperationException("the factory failed")));
        Assert.Equal(FailureKind.None, Of(new OperationCanceledException()));
        Assert.Equal(FailureKind.None, Of(new ObjectDisposedException("cache")));
    }

    [Fact]
    public void A_write_that_finds_no_server_has_found_replicas_only_where_there_is_a_connection()
    {
        var failure = Connection(ConnectionFailureType.UnableToResolvePhysicalConnection);
        Assert.Equal(FailureKind.ReadOnly, RedisFailures.KindOf(failure, isWrite: true, isConnected: true));
        Assert.Equal(FailureKind.Unavailable, RedisFailures.KindOf(failure, isWrite: true, isConnected: false));
        Assert.Equal(FailureKind.Unavailable, RedisFailures.KindOf(failure, isWrite: false, isConnected: true));
        Assert.True(RedisFailures.IsRefusedWrite(failure));
        Assert.False(RedisFailures.IsRefusedWrite(Connection(ConnectionFailureType.UnableToConnect)));
    }

    [Theory]
    [InlineData("OOM command not allowed", true, false)]
    [InlineData("READONLY You can't", true, false)]
    [InlineData("LOADING Redis is", false, true)]
    [InlineData("BUSY", false, true)]
    [InlineData("WRONGTYPE Operation", false, false)]
    public void What_is_refused_and_what_passes(string message, bool isRefusedWrite, bool isPassing)
    {
        var failure = Refusal(message);
        Assert.Equal((isRefusedWrite, isPassing), (RedisFailures.IsRefusedWrite(failure), RedisFailures.IsTransient(failure)));
    }

    [Fact]
    public void Whoever_is_turned_away_is_found_however_deep_it_lies()
    {
        Assert.Equal("NOPERM", RedisFailures.DenialIn(Refusal("NOPERM this user has no permissions")));
        Assert.Equal("WRONGPASS", RedisFailures.DenialIn(new InvalidOperationException("", Connection(ConnectionFailureType.AuthenticationFailure))));
        Assert.Null(RedisFailures.DenialIn(Refusal("OOM command not allowed")));
        Assert.Null(RedisFailures.DenialIn(null));
    }

    [Fact]
    public void A_handshake_with_a_server_without_TLS_is_no_wrong_password()
    {
        var failure = new RedisConnectionException(
            ConnectionFailureType.AuthenticationFailure, CommandFlags.None, "There was an authentication failure", new IOException("EOF"),
            CommandStatus.Unknown);

        Assert.Null(RedisFailures.DenialIn(failure));
        Assert.True(RedisFailures.IsTlsFailure(failure));
        Assert.False(RedisFailures.IsTlsFailure(new IOException()));
    }

    private static FailureKind Of(Exception failure) => RedisFailures.KindOf(failure, isWrite: false, isConnected: true);

    private static RedisServerException Refusal(string message) => new(StackExchange.Redis.RedisErrorKind.Unknown, CommandFlags.None, message);

    /// <summary>The client library checks the number of a database itself, once it knows how many there are.</summary>
    [Fact]
    public void A_command_that_the_client_library_rejects_is_reported_as_refused() =>
        Assert.Equal(OperationErrorKind.RedisRefused, RedisErrors.KindOf(new RedisCommandException("Database 77 is not available on server")));

    private static RedisConnectionException Connection(ConnectionFailureType type) => new(type, CommandFlags.None, "gone", null, CommandStatus.Unknown);
}
