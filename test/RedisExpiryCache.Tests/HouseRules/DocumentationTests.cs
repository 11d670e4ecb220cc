using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using RedisExpiryCache.Configuration;

namespace RedisExpiryCache.Tests.HouseRules;

/// <summary>What the documents say is true: their code compiles, their links lead somewhere.</summary>
public sealed partial class DocumentationTests
{
    public static TheoryData<string> Documents => [.. Files().Select(static file => Path.GetRelativePath(SourceTree.Root, file))];

    [Fact]
    public void There_is_code_to_compile() => Assert.True(Files().Sum(static file => CSharpBlock().Count(File.ReadAllText(file))) >= 5);

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_code_block_compiles(string document)
    {
        var text = File.ReadAllText(Path.Combine(SourceTree.Root, document));

        Assert.All(CSharpBlock().Matches(text), static block => Assert.Empty(Snippet.ErrorsIn(block.Groups[1].Value)));
    }

    /// <summary>"SomeTests.A_sentence" in backquotes is a test of that class.</summary>
    [Fact]
    public void Every_test_that_a_guarantee_names_is_there()
    {
        var named = NamedTest().Matches(File.ReadAllText(Path.Combine(SourceTree.Root, "docs", "guarantees.md")));
        Assert.NotEmpty(named);
        Assert.All(named, static name => Assert.Contains(
            Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "test"), $"{name.Groups[1].Value}.cs", SearchOption.AllDirectories),
            file => File.ReadAllText(file).Contains($" {name.Groups[2].Value}(", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void No_code_hides_from_the_compiler_under_another_name(string document) =>
        Assert.DoesNotMatch(OtherNamesOfCSharp(), File.ReadAllText(Path.Combine(SourceTree.Root, document)));

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_block_of_settings_is_one_that_the_cache_takes(string document)
    {
        var text = File.ReadAllText(Path.Combine(SourceTree.Root, document));

        Assert.All(JsonBlock().Matches(text), static block =>
        {
            using var stream = new MemoryStream(Encoding.UTF8.GetBytes(block.Groups[1].Value));
            var options = new RedisExpiringCacheOptions();
            SettingsBinder.Apply(new ConfigurationBuilder().AddJsonStream(stream).Build().GetRequiredSection("RedisExpiringCache"), options);
            Assert.True(new RedisExpiringCacheOptionsValidator().Validate(null, options).Succeeded);
        });
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_link_to_a_file_leads_to_one(string document)
    {
        var folder = Path.GetDirectoryName(Path.Combine(SourceTree.Root, document))!;
        var text = File.ReadAllText(Path.Combine(SourceTree.Root, document));

        Assert.All(Link().Matches(text), link => Assert.True(Path.Exists(Path.Combine(folder, link.Groups[1].Value)), $"{document}: {link.Value}"));
    }

    private static IEnumerable<string> Files() =>
    [
        .. Directory.GetFiles(SourceTree.Root, "*.md"),
        .. Directory.GetFiles(Path.Combine(SourceTree.Root, "docs"), "*.md", SearchOption.AllDirectories),
        .. Directory.GetDirectories(Path.Combine(SourceTree.Root, "src")).SelectMany(static project => Directory.GetFiles(project, "*.md")),
    ];

    [GeneratedRegex(@"^```csharp\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex CSharpBlock();

    [GeneratedRegex(@"^```json\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex JsonBlock();

    [GeneratedRegex(@"^[ \t]+```[ \t]*(?i:c)|^```(?!csharp\n)[ \t]*(?i:c|razor)", RegexOptions.Multiline)]
    private static partial Regex OtherNamesOfCSharp();

    [GeneratedRegex(@"`(\w+Tests)\.(\w+)`")]
    private static partial Regex NamedTest();

    [GeneratedRegex(@"\]\((?!https?:|#)([^)#\s]+)")]
    private static partial Regex Link();
}
