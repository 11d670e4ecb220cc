using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using RedisExpiryCache.ResponseCaching.Origin;

namespace RedisExpiryCache.Tests.ResponseCaching.Origin;

/// <summary>A response that is not for the client leaves the real one as it was.</summary>
public class HeldBackTests
{
    [Theory]
    [InlineData(WriteStep.Write)]
    [InlineData(WriteStep.WriteSpan)]
    [InlineData(WriteStep.WriteAsync)]
    [InlineData(WriteStep.BeginWrite)]
    [InlineData(WriteStep.GetMemory)]
    [InlineData(WriteStep.GetSpanAndAdvanceTwice)]
    [InlineData(WriteStep.WriterWriteAsync)]
    [InlineData(WriteStep.BufferWriterWrite)]
    [InlineData(WriteStep.Flush)]
    [InlineData(WriteStep.SendFile)]
    internal async Task What_is_written_goes_nowhere_however_it_is_written(WriteStep step)
    {
        var file = Path.GetTempFileName();
        await File.WriteAllBytesAsync(file, BodyWriting.Chunk, TestContext.Current.CancellationToken);
        using var real = new FlushCountingStream();
        using var recorded = new BodyBuffer(long.MaxValue);
        var body = new RealBody(real);
        var recorder = new CapturingResponseBody(body, recorded, static () => true);

        await recorder.DoAsync(step, count: 200, file);
        var flushed = await recorder.Writer.FlushAsync(TestContext.Current.CancellationToken);
        File.Delete(file);

        Assert.Equal((0, 0, 0), (real.Length, body.Writer.UnflushedBytes, real.Flushes));
        Assert.Empty(body.Calls);
        Assert.True(recorded is { Length: 0, IsRecording: true, IsBroken: false });
        Assert.False(flushed.IsCanceled || flushed.IsCompleted);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nothing_is_started_flushed_or_completed(bool isHeldBack)
    {
        var ended = false;
        using var real = new FlushCountingStream();
        using var recorded = new BodyBuffer(long.MaxValue);
        var body = new RealBody(real);
        var recorder = new CapturingResponseBody(body, recorded, () => isHeldBack);
        recorded.NotifyAt(null, () => ended = true);

        await recorder.StartAsync(TestContext.Current.CancellationToken);
        recorder.Stream.Flush();
        await recorder.Stream.FlushAsync(TestContext.Current.CancellationToken);
        await recorder.CompleteAsync();

        Assert.Equal(isHeldBack ? [] : ["start", "complete"], body.Calls);
        Assert.Equal(isHeldBack ? 0 : 2, real.Flushes);
        Assert.Equal(!isHeldBack, ended);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task A_writer_is_completed_for_the_app_alone(bool isHeldBack, bool isAsync)
    {
        using var recorded = new BodyBuffer(long.MaxValue);
        var body = new PipedBody();
        var writer = new CapturingResponseBody(body, recorded, () => isHeldBack).Writer;

        if (isAsync)
            await writer.CompleteAsync(new IOException("on purpose"));
        else
            writer.Complete(new IOException("on purpose"));

        Assert.Equal(!isHeldBack, body.IsWriterCompleted);
        Assert.Equal(!isHeldBack, recorded.IsBroken);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_writer_that_is_completed_without_an_error_breaks_nothing(bool isAsync)
    {
        using var recorded = new BodyBuffer(long.MaxValue);
        var body = new PipedBody();
        var writer = new CapturingResponseBody(body, recorded, static () => false).Writer;

        if (isAsync)
            await writer.CompleteAsync();
        else
            writer.Complete();

        Assert.True(body.IsWriterCompleted);
        Assert.False(recorded.IsBroken);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_flush_does_not_reach_the_real_writer(bool isHeldBack)
    {
        using var recorded = new BodyBuffer(long.MaxValue);
        var writer = new CapturingResponseBody(new PipedBody(), recorded, () => isHeldBack).Writer;

        writer.CancelPendingFlush();
        var result = await writer.FlushAsync(TestContext.Current.CancellationToken);

        Assert.Equal(!isHeldBack, result.IsCanceled);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100_000)]
    public void There_is_room_to_write_in(int sizeHint)
    {
        using var recorded = new BodyBuffer(long.MaxValue);
        var writer = new CapturingResponseBody(new RealBody(Stream.Null), recorded, static () => true).Writer;

        Assert.InRange(writer.GetMemory(sizeHint).Length, Math.Max(1, sizeHint), int.MaxValue);
        Assert.InRange(writer.GetSpan(sizeHint).Length, Math.Max(1, sizeHint), int.MaxValue);
    }

    [Fact]
    public async Task A_canceled_write_may_not_have_gone_out()
    {
        using var recorded = new BodyBuffer(long.MaxValue);
        var writer = new CapturingResponseBody(new PipedBody(), recorded, static () => false).Writer;

        writer.CancelPendingFlush();
        var result = await writer.WriteAsync("lost"u8.ToArray(), TestContext.Current.CancellationToken);

        Assert.True(result.IsCanceled);
        Assert.True(recorded.IsBroken);
    }

    private sealed class RealBody(Stream stream) : StreamResponseBodyFeature(stream)
    {
        public List<string> Calls { get; } = [];

        public override Task StartAsync(CancellationToken cancellationToken = default) => Called("start");

        public override Task CompleteAsync() => Called("complete");

        public override Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken) => Called("file");

        private Task Called(string name)
        {
            Calls.Add(name);
            return Task.CompletedTask;
        }
    }

    /// <summary>A body whose other end knows when its writer was completed.</summary>
    private sealed class PipedBody() : StreamResponseBodyFeature(Stream.Null), IHttpResponseBodyFeature
    {
        private readonly Pipe pipe = new();

        PipeWriter IHttpResponseBodyFeature.Writer => pipe.Writer;

        public bool IsWriterCompleted
        {
            get
            {
                try
                {
                    return pipe.Reader.TryRead(out var read) && read.IsCompleted;
                }
                catch (IOException)
                {
                    return true;
                }
            }
        }
    }

    private sealed class FlushCountingStream : MemoryStream
    {
        public int Flushes { get; private set; }

        public override void Flush() => Flushes++;

        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            Flushes++;
            return Task.CompletedTask;
        }
    }
}
