using System.IO.Compression;
using System.Reflection.Metadata;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using RedisExpiryCache.Tests.HouseRules;

namespace RedisExpiryCache.Tests.Packaging;

/// <summary>The packages as a user downloads them.</summary>
public sealed partial class PackageTests(PackedPackages packages) : IClassFixture<PackedPackages>
{
    private const string SourceLinkKind = "CC110556-A091-4D38-9FEC-25AB9A351A6A";

    /// <summary>Each project below src is one package.</summary>
    public static TheoryData<string> Ids =>
        [.. Directory.GetDirectories(Path.Combine(SourceTree.Root, "src")).Select(static folder => Path.GetFileName(folder)!)];

    [Theory]
    [MemberData(nameof(Ids))]
    public void It_holds_the_assembly_its_documentation_readme_and_icon_and_nothing_else(string id)
    {
        using var package = packages.Open(id);
        string[] expected = [$"{id}.nuspec", "README.md", "icon.png", $"lib/net10.0/{id}.dll", $"lib/net10.0/{id}.xml"];
        var files = package.Entries.Select(static entry => entry.FullName).Where(static name => !IsPackagingPart(name));
        Assert.Equal(expected.Order(), files.Order());
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void Its_metadata_names_licence_readme_icon_project_repository_commit_tags_and_release_notes(string id)
    {
        using var package = packages.Open(id);
        var metadata = Metadata(package, id);
        Assert.Equal(id, Value(metadata, "id"));
        Assert.Equal("MIT", Value(metadata, "license"));
        Assert.Equal("README.md", Value(metadata, "readme"));
        Assert.Equal("icon.png", Value(metadata, "icon"));
        Assert.StartsWith("https://", Value(metadata, "projectUrl"), StringComparison.Ordinal);
        Assert.StartsWith(Value(metadata, "projectUrl"), Value(metadata, "releaseNotes"), StringComparison.Ordinal);
        Assert.Contains(" redis ", $" {Value(metadata, "tags")} ", StringComparison.Ordinal);
        Assert.InRange(Value(metadata, "description").Length, 60, 600);

        var repository = Element(metadata, "repository");
        Assert.Equal("git", repository.Attribute("type")?.Value);
        Assert.Equal(Value(metadata, "projectUrl"), repository.Attribute("url")?.Value);
        if (IsGitCheckout)
            Assert.Matches("^[0-9a-f]{40}$", repository.Attribute("commit")?.Value);
    }

    [Fact]
    public void The_cache_depends_on_three_packages_and_the_shared_framework()
    {
        using var package = packages.Open("RedisExpiryCache");
        var metadata = Metadata(package, "RedisExpiryCache");
        Assert.Equal(
            ["Microsoft.Extensions.Caching.StackExchangeRedis", "StackExchange.Redis", "System.IO.Hashing"],
            Descendants(metadata, "dependency").Select(static dependency => dependency.Attribute("id")!.Value).Order());
        Assert.Equal("Microsoft.AspNetCore.App", Descendants(metadata, "frameworkReference").Single().Attribute("name")!.Value);
    }

    /// <summary>Without the files the analyzer that compares them with the code is silent.</summary>
    [Theory]
    [MemberData(nameof(Ids))]
    public void Its_public_members_are_declared(string id)
    {
        var folder = Path.Combine(SourceTree.Root, "src", id);
        var shipped = File.ReadAllLines(Path.Combine(folder, "PublicAPI.Shipped.txt"));
        var unshipped = File.ReadAllLines(Path.Combine(folder, "PublicAPI.Unshipped.txt"));
        Assert.Equal("#nullable enable", shipped[0]);
        Assert.Equal("#nullable enable", unshipped[0]);
        Assert.True(shipped.Length + unshipped.Length > 2);
    }

    [Fact]
    public void The_package_for_tests_depends_on_the_cache_of_the_same_version()
    {
        using var package = packages.Open("RedisExpiryCache.Testing");
        var metadata = Metadata(package, "RedisExpiryCache.Testing");
        var cache = Assert.Single(Descendants(metadata, "dependency"), static dependency => dependency.Attribute("id")!.Value == "RedisExpiryCache");
        Assert.Equal($"[{Value(metadata, "version")}]", cache.Attribute("version")!.Value);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void All_links_of_its_readme_are_absolute(string id)
    {
        using var package = packages.Open(id);
        var readme = Encoding.UTF8.GetString(PackedPackages.Read(package, "README.md"));
        Assert.NotEmpty(Link().Matches(readme));
        Assert.All(Link().Matches(readme), static link => Assert.StartsWith("https://", link.Groups[1].Value, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void Its_documentation_file_has_public_members_alone(string id)
    {
        using var package = packages.Open(id);
        var surface = new PublicSurface(packages.Extract(package, $"lib/net10.0/{id}.dll", $"lib/net10.0/{id}.xml"));
        Assert.NotEmpty(surface.Members);
        Assert.Empty(surface.InternalIds);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void Its_icon_is_a_png_of_128_by_128_pixels(string id)
    {
        using var package = packages.Open(id);
        var icon = PackedPackages.Read(package, "icon.png");
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], icon[..4]);
        Assert.Equal([0, 0, 0, 128, 0, 0, 0, 128], icon[16..24]);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void No_path_of_the_build_machine_is_in_assembly_or_symbols(string id)
    {
        using var package = packages.Open(id);
        using var symbols = packages.Open(id, "snupkg");
        AssertHoldsNoPath(PackedPackages.Read(package, $"lib/net10.0/{id}.dll"));
        AssertHoldsNoPath(PackedPackages.Read(symbols, $"lib/net10.0/{id}.pdb"));
        Assert.All(Documents(symbols, id), static document => Assert.StartsWith("/_", document, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void Its_symbols_lead_to_the_sources_of_the_commit(string id)
    {
        using var symbols = packages.Open(id, "snupkg");
        Assert.NotEmpty(Documents(symbols, id));
        if (IsGitCheckout)
            Assert.Matches(@"^\{""documents"":\{""/_/\*"":""https://[^""]+/[0-9a-f]{40}/\*""\}\}$", SourceLink(symbols, id));
    }

    // A source archive has no commit to name.
    private static bool IsGitCheckout => Path.Exists(Path.Combine(SourceTree.Root, ".git"));

    private static bool IsPackagingPart(string name) => name is "[Content_Types].xml" || name.StartsWith("_rels/", StringComparison.Ordinal)
        || name.StartsWith("package/", StringComparison.Ordinal);

    private static void AssertHoldsNoPath(byte[] file)
    {
        foreach (var encoding in new[] { Encoding.UTF8, Encoding.Unicode })
            Assert.Equal(-1, file.AsSpan().IndexOf(encoding.GetBytes(SourceTree.Root)));
    }

    private static XElement Metadata(ZipArchive package, string id)
    {
        using var nuspec = new MemoryStream(PackedPackages.Read(package, $"{id}.nuspec"));
        return XDocument.Load(nuspec).Root!;
    }

    private static IEnumerable<XElement> Descendants(XElement metadata, string name) =>
        metadata.Descendants().Where(element => element.Name.LocalName == name);

    private static XElement Element(XElement metadata, string name) => Assert.Single(Descendants(metadata, name));

    private static string Value(XElement metadata, string name) => Element(metadata, name).Value;

    private static string[] Documents(ZipArchive symbols, string id)
    {
        using var provider = Symbols(symbols, id);
        var reader = provider.GetMetadataReader();
        return [.. reader.Documents.Select(document => reader.GetString(reader.GetDocument(document).Name))];
    }

    private static string SourceLink(ZipArchive symbols, string id)
    {
        using var provider = Symbols(symbols, id);
        var reader = provider.GetMetadataReader();
        var information = reader.CustomDebugInformation.Select(reader.GetCustomDebugInformation)
            .Single(found => reader.GetGuid(found.Kind) == new Guid(SourceLinkKind));
        return Encoding.UTF8.GetString(reader.GetBlobBytes(information.Value));
    }

    private static MetadataReaderProvider Symbols(ZipArchive symbols, string id) =>
        MetadataReaderProvider.FromPortablePdbImage([.. PackedPackages.Read(symbols, $"lib/net10.0/{id}.pdb")]);

    [GeneratedRegex(@"\]\(([^)\s]+)")]
    private static partial Regex Link();
}
