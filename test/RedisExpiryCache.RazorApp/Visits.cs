namespace RedisExpiryCache.RazorApp;

/// <summary>Numbers what the pages' handlers make, so that a body tells whether it is a new one.</summary>
public sealed class Visits
{
    private int made;

    public int Next() => Interlocked.Increment(ref made);
}
