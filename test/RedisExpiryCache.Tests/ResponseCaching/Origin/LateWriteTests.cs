using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using RedisExpiryCache.ResponseCaching.Origin;
using RedisExpiryCache.ResponseCaching.Policies;

namespace RedisExpiryCache.Tests.ResponseCaching.Origin;

/// <summary>Writes of an application that goes on after its request.</summary>
public class LateWriteTests
{
    private const int Rounds = 300;

    [Theory]
    [InlineData("dispose")]
    [InlineData("stop")]
    [InlineData("break")]
    public async Task A_write_while_the_recording_ends_never_reaches_a_returned_array(string end)
    {
        var chunk = new byte[250_000];
        var pool = new PoisoningPool();
        for (var round = 0; round < Rounds; round++)
        {
            var recorded = new BodyBuffer(long.MaxValue, pool: pool);
            recorded.Append(chunk);
            using var started = new ManualResetEventSlim();
            var writing = Task.Run(
                () =>
                {
                    started.Set();
                    for (var i = 0; i < 4; i++)
                        recorded.Append(chunk);
                },
                TestContext.Current.CancellationToken);
            started.Wait(TestContext.Current.CancellationToken);
            Thread.SpinWait(round * 20);
            End(recorded, end);
            await writing;
            recorded.Dispose();
        }

        Assert.True(pool.Returned >= Rounds);
        Assert.True(pool.IsClean);
    }

    [Theory]
    [InlineData("stop")]
    [InlineData("break")]
    public void A_body_that_is_being_stored_keeps_its_bytes_whatever_comes_late(string late)
    {
        using var recorded = new BodyBuffer(long.MaxValue, pool: new PoisoningPool());
        recorded.Append("body"u8);
        var body = recorded.ToSequence();

        End(recorded, late);
        recorded.Append(" and more"u8);

        Assert.Equal("body", Encoding.ASCII.GetString(body.ToArray()));
        Assert.True(recorded is { Length: 4, IsBroken: false, IsRecording: true });
    }

    [Fact]
    public void A_late_write_does_not_push_a_sealed_body_over_its_limit()
    {
        var exceeded = false;
        using var recorded = new BodyBuffer(4, () => exceeded = true);
        recorded.Append("body"u8);
        recorded.Seal();
        recorded.Append("!"u8);

        Assert.False(exceeded || recorded.IsOverLimit);
    }

    [Fact]
    public void The_mark_is_never_called_after_disposal()
    {
        var calls = 0;
        var recorded = new BodyBuffer(100);
        recorded.NotifyAt(4, () => calls++);
        recorded.Dispose();
        recorded.Append("body"u8);
        recorded.End();

        Assert.Equal(0, calls);
    }

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
    internal async Task A_write_after_the_end_of_the_request_throws_and_writes_nothing(WriteStep step)
    {
        var file = Path.GetTempFileName();
        await File.WriteAllBytesAsync(file, BodyWriting.Chunk, TestContext.Current.CancellationToken);
        using var real = new MemoryStream();
        using var recorded = new BodyBuffer(long.MaxValue);
        var recorder = new CapturingResponseBody(new StreamResponseBodyFeature(real), recorded, static () => false);
        await recorder.DoAsync(step, count: 100, file);
        await recorder.Writer.FlushAsync(TestContext.Current.CancellationToken);
        var before = (real.Length, recorded.Length);
        recorder.End();

        for (var i = 0; i < 10; i++)
            await Assert.ThrowsAsync<ObjectDisposedException>(() => recorder.DoAsync(step, count: 100, file));

        File.Delete(file);
        Assert.Equal(before, (real.Length, recorded.Length));
    }

    [Fact]
    public async Task Nothing_of_a_body_feature_that_was_kept_reaches_the_server_after_the_end_of_the_request()
    {
        using var recorded = new BodyBuffer(long.MaxValue);
        var server = new SilentBody();
        var recorder = new CapturingResponseBody(server, recorded, static () => false);
        var (stream, writer) = (recorder.Stream, recorder.Writer);
        recorder.End();

        Assert.Throws<ObjectDisposedException>(recorder.DisableBuffering);
        Assert.Throws<ObjectDisposedException>(writer.CancelPendingFlush);
        Assert.Throws<ObjectDisposedException>(() => writer.Complete());
        Assert.Throws<ObjectDisposedException>(stream.Flush);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => recorder.StartAsync(TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<ObjectDisposedException>(recorder.CompleteAsync);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => writer.CompleteAsync().AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => writer.FlushAsync(TestContext.Current.CancellationToken).AsTask());
        Assert.Equal(0, server.Calls);
    }

    [Fact]
    public void Memory_that_was_handed_out_before_the_end_is_not_read_afterwards()
    {
        using var recorded = new BodyBuffer(long.MaxValue);
        var writer = new CapturingResponseBody(new StreamResponseBodyFeature(new MemoryStream()), recorded, static () => false) is var recorder
            ? recorder.Writer : null!;
        writer.GetMemory(10);
        recorder.End();

        Assert.Throws<ObjectDisposedException>(() => writer.Advance(10));
        Assert.Equal(0, recorded.Length);
    }

    [Fact]
    public void Bytes_that_wait_at_the_end_stay_where_they_are()
    {
        using var real = new MemoryStream();
        using var recorded = new BodyBuffer(long.MaxValue);
        var recorder = new CapturingResponseBody(new StreamResponseBodyFeature(real), recorded, static () => false, static () => true);
        recorder.Writer.Write("waits"u8);
        recorder.End();

        Assert.Throws<ObjectDisposedException>(() => recorder.IsHeldBack());
        Assert.Equal((0, 0), (real.Length, recorded.Length));
    }

    /// <summary>The server uses the same response again for the next request, which has not started.</summary>
    [Fact]
    public void A_cache_feature_that_was_kept_changes_nothing_after_the_end_of_the_request()
    {
        var feature = new ResponseCacheFeature(ResponsePolicy.None, new DefaultHttpContext().Response);
        feature.AddTags("a");
        feature.Close();

        Assert.Throws<InvalidOperationException>(() => feature.AddTags("b"));
        Assert.Throws<InvalidOperationException>(() => feature.VaryByHeader("X-A"));
        Assert.Throws<InvalidOperationException>(() => feature.NoStore = true);
        Assert.Throws<InvalidOperationException>(() => feature.Duration = TimeSpan.FromSeconds(1));
        Assert.Equal("a", Assert.Single(feature.Tags));
        Assert.Empty(feature.HeaderNames);
    }

    [Fact]
    public void Tags_that_are_added_while_they_are_read_do_not_disturb_the_reader()
    {
        var feature = new ResponseCacheFeature(ResponsePolicy.None, new DefaultHttpContext().Response);
        feature.AddTags("a", "b");
        var read = new List<string>();
        foreach (var tag in feature.Tags)
        {
            read.Add(tag);
            feature.AddTags("c");
        }

        Assert.Equal(["a", "b"], read);
    }

    private static void End(BodyBuffer recorded, string how)
    {
        if (how == "dispose")
            recorded.Dispose();
        else if (how == "stop")
            recorded.Stop();
        else
            recorded.Break();
    }

    /// <summary>A server's body that counts what is done to it.</summary>
    private sealed class SilentBody() : StreamResponseBodyFeature(Stream.Null), IHttpResponseBodyFeature
    {
        public int Calls { get; private set; }

        void IHttpResponseBodyFeature.DisableBuffering() => Calls++;

        Task IHttpResponseBodyFeature.StartAsync(CancellationToken cancellationToken) => Count();

        Task IHttpResponseBodyFeature.CompleteAsync() => Count();

        private Task Count()
        {
            Calls++;
            return Task.CompletedTask;
        }
    }
}
