namespace RedisExpiryCache.ResponseCaching.Policies;

/// <summary>Finds attributes with values that they do not take.</summary>
internal static class AttributeCheck
{
    /// <exception cref="InvalidOperationException">There is one.</exception>
    public static void ThrowIfWrong(Endpoint[] endpoints)
    {
        string[] errors = [.. endpoints.SelectMany(ErrorsOf)];
        if (errors.Length > 0)
            throw new InvalidOperationException(string.Join(" ", errors));
    }

    private static IEnumerable<string> ErrorsOf(Endpoint endpoint) =>
        endpoint.Metadata.GetOrderedMetadata<RedisResponseCacheAttribute>()
            .SelectMany(static attribute => attribute.Faults)
            .Select(fault => $"[RedisResponseCache] at {endpoint.DisplayName}: {fault}")
            .Concat(endpoint.Metadata.GetOrderedMetadata<RedisResponseCacheEvictAttribute>()
                .SelectMany(static attribute => attribute.Faults)
                .Select(fault => $"[RedisResponseCacheEvict] at {endpoint.DisplayName}: {fault}"));
}
