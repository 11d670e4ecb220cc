using System.IO.Pipelines;

namespace RedisExpiryCache.Testing;

/// <summary>A client's connection: commands written to it are executed at once, and their replies can be read.</summary>
internal sealed class ServerStream : Stream
{
    private readonly InMemoryServer server;
    private readonly RequestReader requests = new();
    private readonly Pipe replies = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
    private readonly Stream reader;

    public ServerStream(InMemoryServer server)
    {
        this.server = server;
        reader = replies.Reader.AsStream();
    }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => reader.Read(buffer, offset, count);

    public override int Read(Span<byte> buffer) => reader.Read(buffer);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        reader.ReadAsync(buffer, offset, count, cancellationToken);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        reader.ReadAsync(buffer, cancellationToken);

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Execute(buffer);
        replies.Writer.FlushAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Execute(buffer.Span);
        await replies.Writer.FlushAsync(cancellationToken);
    }

    public override void Flush()
    {
        // What is written is executed at once.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            replies.Writer.Complete();
            reader.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Execute(ReadOnlySpan<byte> bytes)
    {
        requests.Append(bytes);
        while (requests.TryRead(out var words))
            server.Execute(words).WriteTo(replies.Writer);
    }
}
