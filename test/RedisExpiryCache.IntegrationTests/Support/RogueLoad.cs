using System.Buffers;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>What a load beside an endpoint that writes after its request has shown.</summary>
/// <param name="Answers">Of other pages, each compared byte by byte.</param>
/// <param name="Hits">Of these, answers from the cache.</param>
/// <param name="Rogue">Requests whose writes outlived them.</param>
/// <param name="ForeignBytes">Bytes of another response, or poison, in an answer.</param>
internal sealed record RogueOutcome(long Answers, long Hits, long Rogue, long ForeignBytes)
{
    public override string ToString() =>
        $"{Answers} answers checked, {Hits} of them hits, beside {Rogue} requests that went on writing; {ForeignBytes} foreign bytes found";
}

/// <summary>
/// Pages of 3 to 300 KB, each of one letter, beside an endpoint whose writes outlive its requests and a thread that poisons what lies in
/// the shared pool.
/// </summary>
internal sealed class RogueLoad(CachedApp app, long atMost)
{
    private const int Readers = 8, Rogues = 2, RequestsPerUrl = 4;
    private const byte Rogue = (byte)'R', Poison = (byte)'X';

    private static readonly int[] Sizes = [3_000, 10_000, 60_000, 120_000, 300_000];

    private long _answers;
    private long _hits;
    private long _rogue;
    private long _foreign;
    private long _asked;

    /// <param name="server">What the cache stores in.</param>
    /// <param name="time">How long it lasts.</param>
    /// <param name="atMost">It ends earlier after this many answers.</param>
    public static async Task<RogueOutcome> RunAsync(RedisServer server, TimeSpan time, long atMost = long.MaxValue)
    {
        await using var app = await CachedApp.StartAsync(server, Map);
        return await new RogueLoad(app, atMost).RunAsync(time);
    }

    private static void Map(WebApplication web)
    {
        web.MapGet("/page/{size:int}/{number:long}", static async (HttpContext context, int size, long number) =>
        {
            context.Response.Headers.CacheControl = "public, max-age=60";
            var chunk = new byte[7_000];
            chunk.AsSpan().Fill(LetterOf(number));
            for (var left = size; left > 0; left -= chunk.Length)
                await context.Response.Body.WriteAsync(chunk.AsMemory(0, Math.Min(left, chunk.Length)), context.RequestAborted);
        });
        web.MapGet("/rogue/{number:long}", static async (HttpContext context) =>
        {
            context.Response.Headers.CacheControl = "public, max-age=60";
            await context.Response.StartAsync();
            var body = context.Response.Body;
            var chunk = new byte[250_000];
            chunk.AsSpan().Fill(Rogue);
            _ = Task.Run(async () =>
            {
                for (var i = 0; i < 60; i++)
                {
                    try
                    {
                        await body.WriteAsync(chunk);
                    }
                    catch (Exception ended) when (
                        ended is ObjectDisposedException or InvalidOperationException or OperationCanceledException)
                    {
                        break;
                    }
                }
            });
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        });
    }

    private async Task<RogueOutcome> RunAsync(TimeSpan time)
    {
        using var end = new CancellationTokenSource(time);
        Task[] workers =
        [
            .. Enumerable.Range(0, Readers).Select(_ => Task.Run(() => ReadAsync(end))),
            .. Enumerable.Range(0, Rogues).Select(_ => Task.Run(() => AskRogueAsync(end.Token))),
            Task.Run(() => PoisonAsync(end.Token)),
        ];
        await Task.WhenAll(workers);
        return new RogueOutcome(_answers, _hits, _rogue, _foreign);
    }

    private async Task ReadAsync(CancellationTokenSource end)
    {
        while (!end.IsCancellationRequested)
        {
            var number = Interlocked.Increment(ref _asked) / RequestsPerUrl;
            var size = Sizes[number % Sizes.Length];
            var answer = await app.GetAsync(string.Create(CultureInfo.InvariantCulture, $"/page/{size}/{number}"));
            if (answer.IsHit)
                Interlocked.Increment(ref _hits);

            var right = answer.Status == HttpStatusCode.OK ? answer.Bytes.AsSpan().Count(LetterOf(number)) : 0;
            Interlocked.Add(ref _foreign, Math.Max(size, answer.Bytes.Length) - right);
            if (Interlocked.Increment(ref _answers) == atMost)
                await end.CancelAsync();
        }
    }

    private async Task AskRogueAsync(CancellationToken end)
    {
        // On connections of its own: a server may itself write what comes late into the next response of a connection.
        using var client = new HttpClient { BaseAddress = app.Address };
        while (!end.IsCancellationRequested)
        {
            var number = Interlocked.Increment(ref _rogue);
            try
            {
                var path = string.Create(CultureInfo.InvariantCulture, $"/rogue/{number}");
                await client.GetByteArrayAsync(new Uri(path, UriKind.Relative), end);
            }
            catch (Exception cut) when (cut is HttpRequestException or OperationCanceledException)
            {
                // Its own answer may be cut: what is looked at are the others.
                continue;
            }
        }
    }

    /// <summary>What is in the pool may be overwritten by anybody who rents it.</summary>
    private static async Task PoisonAsync(CancellationToken end)
    {
        var rented = new List<byte[]>();
        while (!end.IsCancellationRequested)
        {
            for (var size = 4 * 1024; size <= 256 * 1024; size *= 2)
            {
                for (var i = 0; i < 4; i++)
                    rented.Add(ArrayPool<byte>.Shared.Rent(size));
            }

            foreach (var array in rented)
            {
                array.AsSpan().Fill(Poison);
                ArrayPool<byte>.Shared.Return(array);
            }

            rented.Clear();
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, CancellationToken.None);
        }
    }

    private static byte LetterOf(long number) => (byte)('a' + (number % 26));
}
