namespace RedisExpiryCache.Concurrency;

/// <summary>
/// Objects that are used again, the one that was used last first, on the processor that it was used on: its memory is still at hand there.
/// A pool that hands them out in turn goes through all of them, and finds each one cold.
/// </summary>
internal sealed class PerCorePool<T>(Func<T> create)
    where T : class
{
    private const int KeptEach = 256;

    private readonly Row[] rows = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(static _ => new Row())];

    public T Rent()
    {
        var own = Own;
        for (var i = 0; i < rows.Length; i++)
        {
            if (rows[(own + i) % rows.Length].TryTake() is { } used)
                return used;
        }

        return create();
    }

    /// <returns>False: there are enough of them.</returns>
    public bool TryReturn(T used) => rows[Own].TryPut(used);

    private int Own => (int)((uint)Thread.GetCurrentProcessorId() % (uint)rows.Length);

    private sealed class Row
    {
        private readonly Lock gate = new();
        private readonly T?[] items = new T?[KeptEach];
        private int count;

        public T? TryTake()
        {
            // Mostly it is the first look at another processor's row that finds nothing: not worth a lock.
            if (Volatile.Read(ref count) == 0)
                return null;

            lock (gate)
            {
                if (count == 0)
                    return null;

                var item = items[--count];
                items[count] = null;
                return item;
            }
        }

        public bool TryPut(T item)
        {
            lock (gate)
            {
                if (count == KeptEach)
                    return false;

                items[count++] = item;
                return true;
            }
        }
    }
}
