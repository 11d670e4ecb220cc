using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Generations;
using RedisExpiryCache.Redis.Resilience;

namespace RedisExpiryCache.ResponseCaching.Eviction;

/// <summary>
/// The generations of a URL that one request evicts and stores at once. Ending one and beginning the next is a single step, so that an
/// eviction of somebody else's never falls between the two:
/// <code>
///   POST a: reads generation 1, runs the app ………… 1 becomes 2 …… stores under 2
///   POST b:            runs the app, DEL                           (1 is gone: a's step finds nothing to renew, and stores nothing)
/// </code>
/// </summary>
internal sealed class GenerationRollover(string urlKey, string generation)
{
    public string UrlKey => urlKey;

    /// <summary>The current one; null once somebody else has evicted the URL.</summary>
    public string? Generation { get; private set; } = generation;

    public async ValueTask RenewAsync(GenerationStore generations, OperationContext call)
    {
        var current = Generation;
        Generation = null;
        if (current is null)
            await generations.RemoveAsync(urlKey, call);
        else
            Generation = await RenewAsync(generations, current, call);
    }

    private async ValueTask<string?> RenewAsync(GenerationStore generations, string current, OperationContext call)
    {
        try
        {
            return await generations.RenewAsync(urlKey, current, call);
        }
        catch (Exception full) when (RedisFailures.IsOutOfMemory(full))
        {
            await generations.RemoveAsync(urlKey, call);
            return null;
        }
    }
}
