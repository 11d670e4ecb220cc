using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace RedisExpiryCache.ResponseCaching.Origin;

/// <summary>
/// Stands in for the response's body while the app writes: each byte goes on to the client at once and is kept too, by whichever way it is
/// written. A response that is held back goes nowhere: what the app writes then is dropped, and the real response stays as it was, not even
/// started. Failure policy: what the real body throws passes through, and what was kept is no longer to be stored.
/// </summary>
/// <remarks>
/// An application may keep the stream, the writer or this feature. After <see cref="End"/> each use throws, as the server's own do:
/// the server may already have given the real ones to the next request of the connection.
/// </remarks>
/// <param name="inner">The real body.</param>
/// <param name="recorded">Where the bytes are kept.</param>
/// <param name="isHeldBack">Asked when something is due to go out; the first answer stands.</param>
/// <param name="isUndecided">That has not been asked yet, and the answer may be yes: what is written and not flushed waits here until it
/// has. Null: never.</param>
/// <param name="passing">Called whenever something is about to be passed on.</param>
internal sealed class CapturingResponseBody(
    IHttpResponseBodyFeature inner, BodyBuffer recorded, Func<bool> isHeldBack, Func<bool>? isUndecided = null, Action? passing = null)
    : IHttpResponseBodyFeature
{
    private RecordingStream? stream;
    private RecordingWriter? writer;
    private volatile bool isEnded;

    public Stream Stream => stream ??= new RecordingStream(inner.Stream, recorded, IsHeldBack);

    public PipeWriter Writer => writer ??= new RecordingWriter(inner.Writer, recorded, isHeldBack, isUndecided, Stops, ThrowIfEnded);

    /// <summary>The request has ended.</summary>
    public void End() => isEnded = true;

    /// <summary>Lets go of what waits: to the client, or nowhere.</summary>
    /// <exception cref="ObjectDisposedException">The request has ended.</exception>
    public bool IsHeldBack()
    {
        ThrowIfEnded();
        writer?.LetGo();
        return Stops();
    }

    private bool Stops()
    {
        if (isHeldBack())
            return true;

        passing?.Invoke();
        return false;
    }

    private void ThrowIfEnded()
    {
        if (isEnded)
            throw new ObjectDisposedException(nameof(HttpResponse), "The request has ended: nothing more can be written to its response.");
    }

    public void DisableBuffering()
    {
        ThrowIfEnded();
        inner.DisableBuffering();
    }

    public Task StartAsync(CancellationToken cancellationToken = default) =>
        IsHeldBack() ? Task.CompletedTask : inner.StartAsync(cancellationToken);

    public Task CompleteAsync()
    {
        if (IsHeldBack())
            return Task.CompletedTask;

        recorded.End();
        return inner.CompleteAsync();
    }

    /// <summary>While recording, a file is read once, by us; the file on disk may change between two readings.</summary>
    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        IsHeldBack() || recorded.IsRecording
            ? SendFileFallback.SendFileAsync(Stream, path, offset, count, cancellationToken)
            : inner.SendFileAsync(path, offset, count, cancellationToken);

    private sealed class RecordingWriter(
        PipeWriter inner, BodyBuffer recorded, Func<bool> isHeldBack, Func<bool>? isUndecided, Func<bool> stops, Action throwIfEnded)
        : PipeWriter
    {
        private ArrayBufferWriter<byte>? waiting;
        private Memory<byte> current;
        private bool isCurrentWaiting;

        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes + (waiting?.WrittenCount ?? 0);

        public override Memory<byte> GetMemory(int sizeHint = 0)
        {
            throwIfEnded();

            // What is held back waits too, and is dropped when it is let go.
            isCurrentWaiting = isUndecided?.Invoke() is true || isHeldBack();
            if (isCurrentWaiting)
                return (waiting ??= new ArrayBufferWriter<byte>()).GetMemory(sizeHint);

            LetGo();
            return current = inner.GetMemory(sizeHint);
        }

        public void LetGo()
        {
            throwIfEnded();
            if (waiting is not { WrittenCount: > 0 } bytes)
                return;

            waiting = null;
            if (isHeldBack())
                return;

            recorded.Append(bytes.WrittenSpan);
            inner.Write(bytes.WrittenSpan);
        }

        public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

        public override void Advance(int bytes)
        {
            // The memory that was handed out may be in use for another response by now.
            throwIfEnded();
            if (isCurrentWaiting)
            {
                waiting!.Advance(bytes);
                return;
            }

            // Before the real writer advances: from then on the memory may be sent and used again.
            recorded.Append(current.Span[..bytes]);
            current = current[bytes..];
            inner.Advance(bytes);
        }

        public override async ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
        {
            LetGo();
            if (stops())
                return default;

            recorded.Append(source.Span);
            try
            {
                var result = await inner.WriteAsync(source, cancellationToken);
                if (result.IsCanceled)
                    recorded.Break();

                return result;
            }
            catch
            {
                recorded.Break();
                throw;
            }
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            LetGo();
            return stops() ? default : inner.FlushAsync(cancellationToken);
        }

        public override void CancelPendingFlush()
        {
            throwIfEnded();
            inner.CancelPendingFlush();
        }

        public override void Complete(Exception? exception = null)
        {
            LetGo();
            if (stops())
                return;

            EndWith(exception);
            inner.Complete(exception);
        }

        public override ValueTask CompleteAsync(Exception? exception = null)
        {
            LetGo();
            if (stops())
                return default;

            EndWith(exception);
            return inner.CompleteAsync(exception);
        }

        private void EndWith(Exception? exception)
        {
            if (exception is not null)
                recorded.Break();
        }
    }

    private sealed class RecordingStream(Stream inner, BodyBuffer recorded, Func<bool> isHeldBack) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (isHeldBack())
                return;

            recorded.Append(buffer);
            try
            {
                inner.Write(buffer);
            }
            catch
            {
                recorded.Break();
                throw;
            }
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (isHeldBack())
                return;

            recorded.Append(buffer.Span);
            try
            {
                await inner.WriteAsync(buffer, cancellationToken);
            }
            catch
            {
                recorded.Break();
                throw;
            }
        }

        public override IAsyncResult BeginWrite(byte[] buffer, int offset, int count, AsyncCallback? callback, object? state) =>
            TaskToAsyncResult.Begin(WriteAsync(buffer, offset, count, CancellationToken.None), callback, state);

        public override void EndWrite(IAsyncResult asyncResult) => TaskToAsyncResult.End(asyncResult);

        public override void Flush()
        {
            if (!isHeldBack())
                inner.Flush();
        }

        public override Task FlushAsync(CancellationToken cancellationToken) =>
            isHeldBack() ? Task.CompletedTask : inner.FlushAsync(cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
