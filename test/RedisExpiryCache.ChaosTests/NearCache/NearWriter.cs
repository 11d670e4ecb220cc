using System.Buffers;
using System.Diagnostics;
using System.Text;
using RedisExpiryCache.Expiry;
using RedisExpiryCache.IntegrationTests.Support;
using RedisExpiryCache.Redis.Entries;
using StackExchange.Redis;

namespace RedisExpiryCache.ChaosTests.NearCache;

/// <summary>
/// Changes all things, in all the ways there are, and writes down what was acknowledged. It has a near cache too: what it has changed by the library, it looks at at once.
/// What failed may still be done, so a thing is left alone until something asked later of the same connection was answered.
/// </summary>
internal sealed class NearWriter(RedisServer server, string prefix, NearApp app) : IAsyncDisposable
{
    private const int Hands = 3;
    private const string Tag = "tagged";

    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan BetweenTags = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenFlushes = TimeSpan.FromSeconds(3);

    private readonly SemaphoreSlim[] _locks = [.. Enumerable.Range(0, Things.Count).Select(static _ => new SemaphoreSlim(1))];
    private readonly CancellationTokenSource _end = new();
    private Task _writing = Task.CompletedTask;
    private long _acknowledged;
    private long _refused;

    /// <summary>Changes that returned.</summary>
    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    /// <summary>Changes that threw.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>What it saw itself, right after its own changes.</summary>
    public NearReport OwnReads => app.Tally.Report;

    /// <summary>All data is there by the time that this returns.</summary>
    public async Task BeginAsync()
    {
        await SetAsync(Things.AllData);
        var hands = Enumerable.Range(0, Hands).Select(_ => RepeatAsync(ChangeAsync, static () => TimeSpan.FromMilliseconds(Random.Shared.Next(2, 12))));
        _writing = Task.WhenAll([.. hands, RepeatAsync(RemoveByTagAsync, static () => BetweenTags), RepeatAsync(FlushAsync, static () => BetweenFlushes)]);
    }

    /// <summary>Throws what went wrong and is not a violation.</summary>
    public async Task EndAsync()
    {
        await _end.CancelAsync();
        await _writing;
    }

    public Task SetAsync(int thing) => ByLibraryAsync(
        [thing],
        version => app.Cache.SetAsync(Things.NameOf(thing), new(BytesOf(thing, version)), Caches.Relative(Lifetime.TotalSeconds), Things.IsTagged(thing) ? [Tag] : []).AsTask());

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAny(_writing);
        _end.Dispose();
        foreach (var one in _locks)
            one.Dispose();
    }

    private static byte[] BytesOf(int thing, long version) => Encoding.UTF8.GetBytes(Things.TextOf(thing, version));

    private async Task RepeatAsync(Func<Task> act, Func<TimeSpan> pause)
    {
        while (!_end.IsCancellationRequested)
        {
            await Task.WhenAny(Task.Delay(pause(), TimeProvider.System, _end.Token));
            await act();
        }
    }

    private Task ChangeAsync() => Random.Shared.Next(100) < 85
        ? ChangeDataAsync(Random.Shared.Next(Things.Data))
        : ChangePagesAsync(Things.Data + Random.Shared.Next(Things.Pages));

    /// <summary>What is removed is not gone for long: what is not there, nobody has a copy of.</summary>
    private async Task ChangeDataAsync(int thing)
    {
        var how = Random.Shared.Next(100);
        if (how < 5)
            await ByLibraryAsync([thing], _ => app.Cache.RemoveAsync(Things.NameOf(thing)));
        else if (how < 10)
            await ByHandAsync([thing], _ => server.Raw.KeyDeleteAsync(prefix + Things.NameOf(thing)));

        if (how % 5 == 0 && !Things.IsTagged(thing))
            await ByHandAsync([thing], version => server.Raw.StringSetAsync(prefix + Things.NameOf(thing), EntryOf(thing, version), Lifetime));
        else
            await SetAsync(thing);
    }

    private Task ChangePagesAsync(int page) => Random.Shared.Next(100) switch
    {
        0 => ByLibraryAsync(Things.AllPages, _ => app.Control.EvictAllAsync().AsTask()),
        < 3 => ByLibraryAsync(Things.AllPages, _ => app.Control.EvictByTagAsync("pages").AsTask()),
        < 15 => ByHandAsync([page], _ => server.Raw.KeyDeleteAsync($"{prefix}GET:{Things.NameOf(page)}")),
        < 25 => ByHandAsync([page], _ => server.Raw.KeyDeleteAsync($"{prefix}tag:http:page:{page}")),
        < 60 => ByLibraryAsync([page], _ => app.Control.EvictByTagAsync($"page:{page}").AsTask()),
        _ => ByLibraryAsync([page], _ => app.Control.EvictAsync(Things.NameOf(page)).AsTask()),
    };

    private async Task FlushAsync()
    {
        await ByHandAsync([.. Things.AllData, .. Things.AllPages], _ => server.Raw.ExecuteAsync("FLUSHALL"));
        await SetAsync(Things.AllData);
    }

    private async Task RemoveByTagAsync()
    {
        await ByLibraryAsync(Things.Tagged, _ => app.Cache.RemoveByTagAsync(Tag).AsTask());
        await SetAsync(Things.Tagged);
    }

    private async Task SetAsync(IEnumerable<int> things)
    {
        foreach (var thing in things)
            await SetAsync(thing);
    }

    /// <summary>As another app writes it.</summary>
    private byte[] EntryOf(int thing, long version)
    {
        var payload = new EntryPayload(default, new ReadOnlySequence<byte>(BytesOf(thing, version)));
        var expiry = new EntryExpiry();
        var bytes = new byte[CompactEntryCodec.EncodedSize(expiry, default, payload.Length)];
        CompactEntryCodec.Encode(bytes, CompactEntryCodec.SeedOf(prefix + Things.NameOf(thing), EntryKind.Data), expiry, default, payload);
        return bytes;
    }

    private Task ByHandAsync(IReadOnlyList<int> things, Func<long, Task> change) => ChangeAsync(things, change, () => server.Raw.PingAsync(), thenLook: false);

    private Task ByLibraryAsync(IReadOnlyList<int> things, Func<long, Task> change) =>
        ChangeAsync(things, change, () => app.Cache.GetLifetimeAsync("anything").AsTask(), thenLook: true);

    /// <param name="things">What changes, in ascending order.</param>
    /// <param name="change">How; given the version of the first.</param>
    /// <param name="ask">Something of the same connection.</param>
    /// <param name="thenLook">Whether it is to be seen here at once.</param>
    private async Task ChangeAsync(IReadOnlyList<int> things, Func<long, Task> change, Func<Task> ask, bool thenLook)
    {
        foreach (var thing in things)
            await _locks[thing].WaitAsync();

        try
        {
            long[] versions = [.. things.Select(app.Board.Bump)];
            if (!await TryAsync(() => change(versions[0])))
            {
                Interlocked.Increment(ref _refused);
                await Eventually.True(() => TryAsync(ask), NearNode.Deadline, "an answer after a failure");
                return;
            }

            var now = Stopwatch.GetTimestamp();
            foreach (var (thing, version) in things.Zip(versions))
                app.Board.Acknowledge(thing, version, now);

            Interlocked.Increment(ref _acknowledged);
            if (thenLook)
                await TryAsync(() => LookAsync(things[^1]));
        }
        finally
        {
            foreach (var thing in things)
                _locks[thing].Release();
        }
    }

    private async Task LookAsync(int thing)
    {
        var began = Stopwatch.GetTimestamp();
        if (Things.IsPage(thing))
            app.Tally.Found(thing, await app.Client.GetStringAsync(Things.NameOf(thing)), began, bound: TimeSpan.Zero);
        else if (await app.Cache.GetAsync(Things.NameOf(thing)) is { } bytes)
            app.Tally.Found(thing, Encoding.UTF8.GetString(bytes), began, bound: TimeSpan.Zero);
        else
            app.Tally.FoundNothing();
    }

    private static async Task<bool> TryAsync(Func<Task> act)
    {
        try
        {
            await act();
            return true;
        }
        catch (Exception failure) when (failure is RedisException or TimeoutException)
        {
            return false;
        }
    }
}
