using System.Buffers;

namespace RedisExpiryCache.ResponseCaching.Origin;

/// <summary>The bytes of one response body, captured in pooled segments up to a limit.</summary>
/// <remarks>
/// Safe against writes from other threads and after the request's end: segments go back to the pool under the lock that a write takes,
/// and once the body is sealed only <see cref="Dispose"/> gives them back. See docs/design/late-writes.md.
/// </remarks>
/// <param name="limit">In bytes.</param>
/// <param name="exceeded">Called when it is passed.</param>
/// <param name="pool">Where the segments come from; null: the shared pool.</param>
internal sealed class BodyBuffer(long limit, Action? exceeded = null, ArrayPool<byte>? pool = null) : IDisposable
{
    private const int SmallestSegment = 4 * 1024, LargestSegment = 256 * 1024;

    private readonly Lock gate = new();
    private readonly ArrayPool<byte> pool = pool ?? ArrayPool<byte>.Shared;
    private Segment? first;
    private Segment? last;
    private bool isStopped;
    private bool isSealed;
    private (long? Length, Action Reached)? mark;

    public long Length { get; private set; }

    /// <summary>More bytes came than may be kept.</summary>
    public bool IsOverLimit { get; private set; }

    /// <summary>Some of the bytes that came may never have gone out.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>All bytes that came so far are kept.</summary>
    public bool IsRecording => !isStopped;

    /// <summary>Keeps a copy of the bytes, unless recording has stopped or the body is sealed.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        lock (gate)
        {
            if (isStopped || isSealed)
                return;

            Length += bytes.Length;
            IsOverLimit = Length > limit;
            if (!IsOverLimit)
            {
                Keep(bytes);
                CheckMark();
                return;
            }

            Release();
        }

        exceeded?.Invoke();
    }

    /// <summary>Has <paramref name="reached"/> called once, under the lock: after this many bytes, or when no more will come.</summary>
    public void NotifyAt(long? length, Action reached)
    {
        lock (gate)
        {
            mark = (length, reached);
            CheckMark();
        }
    }

    /// <summary>No more bytes will come.</summary>
    public void End()
    {
        lock (gate)
            ReachMark();
    }

    /// <summary>A write failed: the captured bytes may not be those that went out, even if the application goes on.</summary>
    public void Break()
    {
        lock (gate)
        {
            if (isSealed)
                return;

            IsBroken = true;
            Release();
        }
    }

    /// <summary>Ends the capture: later writes and failures change nothing.</summary>
    public void Seal()
    {
        lock (gate)
            isSealed = true;
    }

    /// <summary>Seals the body. The sequence is valid until <see cref="Dispose"/>.</summary>
    public ReadOnlySequence<byte> ToSequence()
    {
        Seal();
        return first is null ? ReadOnlySequence<byte>.Empty : new ReadOnlySequence<byte>(first, 0, last!, last!.Memory.Length);
    }

    /// <summary>Keeps nothing from here on, and gives back what was kept, unless the body is sealed.</summary>
    public void Stop()
    {
        lock (gate)
        {
            if (!isSealed)
                Release();
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            (isSealed, mark) = (true, null);
            Release();
        }
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (last is null || last.Free == 0)
                AddSegment(bytes.Length);

            bytes = bytes[last!.Append(bytes)..];
        }
    }

    private void Release()
    {
        isStopped = true;
        for (var segment = first; segment is not null; segment = segment.Following)
            pool.Return(segment.Buffer);

        (first, last) = (null, null);
    }

    private void CheckMark()
    {
        if (isSealed || Length >= mark?.Length)
            ReachMark();
    }

    private void ReachMark()
    {
        var awaited = mark;
        mark = null;
        awaited?.Reached();
    }

    private void AddSegment(long needed)
    {
        var size = (int)Math.Clamp(Math.Max(needed, Length), SmallestSegment, LargestSegment);
        var added = new Segment(pool.Rent(size), last);
        first ??= added;
        last = added;
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] buffer, Segment? before)
        {
            Buffer = buffer;
            Memory = ReadOnlyMemory<byte>.Empty;
            if (before is null)
                return;

            RunningIndex = before.RunningIndex + before.Memory.Length;
            before.Next = this;
        }

        public byte[] Buffer { get; }

        public Segment? Following => (Segment?)Next;

        public int Free => Buffer.Length - Memory.Length;

        public int Append(ReadOnlySpan<byte> bytes)
        {
            var count = Math.Min(bytes.Length, Free);
            bytes[..count].CopyTo(Buffer.AsSpan(Memory.Length));
            Memory = Buffer.AsMemory(0, Memory.Length + count);
            return count;
        }
    }
}
