using System.Buffers;
using System.IO.Pipelines;
using CsCheck;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using RedisExpiryCache.ResponseCaching.Origin;
using static RedisExpiryCache.Tests.ResponseCaching.BodyWriting;

namespace RedisExpiryCache.Tests.ResponseCaching.Origin;

public class CapturingResponseBodyTests
{
    [Fact]
    public async Task What_went_out_is_what_was_kept_however_it_was_written()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllBytesAsync(file, Chunk, TestContext.Current.CancellationToken);
        await Gen.Select(Gen.Int[0, Enum.GetValues<WriteStep>().Length - 1], Gen.Int[0, 256]).Array[1, 12].SampleAsync(async steps =>
        {
            using var real = new MemoryStream();
            using var recorded = new BodyBuffer(long.MaxValue);
            var recorder = new CapturingResponseBody(new StreamResponseBodyFeature(real), recorded, static () => false);
            foreach (var (step, count) in steps)
            {
                await recorder.DoAsync((WriteStep)step, count, file);
                // A PipeWriter over a stream and the stream itself are in step only after a flush.
                await recorder.Writer.FlushAsync();
            }

            return real.ToArray().AsSpan().SequenceEqual(recorded.ToSequence().ToArray()) && !recorded.IsBroken;
        }, iter: 300);
        File.Delete(file);
    }

    [Fact]
    public async Task Past_the_limit_everything_still_goes_out()
    {
        using var real = new MemoryStream();
        using var recorded = new BodyBuffer(300);
        var recorder = new CapturingResponseBody(new StreamResponseBodyFeature(real), recorded, static () => false);
        for (var i = 0; i < 3; i++)
            await recorder.Stream.WriteAsync(Chunk, TestContext.Current.CancellationToken);

        Assert.Equal(3 * Chunk.Length, real.Length);
        Assert.True(recorded.IsOverLimit);
    }

    /// <summary>An app may catch what a write throws and go on: then what was kept is not what the client got.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_write_that_failed_is_not_kept_as_if_it_had_gone_out(bool byStream)
    {
        using var real = new RefusingStream();
        using var recorded = new BodyBuffer(long.MaxValue);
        var recorder = new CapturingResponseBody(new StreamResponseBodyFeature(real), recorded, static () => false);
        real.Refuses = true;
        await Assert.ThrowsAsync<IOException>(async () =>
        {
            if (byStream)
                await recorder.Stream.WriteAsync(Chunk, TestContext.Current.CancellationToken);
            else
                await recorder.Writer.WriteAsync(Chunk, TestContext.Current.CancellationToken);
        });
        real.Refuses = false;
        await recorder.Stream.WriteAsync("instead"u8.ToArray(), TestContext.Current.CancellationToken);

        Assert.True(recorded.IsBroken);
        Assert.True(recorded.ToSequence().IsEmpty);
        Assert.Equal("instead"u8.ToArray(), real.ToArray());
    }

    [Fact]
    public async Task A_blocking_write_that_failed_is_not_kept_either()
    {
        await using var real = new RefusingStream { Refuses = true };
        using var recorded = new BodyBuffer(long.MaxValue);
        var stream = new CapturingResponseBody(new StreamResponseBodyFeature(real), recorded, static () => false).Stream;
        Assert.Throws<IOException>(() => stream.Write(Chunk));
        Assert.True(recorded.IsBroken);
    }

    [Fact]
    public void The_stream_can_be_written_and_nothing_else()
    {
        using var recorded = new BodyBuffer(1);
        var stream = new CapturingResponseBody(new StreamResponseBodyFeature(Stream.Null), recorded, static () => false).Stream;
        Assert.True(stream is { CanWrite: true, CanRead: false, CanSeek: false });
        Assert.Throws<NotSupportedException>(() => stream.Length);
        Assert.Throws<NotSupportedException>(() => stream.Position);
        Assert.Throws<NotSupportedException>(() => stream.Position = 1);
        Assert.Throws<NotSupportedException>(() => stream.ReadByte());
        Assert.Throws<NotSupportedException>(() => stream.Seek(0, SeekOrigin.Begin));
        Assert.Throws<NotSupportedException>(() => stream.SetLength(0));
    }

    private sealed class RefusingStream : MemoryStream
    {
        public bool Refuses { get; set; }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            ThrowIfRefusing();
            base.Write(buffer);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            ThrowIfRefusing();
            return base.WriteAsync(buffer, cancellationToken);
        }

        private void ThrowIfRefusing()
        {
            if (Refuses)
                throw new IOException("on purpose");
        }
    }
}
