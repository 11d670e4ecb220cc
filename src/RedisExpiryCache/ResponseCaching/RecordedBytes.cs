using System.Buffers;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>Bytes kept in pooled segments as they come, up to a limit; past it everything is let go.</summary>
/// <param name="limit">In bytes.</param>
/// <param name="exceeded">Called when it is passed.</param>
internal sealed class RecordedBytes(long limit, Action? exceeded = null) : IDisposable
{
    private const int SmallestSegment = 4 * 1024, LargestSegment = 256 * 1024;

    private Segment? first;
    private Segment? last;
    private bool stopped;
    private (long? Length, Action Reached)? mark;

    public long Length { get; private set; }

    /// <summary>More came than may be kept.</summary>
    public bool IsOverLimit { get; private set; }

    /// <summary>Some of the bytes that came may never have gone out.</summary>
    public bool IsBroken { get; private set; }

    public bool IsRecording => !stopped;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (stopped)
            return;

        Length += bytes.Length;
        if (Length > limit)
        {
            IsOverLimit = true;
            Stop();
            exceeded?.Invoke();
            return;
        }

        while (!bytes.IsEmpty)
        {
            if (last is null || last.Free == 0)
                AddSegment(bytes.Length);

            bytes = bytes[last!.Append(bytes)..];
        }

        CheckMark();
    }

    /// <summary>Has <paramref name="reached"/> called once, as soon as this many bytes have come, or <see cref="End"/> says that no more will.</summary>
    public void NotifyAt(long? length, Action reached)
    {
        mark = (length, reached);
        CheckMark();
    }

    /// <summary>No more bytes will come.</summary>
    public void End()
    {
        var awaited = mark;
        mark = null;
        awaited?.Reached();
    }

    /// <summary>A write failed: what was kept may not be what went out, even if the app goes on as if nothing had happened.</summary>
    public void Break()
    {
        IsBroken = true;
        Stop();
    }

    public ReadOnlySequence<byte> ToSequence() =>
        first is null ? ReadOnlySequence<byte>.Empty : new ReadOnlySequence<byte>(first, 0, last!, last!.Memory.Length);

    /// <summary>Keeps nothing from here on, and gives back what was kept.</summary>
    public void Stop()
    {
        stopped = true;
        for (var segment = first; segment is not null; segment = segment.Following)
            segment.Return();

        (first, last) = (null, null);
    }

    public void Dispose() => Stop();

    private void CheckMark()
    {
        if (Length >= mark?.Length)
            End();
    }

    private void AddSegment(long needed)
    {
        var size = (int)Math.Clamp(Math.Max(needed, Length), SmallestSegment, LargestSegment);
        var added = new Segment(ArrayPool<byte>.Shared.Rent(size), last);
        first ??= added;
        last = added;
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        private readonly byte[] buffer;

        public Segment(byte[] buffer, Segment? before)
        {
            this.buffer = buffer;
            Memory = ReadOnlyMemory<byte>.Empty;
            if (before is null)
                return;

            RunningIndex = before.RunningIndex + before.Memory.Length;
            before.Next = this;
        }

        public Segment? Following => (Segment?)Next;

        public int Free => buffer.Length - Memory.Length;

        public int Append(ReadOnlySpan<byte> bytes)
        {
            var count = Math.Min(bytes.Length, Free);
            bytes[..count].CopyTo(buffer.AsSpan(Memory.Length));
            Memory = buffer.AsMemory(0, Memory.Length + count);
            return count;
        }

        public void Return() => ArrayPool<byte>.Shared.Return(buffer);
    }
}
