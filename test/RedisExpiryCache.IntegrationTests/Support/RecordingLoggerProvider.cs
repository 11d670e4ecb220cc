using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>Everything that a host logs, all categories in one list: <c>builder.Logging.AddProvider(provider)</c>.</summary>
public sealed class RecordingLoggerProvider : ILoggerProvider
{
    private readonly ConcurrentQueue<LogRecord> _records = [];

    public IReadOnlyList<LogRecord> Records => [.. _records];

    public ILogger CreateLogger(string categoryName) => new RecordingLogger(categoryName, _records);

    public void Dispose()
    {
        // Nothing to release: a test reads the records after its host is gone.
    }
}
