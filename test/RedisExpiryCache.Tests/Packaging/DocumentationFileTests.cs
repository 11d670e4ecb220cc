namespace RedisExpiryCache.Tests.Packaging;

/// <summary>The documentation that users see in their editor.</summary>
public sealed class DocumentationFileTests
{
    private static readonly Lazy<PublicSurface> Library = new(static () => new PublicSurface(Path.Combine(AppContext.BaseDirectory, "RedisExpiryCache.dll")));

    [Fact]
    public void Internal_members_are_not_in_the_documentation_file()
    {
        Assert.NotEmpty(Library.Value.Members);
        Assert.Empty(Library.Value.InternalIds);
    }
}
