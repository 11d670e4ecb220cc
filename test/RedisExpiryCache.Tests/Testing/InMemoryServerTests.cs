using System.Buffers;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using RedisExpiryCache.Testing;

namespace RedisExpiryCache.Tests.Testing;

/// <summary>The replies of the server in memory are those of Redis.</summary>
public sealed class InMemoryServerTests : IDisposable
{
    private readonly FakeTimeProvider clock = new(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123).AddMicroseconds(456));
    private readonly InMemoryServer server;

    public InMemoryServerTests() => server = new InMemoryServer(clock);

    public void Dispose() => server.Dispose();

    [Theory]
    [MemberData(nameof(RedisReplies.OfCommands), MemberType = typeof(RedisReplies))]
    [InlineData("SET a 1 PX 100 | PTTL a", ":100")]
    [InlineData("SET a 1 | PEXPIRE a 5000 | PTTL a", ":5000")]
    [InlineData("TIME", "*2 $10 1700000000 $6 123456")]
    [InlineData("SELECT 1", "-ERR DB index is out of range")]
    [InlineData("CLIENT TRACKING on", "-ERR unknown command 'CLIENT TRACKING' (RedisExpiryCache.Testing)")]
    [InlineData("ZADD z 1 m", "-ERR unknown command 'ZADD' (RedisExpiryCache.Testing)")]
    public void A_command_gets_the_reply_that_Redis_gives(string commands, string reply) => Assert.Equal(reply, Last(commands));

    [Theory]
    [MemberData(nameof(RedisReplies.OfScripts), MemberType = typeof(RedisReplies))]
    public void A_script_gets_the_reply_that_Redis_gives(string script, string reply) =>
        Assert.Equal(reply, TextOf(server.Execute(WordsOf("EVAL", script, "1", "key", "value"))));

    [Fact]
    public void A_script_with_a_mistake_is_refused_and_the_next_one_runs()
    {
        Assert.StartsWith("-ERR Error compiling script", TextOf(server.Execute(WordsOf("EVAL", "return (", "0"))), StringComparison.Ordinal);
        Assert.StartsWith("-ERR Error running script", TextOf(server.Execute(WordsOf("EVAL", "return nothing.at.all", "0"))), StringComparison.Ordinal);
        Assert.Equal("-ERR Number of keys can't be greater than number of args", TextOf(server.Execute(WordsOf("EVAL", "return 1", "1"))));
        Assert.Equal(":1", TextOf(server.Execute(WordsOf("EVAL", "return 1", "0"))));
    }

    [Fact]
    public void A_script_is_known_by_its_hash_once_it_was_loaded_or_run()
    {
        const string Hash = "e0e1f9fabfc9d4800c877a703b823ac0578ff8db";
        Assert.StartsWith("-NOSCRIPT", TextOf(server.Execute(WordsOf("EVALSHA", Hash, "0"))), StringComparison.Ordinal);
        Assert.Equal($"$40 {Hash}", TextOf(server.Execute(WordsOf("SCRIPT", "LOAD", "return 1"))));
        Assert.Equal(":1", TextOf(server.Execute(WordsOf("EVALSHA", Hash, "0"))));
        Assert.Equal("*2 :1 :0", TextOf(server.Execute(WordsOf("SCRIPT", "EXISTS", Hash, "0000"))));
    }

    [Fact]
    public void Bytes_of_every_value_pass_through_a_script_unchanged()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(static i => (byte)i)];
        var script = Encoding.ASCII.GetBytes("redis.call('SET', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])");
        var reply = server.Execute(new Words(["EVAL"u8.ToArray(), script, "1"u8.ToArray(), all, all]));
        Assert.Equal(all, Assert.IsType<Reply.Bulk>(reply).Value);
    }

    [Fact]
    public void A_key_ends_in_the_millisecond_in_which_its_time_is_over()
    {
        Last("SET a 1 PX 1000");
        clock.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Equal(":1", Last("PTTL a"));
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(":-2", Last("PTTL a"));
        Assert.Empty(server.KeysWith(""));
    }

    private static Words WordsOf(params string[] words) => new(Array.ConvertAll(words, Encoding.UTF8.GetBytes));

    private static string TextOf(Reply reply)
    {
        var output = new ArrayBufferWriter<byte>();
        reply.WriteTo(output);
        return Encoding.UTF8.GetString(output.WrittenSpan)[..^2].Replace("\r\n", " ", StringComparison.Ordinal);
    }

    private string Last(string commands) =>
        Array.ConvertAll(commands.Split(" | "), command => TextOf(server.Execute(WordsOf(command.Split(' ')))))[^1];
}
