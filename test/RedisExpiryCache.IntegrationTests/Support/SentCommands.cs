namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>What one cache sent to its server, told from what everybody else did, and from what the client library says of itself.</summary>
internal sealed class SentCommands(CommandLog log, RedisExpiringCache cache)
{
    private static readonly string[] Chatter = ["PING", "INFO", "ECHO", "CLIENT", "CONFIG", "CLUSTER", "SENTINEL", "HELLO", "SELECT", "READONLY"];

    /// <summary>The commands that an act sends, also what rides behind it.</summary>
    public async Task<IReadOnlyList<MonitorLine>> ByAsync(Func<Task> act)
    {
        await MarkAsync();
        var before = log.ClientLines.Count;
        await act();
        var mark = await MarkAsync();
        return
        [
            .. log.ClientLines.Skip(before)
                .TakeWhile(line => line != mark)
                .Where(line => line.Source == mark.Source && !Chatter.Contains(line.Command)),
        ];
    }

    /// <summary>Names alone.</summary>
    public async Task<IReadOnlyList<string>> NamesByAsync(Func<Task> act) => [.. (await ByAsync(act)).Select(line => line.Command)];

    // A command of the same connection arrives after all that was sent before it.
    private async Task<MonitorLine> MarkAsync()
    {
        var mark = $"mark-{Some.Word()}";
        await cache.RemoveAsync(mark, TestContext.Current.CancellationToken);
        return await log.WaitForAsync(line => line.Words[^1].EndsWith(mark, StringComparison.Ordinal), TimeSpan.FromSeconds(20));
    }
}
