using System.Net;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RedisExpiryCache.Concurrency;
using RedisExpiryCache.Configuration;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Resilience;
using RedisExpiryCache.Telemetry;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis.Connection;

/// <summary>Connects when the application starts, and logs once whether Redis could be reached.</summary>
/// <remarks>
/// Failure policy: nothing waits for it and nothing fails by it. A connection that the application hands in is not opened here, for its
/// owner decides when; <see cref="StartupChecks"/> opens it where there will be requests that need it.
/// </remarks>
internal sealed class StartupConnection(RedisConnection connection, ILoggerFactory? loggerFactory) : IHostedService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly ILogger logger = loggerFactory?.CreateLogger<StartupConnection>() ?? NullLogger<StartupConnection>.Instance;
    private int begun;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (connection.OwnsMultiplexer)
            Begin();

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Once; later calls do nothing.</summary>
    public void Begin()
    {
        if (Interlocked.Exchange(ref begun, 1) == 0)
            ExecutionContextFlow.Begin(ReportAsync);
    }

    private async Task ReportAsync()
    {
        // As long as the connection's own time-out lets it take; a failure shows in the pings.
        await connection.Begin().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        for (var left = Patience; ; left -= Pause)
        {
            var failure = await TryPingAsync();
            if (connection.IsDisposed)
                return;

            if (failure is null)
            {
                logger.Connected(Endpoints());
                return;
            }

            if (left <= Pause || RedisErrors.KindOf(failure) is not (OperationErrorKind.RedisUnavailable or OperationErrorKind.RedisTimeout))
            {
                logger.NotConnected(Endpoints(), RedisErrors.KindOf(failure).Token(), RemedyOf(failure));
                return;
            }

            await Task.Delay(Pause, ReplyAwaiter.RealTime);
        }
    }

    /// <returns>Why Redis was not reached; null: it was.</returns>
    private async Task<Exception?> TryPingAsync()
    {
        try
        {
            var multiplexer = connection.Multiplexer ?? throw RedisFailures.NotYetConnected();
            await multiplexer.GetDatabase().PingAsync(RedisCommands.Primary).WaitAsync(Patience, ReplyAwaiter.RealTime);
            return null;
        }
        catch (Exception failure)
        {
            return failure;
        }
    }

    private string RemedyOf(Exception failure) => RedisErrors.KindOf(failure) switch
    {
        OperationErrorKind.RedisRefused when HasPassword => "Check the user and the password of the connection string.",
        OperationErrorKind.RedisRefused => "Redis may require a password: add password=… to the connection string.",
        _ => "Check the host and the port of the connection string, ssl=true where (and only where) Redis expects TLS, and that Redis runs "
            + "there.",
    };

    private string Endpoints() => string.Join(", ", EndPoints().Select(static endpoint => endpoint switch
    {
        DnsEndPoint named => $"{named.Host}:{named.Port}",
        _ => $"{endpoint}",
    }));

    private bool HasPassword =>
        connection.OwnsMultiplexer && !string.IsNullOrEmpty(MultiplexerConfiguration.Of(connection.Options).Password);

    private IEnumerable<EndPoint> EndPoints() => connection.OwnsMultiplexer
        ? MultiplexerConfiguration.Of(connection.Options).EndPoints
        : connection.Multiplexer?.GetEndPoints(configuredOnly: true) ?? [];
}
