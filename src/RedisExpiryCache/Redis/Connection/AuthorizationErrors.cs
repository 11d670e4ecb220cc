using System.Diagnostics;

namespace RedisExpiryCache.Redis.Connection;

/// <summary>
/// When Redis last turned this app away, or one of its commands, and by which word. What was a minute ago counts no more.
/// </summary>
internal sealed class AuthorizationErrors
{
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(1);

    private volatile Denial? last;

    private sealed record Denial(string Word, long Timestamp);

    public string? Recent => last is { } denial && Stopwatch.GetElapsedTime(denial.Timestamp) < Memory ? denial.Word : null;

    public void Note(string word) => last = new Denial(word, Stopwatch.GetTimestamp());
}
