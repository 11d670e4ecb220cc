using RedisExpiryCache.IntegrationTests.Support;
using RedisExpiryCache.Tests.Testing;
using StackExchange.Redis;

namespace RedisExpiryCache.IntegrationTests.InMemory;

/// <summary>Redis gives the replies that the server in memory is tested for.</summary>
public sealed class RedisRepliesTests(RedisFixture fixture)
{
    private readonly string _prefix = fixture.Server.NewPrefix();

    [Theory]
    [MemberData(nameof(RedisReplies.OfCommands), MemberType = typeof(RedisReplies))]
    public async Task Redis_replies_so_to_a_command(string commands, string reply)
    {
        var last = "";
        foreach (var command in commands.Split(" | "))
            last = await TextOf([.. command.Split(' ').Select((word, i) => IsKey(word, i) ? _prefix + word : word)]);

        Assert.Equal(reply, reply.StartsWith('-') && last.StartsWith(reply, StringComparison.Ordinal) ? reply : last);
    }

    [Theory]
    [MemberData(nameof(RedisReplies.OfScripts), MemberType = typeof(RedisReplies))]
    public async Task Redis_replies_so_to_a_script(string script, string reply) =>
        Assert.StartsWith(reply, await TextOf("EVAL", script, "1", $"{_prefix}{Some.Key()}", "value"), StringComparison.Ordinal);

    private static bool IsKey(string word, int index) => index > 0 && word is ("a" or "b" or "c" or "h" or "l");

    private static string Describe(RedisResult reply) => reply switch
    {
        { Resp2Type: ResultType.Array } when (RedisResult[]?)reply is { } items => $"*{items.Length} {string.Join(' ', items.Select(Describe))}",
        { Resp2Type: ResultType.Integer } => $":{reply}",
        { Resp2Type: ResultType.SimpleString } => $"+{reply}",
        { IsNull: true } => "$-1",
        _ => $"${((byte[])reply!).Length} {reply}",
    };

    private async Task<string> TextOf(params string[] words)
    {
        try
        {
            return Describe(await fixture.Server.Raw.ExecuteAsync(words[0], [.. words[1..]]));
        }
        catch (RedisServerException refused)
        {
            return $"-{refused.Message}";
        }
    }
}
