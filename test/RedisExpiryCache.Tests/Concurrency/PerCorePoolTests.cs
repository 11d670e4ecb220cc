using RedisExpiryCache.Concurrency;

namespace RedisExpiryCache.Tests.Concurrency;

public class PerCorePoolTests
{
    [Fact]
    public void What_was_used_is_used_again_before_another_is_made()
    {
        var made = 0;
        var pool = new PerCorePool<object>(() =>
        {
            made++;
            return new object();
        });
        var (first, second) = (pool.Rent(), pool.Rent());
        Assert.Equal(2, made);
        Assert.True(pool.TryReturn(first));
        Assert.True(pool.TryReturn(second));

        Assert.Equal(new HashSet<object> { first, second }, [pool.Rent(), pool.Rent()]);
        Assert.Equal(2, made);
        Assert.DoesNotContain(pool.Rent(), new[] { first, second });
    }

    [Fact]
    public void It_keeps_only_so_many()
    {
        var pool = new PerCorePool<object>(static () => new object());
        var kept = Enumerable.Range(0, 100_000).TakeWhile(_ => pool.TryReturn(new object())).Count();
        Assert.InRange(kept, 1, 50_000);
    }

    [Fact]
    public void However_many_use_it_at_once_nobody_gets_what_another_has()
    {
        var pool = new PerCorePool<Box>(static () => new Box());
        Parallel.For(0, 100_000, new ParallelOptions { CancellationToken = TestContext.Current.CancellationToken }, i =>
        {
            var box = pool.Rent();
            Assert.Equal(1, Interlocked.Increment(ref box.Users));
            if (i % 100 == 0)
                Thread.Yield();

            Assert.Equal(0, Interlocked.Decrement(ref box.Users));
            pool.TryReturn(box);
        });
    }

    private sealed class Box
    {
        public int Users;
    }
}
