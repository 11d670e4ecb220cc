using System.Diagnostics;
using System.Text;
using StackExchange.Redis;

namespace RedisExpiryCache.ChaosTests.NearCache;

/// <summary>Read all things of an app at random, in bursts: other processes need the processors too.</summary>
internal sealed class NearReaders(NearApp app) : IAsyncDisposable
{
    private const int Readers = 4;
    private const int DataInBurst = 100;
    private const int PagesInBurst = 4;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    private readonly CancellationTokenSource _end = new();
    private Task _reading = Task.CompletedTask;

    public void Begin()
    {
        app.Tally.Begin();
        _reading = Task.WhenAll(Enumerable.Range(0, Readers).Select(_ => Task.Run(ReadUntilEndAsync)));
    }

    public async Task<NearReport> EndAsync()
    {
        await _end.CancelAsync();
        await _reading;
        return app.Tally.Report;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAny(_reading);
        _end.Dispose();
    }

    private async Task ReadUntilEndAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            // One that fails is enough for now: the next would too.
            for (var (i, isAnswered) = (0, true); i < DataInBurst && isAnswered; i++)
                isAnswered = await ReadDataAsync();

            for (var i = 0; i < PagesInBurst; i++)
                await ReadPageAsync();

            await Task.Delay(Pause, TimeProvider.System);
        }
    }

    /// <returns>Whether there was an answer.</returns>
    private async Task<bool> ReadDataAsync()
    {
        var thing = Random.Shared.Next(Things.Data);
        var began = Stopwatch.GetTimestamp();
        byte[]? bytes;
        try
        {
            bytes = await app.Cache.GetAsync(Things.NameOf(thing));
        }
        catch (Exception failure) when (failure is RedisException or TimeoutException)
        {
            app.Tally.Failed();
            return false;
        }

        if (bytes is null)
            app.Tally.FoundNothing();
        else
            app.Tally.Found(thing, Encoding.UTF8.GetString(bytes), began, NearTally.Bound);

        return true;
    }

    /// <summary>There is always an answer.</summary>
    private async Task ReadPageAsync()
    {
        var page = Things.Data + Random.Shared.Next(Things.Pages);
        var began = Stopwatch.GetTimestamp();
        try
        {
            app.Tally.Found(page, await app.Client.GetStringAsync(Things.NameOf(page)), began, NearTally.Bound);
        }
        catch (HttpRequestException failure)
        {
            app.Tally.Wrong($"No answer for {Things.NameOf(page)}: {failure.Message}");
        }
    }
}
