namespace RedisExpiryCache.ResponseCaching.Renewals;

/// <summary>Bounds the renewals that run at a time, for each page on its own: one that hangs does not stop those of others.</summary>
internal sealed class RenewalSlots
{
    /// <summary>For each page. A renewal that the application does not end keeps its slot.</summary>
    public const int MostPerPage = 32;

    private readonly Lock gate = new();
    private readonly Dictionary<object, int> taken = [];

    /// <summary>Pages of which no further renewal may start.</summary>
    public int FullPages
    {
        get
        {
            lock (gate)
                return taken.Values.Count(static count => count >= MostPerPage);
        }
    }

    public bool TryTake(object page)
    {
        lock (gate)
        {
            var count = taken.GetValueOrDefault(page);
            if (count >= MostPerPage)
                return false;

            taken[page] = count + 1;
            return true;
        }
    }

    public void Release(object page)
    {
        lock (gate)
        {
            if (taken[page] == 1)
                taken.Remove(page);
            else
                taken[page]--;
        }
    }
}
