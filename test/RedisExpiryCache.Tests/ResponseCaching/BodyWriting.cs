using System.Buffers;
using RedisExpiryCache.ResponseCaching.Origin;

namespace RedisExpiryCache.Tests.ResponseCaching;

/// <summary>All the ways by which an app can write a body.</summary>
internal enum WriteStep
{
    Write,
    WriteSpan,
    WriteAsync,
    BeginWrite,
    GetMemory,
    GetSpanAndAdvanceTwice,
    WriterWriteAsync,
    BufferWriterWrite,
    Flush,
    SendFile,
}

internal static class BodyWriting
{
    public static readonly byte[] Chunk = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];

    /// <summary>Writes so many bytes of <see cref="Chunk"/>, which the file holds too.</summary>
    public static async Task DoAsync(this CapturingResponseBody recorder, WriteStep step, int count, string file)
    {
        var bytes = Chunk.AsMemory(0, count);
        switch (step)
        {
            case WriteStep.Write:
                recorder.Stream.Write(Chunk, 256 - count, count);
                break;
            case WriteStep.WriteSpan:
                recorder.Stream.Write(bytes.Span);
                break;
            case WriteStep.WriteAsync:
                await recorder.Stream.WriteAsync(bytes);
                break;
            case WriteStep.BeginWrite:
                await Task.Factory.FromAsync(recorder.Stream.BeginWrite, recorder.Stream.EndWrite, Chunk, 0, count, null);
                break;
            case WriteStep.GetMemory:
                bytes.CopyTo(recorder.Writer.GetMemory(256));
                recorder.Writer.Advance(count);
                break;
            case WriteStep.GetSpanAndAdvanceTwice:
                bytes.Span.CopyTo(recorder.Writer.GetSpan(256));
                recorder.Writer.Advance(count / 2);
                recorder.Writer.Advance(count - count / 2);
                break;
            case WriteStep.WriterWriteAsync:
                await recorder.Writer.WriteAsync(bytes);
                break;
            case WriteStep.BufferWriterWrite:
                recorder.Writer.Write(bytes.Span);
                break;
            case WriteStep.Flush:
                await recorder.Stream.FlushAsync();
                break;
            default:
                await recorder.SendFileAsync(file, 256 - count, count);
                break;
        }
    }
}
