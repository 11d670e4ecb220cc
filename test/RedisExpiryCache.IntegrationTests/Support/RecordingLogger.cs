using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>Keeps what is logged, from any thread, at any level.</summary>
public sealed class RecordingLogger(string category, ConcurrentQueue<LogRecord> records) : ILogger
{
    public RecordingLogger() : this("", [])
    {
    }

    public IReadOnlyList<LogRecord> Records => [.. records];

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        ArgumentNullException.ThrowIfNull(formatter);
        var values = new Dictionary<string, object?>();
        foreach (var (name, value) in state as IEnumerable<KeyValuePair<string, object?>> ?? [])
        {
            values[name] = value;
        }

        records.Enqueue(new LogRecord(category, logLevel, eventId, formatter(state, exception), values, exception));
    }
}
