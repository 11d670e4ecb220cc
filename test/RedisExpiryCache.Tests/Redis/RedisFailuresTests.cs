using RedisExpiryCache.Redis;
using StackExchange.Redis;

namespace RedisExpiryCache.Tests.Redis;

public sealed class RedisFailuresTests
{
    [Theory]
    [InlineData("LOADING Redis is loading the dataset in memory", "Away", "Away")]
    [InlineData("BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", "Away", "Away")]
    [InlineData("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", "Away", "Away")]
    [InlineData("TRYAGAIN Multiple keys request during rehashing of slot", "Away", "Away")]
    [InlineData("CLUSTERDOWN The cluster is down", "Away", "Away")]
    [InlineData("READONLY You can't write against a read only replica.", "Answered", "TakesNoWrites")]
    [InlineData("NOREPLICAS Not enough good replicas to write.", "Answered", "TakesNoWrites")]
    [InlineData("MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.", "Answered", "TakesNoWrites")]
    [InlineData("OOM command not allowed when used memory > 'maxmemory'.", "Answered", "Answered")]
    [InlineData("NOPERM this user has no permissions to run the 'del' command", "Answered", "Answered")]
    [InlineData("NOAUTH Authentication required.", "Answered", "Answered")]
    [InlineData("WRONGTYPE Operation against a key holding the wrong kind of value", "Answered", "Answered")]
    [InlineData("BUSYGROUP Consumer Group name already exists", "Answered", "Answered")]
    [InlineData("ERR LOADING is not what this is about", "Answered", "Answered")]
    [InlineData("ERR Error running script (call to f_1): @user_script:3: @user_script: 3: -READONLY You can't write against a read only replica.", "Answered", "TakesNoWrites")]
    public void What_a_reply_says_about_redis(string message, string read, string write)
    {
        var failure = Refusal(message);
        Assert.Equal(read, $"{RedisFailures.EffectOf(failure, isWrite: false, isConnected: true)}");
        Assert.Equal(write, $"{RedisFailures.EffectOf(failure, isWrite: true, isConnected: true)}");
    }

    [Fact]
    public void What_other_failures_say_about_redis()
    {
        Assert.Equal(FailureEffect.Away, Of(new RedisTimeoutException(CommandFlags.None, "late", CommandStatus.Unknown)));
        Assert.Equal(FailureEffect.Away, Of(Connection(ConnectionFailureType.SocketFailure)));
        Assert.Equal(FailureEffect.Away, Of(new InvalidOperationException("the factory failed")));
        Assert.Equal(FailureEffect.Nothing, Of(new OperationCanceledException()));
        Assert.Equal(FailureEffect.Nothing, Of(new ObjectDisposedException("cache")));
    }

    [Fact]
    public void A_write_that_finds_no_server_has_found_replicas_only_where_there_is_a_connection()
    {
        var failure = Connection(ConnectionFailureType.UnableToResolvePhysicalConnection);
        Assert.Equal(FailureEffect.TakesNoWrites, RedisFailures.EffectOf(failure, isWrite: true, isConnected: true));
        Assert.Equal(FailureEffect.Away, RedisFailures.EffectOf(failure, isWrite: true, isConnected: false));
        Assert.Equal(FailureEffect.Away, RedisFailures.EffectOf(failure, isWrite: false, isConnected: true));
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
        Assert.Equal((isRefusedWrite, isPassing), (RedisFailures.IsRefusedWrite(failure), RedisFailures.IsPassing(failure)));
    }

    [Fact]
    public void Whoever_is_turned_away_is_found_however_deep_it_lies()
    {
        Assert.Equal("NOPERM", RedisFailures.DenialIn(Refusal("NOPERM this user has no permissions")));
        Assert.Equal("WRONGPASS", RedisFailures.DenialIn(new InvalidOperationException("", Connection(ConnectionFailureType.AuthenticationFailure))));
        Assert.Null(RedisFailures.DenialIn(Refusal("OOM command not allowed")));
        Assert.Null(RedisFailures.DenialIn(null));
    }

    private static FailureEffect Of(Exception failure) => RedisFailures.EffectOf(failure, isWrite: false, isConnected: true);

    private static RedisServerException Refusal(string message) => new(StackExchange.Redis.RedisErrorKind.Unknown, CommandFlags.None, message);

    private static RedisConnectionException Connection(ConnectionFailureType type) => new(type, CommandFlags.None, "gone", null, CommandStatus.Unknown);
}
