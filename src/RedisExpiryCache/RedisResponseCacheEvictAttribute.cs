namespace RedisExpiryCache;

/// <summary>
/// Evicts stored responses after the action, handler or controller that carries it has succeeded (2xx or 3xx), before the client hears of
/// the success. All attributes of an endpoint count. Its own responses are not stored.
/// <para>An eviction that fails is logged as an error and counted; the action's response stays as it is.</para>
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, Inherited = true, AllowMultiple = true)]
public sealed class RedisResponseCacheEvictAttribute : Attribute
{
    /// <summary>The tags to evict. A route value of this request is named in braces: <c>"product:{id}"</c>. Default: none.</summary>
    public string[]? Tags { get; set; }

    /// <summary>
    /// The URLs to evict, from the app's root, with their query where they have one: <c>"/products/{id}"</c>. A path base of this request is put
    /// before them. Default: none.
    /// </summary>
    public string[]? Paths { get; set; }
}
