using System.Buffers;
using CsCheck;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.ResponseCaching.Origin;
using static RedisExpiryCache.Tests.ResponseCaching.BodyWriting;

namespace RedisExpiryCache.Tests.ResponseCaching.Origin;

/// <summary>What is written before it is decided whether the response is for the client waits for that.</summary>
public class UndecidedBodyTests
{
    /// <summary>Undecided until it is asked, as the recording of a response does it.</summary>
    private sealed class Decision(bool isHeldBack)
    {
        public bool IsAsked { get; private set; }

        public bool IsUndecided() => !IsAsked;

        public bool Ask()
        {
            IsAsked = true;
            return isHeldBack;
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_written_and_not_flushed_decides_nothing(bool isHeldBack)
    {
        using var real = new MemoryStream();
        using var recorded = new BodyBuffer(long.MaxValue);
        var decision = new Decision(isHeldBack);
        var recorder = new CapturingResponseBody(new StreamResponseBodyFeature(real), recorded, decision.Ask, decision.IsUndecided);

        recorder.Writer.Write("some"u8);
        recorder.Writer.Write(" more"u8);

        Assert.False(decision.IsAsked);
        Assert.Equal(9, recorder.Writer.UnflushedBytes);
        Assert.Equal((0, 0), (real.Length, recorded.Length));
    }

    [Theory]
    [InlineData(WriteStep.Write)]
    [InlineData(WriteStep.WriteSpan)]
    [InlineData(WriteStep.WriteAsync)]
    [InlineData(WriteStep.BeginWrite)]
    [InlineData(WriteStep.WriterWriteAsync)]
    [InlineData(WriteStep.Flush)]
    [InlineData(WriteStep.SendFile)]
    internal async Task What_goes_out_lets_go_of_what_waits(WriteStep step)
    {
        foreach (var isHeldBack in new[] { true, false })
        {
            var file = Path.GetTempFileName();
            await File.WriteAllBytesAsync(file, Chunk, TestContext.Current.CancellationToken);
            using var real = new MemoryStream();
            using var recorded = new BodyBuffer(long.MaxValue);
            var decision = new Decision(isHeldBack);
            var recorder = new CapturingResponseBody(new StreamResponseBodyFeature(real), recorded, decision.Ask, decision.IsUndecided);

            recorder.Writer.Write("first"u8);
            await recorder.DoAsync(step, count: 256, file);
            await recorder.Writer.FlushAsync(TestContext.Current.CancellationToken);
            File.Delete(file);

            byte[] expected = isHeldBack ? [] : [.. "first"u8, .. step == WriteStep.Flush ? [] : Chunk];
            Assert.True(decision.IsAsked);
            Assert.Equal(expected, recorded.ToSequence().ToArray());
            Assert.Equal(expected.Length, real.Length);
        }
    }

    [Theory]
    [InlineData("start")]
    [InlineData("complete")]
    [InlineData("writer")]
    [InlineData("writer async")]
    [InlineData("writer flush")]
    [InlineData("asked")]
    public async Task The_end_lets_go_too(string step)
    {
        foreach (var isHeldBack in new[] { true, false })
        {
            using var real = new MemoryStream();
            using var recorded = new BodyBuffer(long.MaxValue);
            var decision = new Decision(isHeldBack);
            var recorder = new CapturingResponseBody(new StreamResponseBodyFeature(real), recorded, decision.Ask, decision.IsUndecided);
            recorder.Writer.Write("waits"u8);

            await DoAsync(recorder, step);

            Assert.True(decision.IsAsked);
            Assert.Equal(isHeldBack ? "" : "waits", System.Text.Encoding.ASCII.GetString(recorded.ToSequence().ToArray()));
            Assert.Equal(0, isHeldBack ? recorder.Writer.UnflushedBytes + real.Length : 0);
        }
    }

    private static async Task DoAsync(CapturingResponseBody recorder, string step)
    {
        switch (step)
        {
            case "start":
                await recorder.StartAsync(TestContext.Current.CancellationToken);
                break;
            case "complete":
                await recorder.CompleteAsync();
                break;
            case "writer":
                recorder.Writer.Complete();
                break;
            case "writer async":
                await recorder.Writer.CompleteAsync();
                break;
            case "writer flush":
                await recorder.Writer.FlushAsync(TestContext.Current.CancellationToken);
                break;
            default:
                recorder.IsHeldBack();
                break;
        }
    }

    [Fact]
    public async Task What_is_written_after_the_decision_comes_behind_what_waited()
    {
        using var real = new MemoryStream();
        using var recorded = new BodyBuffer(long.MaxValue);
        var isUndecided = true;
        var recorder = new CapturingResponseBody(new StreamResponseBodyFeature(real), recorded, static () => false, () => isUndecided);

        recorder.Writer.Write("first "u8);
        isUndecided = false;
        recorder.Writer.Write("second"u8);
        await recorder.Writer.FlushAsync(TestContext.Current.CancellationToken);

        Assert.Equal("first second"u8.ToArray(), real.ToArray());
        Assert.Equal("first second"u8.ToArray(), recorded.ToSequence().ToArray());
    }

    [Fact]
    public void Where_it_never_is_undecided_nothing_waits()
    {
        using var real = new MemoryStream();
        using var recorded = new BodyBuffer(long.MaxValue);
        var recorder = new CapturingResponseBody(new StreamResponseBodyFeature(real), recorded, static () => false);

        recorder.Writer.Write("some"u8);

        Assert.Equal("some"u8.ToArray(), recorded.ToSequence().ToArray());
    }

    [Fact]
    public async Task What_went_out_is_what_was_kept_whenever_it_was_decided()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllBytesAsync(file, Chunk, TestContext.Current.CancellationToken);
        await Gen.Select(Gen.Int[0, Enum.GetValues<WriteStep>().Length - 1], Gen.Int[0, 256]).Array[1, 12].SampleAsync(async steps =>
        {
            using var real = new MemoryStream();
            using var recorded = new BodyBuffer(long.MaxValue);
            var decision = new Decision(isHeldBack: false);
            var recorder = new CapturingResponseBody(new StreamResponseBodyFeature(real), recorded, decision.Ask, decision.IsUndecided);
            var written = 0;
            foreach (var (step, count) in steps)
            {
                await recorder.DoAsync((WriteStep)step, count, file);
                written += (WriteStep)step == WriteStep.Flush ? 0 : count;
                // A PipeWriter over a stream and the stream itself are in step only after a flush.
                if (decision.IsAsked)
                    await recorder.Writer.FlushAsync();
            }

            await recorder.Writer.FlushAsync();
            return real.Length == written && recorded.ToSequence().ToArray().Length == written && !recorded.IsBroken;
        }, iter: 300);
        File.Delete(file);
    }
}
