using System.Buffers;
using CsCheck;
using RedisExpiryCache.ResponseCaching.Origin;

namespace RedisExpiryCache.Tests.ResponseCaching.Origin;

public class BodyBufferTests
{
    [Fact]
    public void Chunks_of_any_size_give_the_same_bytes() => Gen.Select(Gen.Byte.Array[0, 100], Gen.Int[1, 2_000]).Array[0, 30].Sample(parts =>
    {
        using var recorded = new BodyBuffer(long.MaxValue);
        var all = new List<byte>();
        foreach (var (bytes, times) in parts)
        {
            var chunk = Enumerable.Repeat(bytes, times % 40 * times / 40).SelectMany(one => one).ToArray();
            recorded.Append(chunk);
            all.AddRange(chunk);
        }

        return recorded.ToSequence().ToArray().AsSpan().SequenceEqual(all.ToArray()) && recorded.Length == all.Count;
    }, iter: 100);

    [Fact]
    public void A_body_larger_than_any_segment_is_kept_whole()
    {
        var content = new byte[3_000_000];
        new Random(1).NextBytes(content);
        using var recorded = new BodyBuffer(content.Length);
        recorded.Append(content.AsSpan(0, 10));
        recorded.Append(content.AsSpan(10));
        Assert.Equal(content, recorded.ToSequence().ToArray());
        Assert.False(recorded.IsOverLimit);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(5_000)]
    public void The_limit_itself_is_kept_and_one_byte_more_is_not(int limit)
    {
        using var recorded = new BodyBuffer(limit);
        recorded.Append(new byte[limit]);
        Assert.True(recorded is { IsOverLimit: false, IsRecording: true });

        recorded.Append([1]);
        Assert.True(recorded is { IsOverLimit: true, IsRecording: false });
        Assert.True(recorded.ToSequence().IsEmpty);
        recorded.Append([1, 2, 3]);
        Assert.True(recorded.ToSequence().IsEmpty);
    }

    [Fact]
    public void The_mark_is_called_once_when_its_byte_has_come()
    {
        var calls = 0;
        using var recorded = new BodyBuffer(100);
        recorded.Append([1]);
        recorded.NotifyAt(3, () => calls++);
        recorded.Append([2]);
        Assert.Equal(0, calls);
        recorded.Append([3, 4]);
        recorded.Append([5]);
        recorded.End();
        Assert.Equal(1, calls);
    }

    [Fact]
    public void The_mark_is_called_at_the_end_where_the_length_is_not_known()
    {
        var calls = 0;
        using var recorded = new BodyBuffer(100);
        recorded.NotifyAt(null, () => calls++);
        recorded.Append([1, 2]);
        Assert.Equal(0, calls);
        recorded.End();
        recorded.End();
        Assert.Equal(1, calls);
    }

    [Fact]
    public void A_mark_that_was_reached_already_is_called_at_once()
    {
        var calls = 0;
        using var recorded = new BodyBuffer(100);
        recorded.NotifyAt(0, () => calls++);
        Assert.Equal(1, calls);
    }
}
