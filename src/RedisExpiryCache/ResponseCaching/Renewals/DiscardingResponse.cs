using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace RedisExpiryCache.ResponseCaching.Renewals;

/// <summary>
/// The response to a request that no client has sent: it starts and ends as one on a server does, with all that is to be called then, and
/// its bytes go nowhere. (What records it sits in front.)
/// </summary>
internal sealed class DiscardingResponse : IHttpResponseFeature, IHttpResponseBodyFeature
{
    private readonly Stack<(Func<object, Task> Callback, object State)> onStarting = new();
    private readonly Stack<(Func<object, Task> Callback, object State)> onCompleted = new();
    private readonly HeaderDictionary headers = [];

    public DiscardingResponse()
    {
        Stream = new Sink(this);
        Writer = PipeWriter.Create(Stream, new StreamPipeWriterOptions(leaveOpen: true));
    }

    /// <summary>Once cancelled, nothing is taken any more: an answer that comes after its time must not be stored.</summary>
    public CancellationToken Aborted { get; set; }

    public int StatusCode { get; set; } = StatusCodes.Status200OK;

    public string? ReasonPhrase { get; set; }

    public IHeaderDictionary Headers
    {
        get => headers;
        set => throw new NotSupportedException("The header fields are changed one by one.");
    }

    public Stream Body
    {
        get => Stream;
        set => throw new NotSupportedException("The body is replaced by its feature.");
    }

    public bool HasStarted { get; private set; }

    public Stream Stream { get; }

    public PipeWriter Writer { get; }

    public void OnStarting(Func<object, Task> callback, object state)
    {
        if (HasStarted)
            throw new InvalidOperationException("The response has started.");

        onStarting.Push((callback, state));
    }

    public void OnCompleted(Func<object, Task> callback, object state) => onCompleted.Push((callback, state));

    public void DisableBuffering()
    {
    }

    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        Aborted.ThrowIfCancellationRequested();
        if (HasStarted)
            return;

        while (onStarting.TryPop(out var starting))
            await starting.Callback(starting.State);

        HasStarted = true;
        headers.IsReadOnly = true;
    }

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        SendFileFallback.SendFileAsync(Stream, path, offset, count, cancellationToken);

    public async Task CompleteAsync()
    {
        await StartAsync();
        await Writer.CompleteAsync();
    }

    /// <summary>
    /// To be called when all is over, however it ended. One callback that throws keeps no other from being called: the service scope hangs
    /// on one of them.
    /// </summary>
    public async Task EndAsync()
    {
        if (!onCompleted.TryPop(out var completed))
            return;

        try
        {
            await completed.Callback(completed.State);
        }
        finally
        {
            await EndAsync();
        }
    }

    private sealed class Sink(DiscardingResponse response) : Stream
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

        public override void Flush() => response.StartAsync().GetAwaiter().GetResult();

        public override Task FlushAsync(CancellationToken cancellationToken) => response.StartAsync(cancellationToken);

        public override void Write(byte[] buffer, int offset, int count) => Flush();

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => response.StartAsync(cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => new(response.StartAsync(cancellationToken));

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
