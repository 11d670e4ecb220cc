using Microsoft.Extensions.Logging;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>One thing that was logged.</summary>
/// <param name="Values">The named values of the message template.</param>
public sealed record LogRecord(
    string Category,
    LogLevel Level,
    EventId Event,
    string Message,
    IReadOnlyDictionary<string, object?> Values,
    Exception? Exception);
