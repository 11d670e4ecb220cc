using RedisExpiryCache.ResponseCaching.Origin;

namespace RedisExpiryCache.ResponseCaching.Storage;

/// <summary>Stores a response once its last byte is captured, while its client may still be reading.</summary>
/// <remarks>
/// The application is inside of the write of that byte. The fields are final when the response has started, after the callbacks of
/// middleware in front; then nothing changes what is stored any more. Otherwise the response is stored when the application returns.
/// </remarks>
internal sealed class EarlyStore : IDisposable
{
    /// <summary>An application that returns at once stores its response itself.</summary>
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(5), LongestPause = TimeSpan.FromMilliseconds(40);

    /// <summary>Which thread may look at the response.</summary>
    private const int None = 0, Application = 1, This = 2;

    private readonly ResponseCapture recording;
    private IDisposable? announcement;
    private int owner;
    private volatile bool hasEnded;
    private Task<bool>? storing;

    /// <param name="recording">The response.</param>
    /// <param name="hasStarted">Whether its fields are final.</param>
    /// <param name="announce">Announces that its target is being stored.</param>
    /// <param name="store">Stores it, where it may be stored; null: it is stored when the application has returned.</param>
    public EarlyStore(ResponseCapture recording, Func<bool> hasStarted, Func<IDisposable?> announce, Func<Task>? store = null)
    {
        this.recording = recording;
        recording.LastByteCaptured = () =>
        {
            announcement = announce();
            storing = store is null ? null : Task.Run(() => StoreAsync(hasStarted, store));
        };
    }

    /// <summary>The application has returned, or has thrown.</summary>
    /// <returns>True when the response has been stored, or refused, at its last byte: it is complete.</returns>
    public async ValueTask<bool> EndAsync()
    {
        hasEnded = true;
        return Interlocked.CompareExchange(ref owner, Application, None) == This && await storing!;
    }

    public void Dispose()
    {
        // The recording first: a write that comes late must not announce again.
        recording.Dispose();
        EndAnnouncement();
    }

    private void EndAnnouncement() => Interlocked.Exchange(ref announcement, null)?.Dispose();

    private async Task<bool> StoreAsync(Func<bool> hasStarted, Func<Task> store)
    {
        for (var pause = ShortestPause; pause <= LongestPause; pause *= 2)
        {
            await Task.Delay(pause, TimeProvider.System);
            if (hasEnded || Interlocked.CompareExchange(ref owner, This, None) != None)
                return false;

            if (hasStarted())
            {
                recording.CompleteAtLastByte();
                await store();
                EndAnnouncement();
                return true;
            }

            Volatile.Write(ref owner, None);
        }

        // Other requests do not wait for a client, nor for middleware in front.
        EndAnnouncement();
        return false;
    }
}
