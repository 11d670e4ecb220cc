namespace RedisExpiryCache.IntegrationTests.Support;

internal static class Repository
{
    /// <summary>Found by the solution above this assembly: the path that a compiler writes down need not exist.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "RedisExpiryCache.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException($"No RedisExpiryCache.sln above {AppContext.BaseDirectory}.");

        return folder.FullName;
    }
}
