using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using RedisExpiryCache.Tests.HouseRules;

namespace RedisExpiryCache.Tests.Packaging;

/// <summary>The documentation that users see in their editor.</summary>
public sealed partial class DocumentationFileTests
{
    private const int MostWords = 20;

    private const string UsingsOfTests = """
        using Microsoft.AspNetCore.Mvc.Testing;
        using Microsoft.AspNetCore.TestHost;
        using Microsoft.Extensions.DependencyInjection;
        using Microsoft.Extensions.Time.Testing;
        """;

    private static readonly Lazy<PublicSurface[]> Packages = new(static () => Array.ConvertAll(
        ["RedisExpiryCache.dll", "RedisExpiryCache.Testing.dll"],
        static (string name) => new PublicSurface(Path.Combine(AppContext.BaseDirectory, name))));

    /// <summary>Members of the cache are typed by the names of its interfaces, and a lifetime is only read.</summary>
    private static readonly string[] NotTyped = [nameof(RedisExpiringCache), nameof(CacheEntryLifetime)];

    /// <summary>What an example may take for granted.</summary>
    private static readonly (string Name, string Declaration)[] Known =
    [
        ("builder", "var builder = WebApplication.CreateBuilder(args);"),
        ("app", "var app = WebApplication.Create(args);"),
        ("options", "var options = new RedisExpiringCacheOptions();"),
        ("cache", "IRedisExpiringCache cache = null!;"),
        ("responses", "IResponseCacheInvalidator responses = null!;"),
        ("context", "HttpContext context = null!;"),
    ];

    /// <summary>The same for examples of the package for tests, which stand in a test project.</summary>
    private static readonly (string Name, string Declaration)[] KnownToTests =
    [
        ("factory", "var factory = new WebApplicationFactory<Program>();"),
        ("services", "var services = new ServiceCollection();"),
    ];

    public static TheoryData<string> TypedByUsers => [.. Members.Where(IsTypedByUsers).Select(IdOf)];

    public static TheoryData<string> Examples => [.. Members.Where(member => CodeOf(member) is not null).Select(IdOf)];

    private static IEnumerable<ISymbol> Members => Packages.Value.SelectMany(static package => package.Members);

    [Fact]
    public void Internal_members_are_not_in_the_documentation_file()
    {
        Assert.All(Packages.Value, static package => Assert.NotEmpty(package.Members));
        Assert.Empty(Packages.Value.SelectMany(static package => package.InternalIds));
    }

    [Fact]
    public void Every_public_member_has_a_summary() =>
        Assert.Empty(Members.Where(member => !IsInherited(member) && Texts(member, "summary").Count() != 1).Select(IdOf));

    [Fact]
    public void The_first_sentence_of_a_summary_has_at_most_20_words() => Assert.Empty(Members
        .Where(member => Texts(member, "summary").Any(static summary => Words(FirstSentence().Match(summary).Value) > MostWords)).Select(IdOf));

    [Fact]
    public void Every_parameter_type_parameter_and_result_is_described() =>
        Assert.Empty(Members.Where(static member => !IsInherited(member)).SelectMany(Missing));

    [Theory]
    [MemberData(nameof(TypedByUsers))]
    public void A_member_that_users_type_has_an_example(string id) => Assert.True(IsInherited(Member(id)) || CodeOf(Member(id)) is not null, id);

    [Theory]
    [MemberData(nameof(Examples))]
    public void Every_example_compiles(string id)
    {
        var code = CodeOf(Member(id))!.Trim();
        var isTest = Member(id).ContainingAssembly.Name == "RedisExpiryCache.Testing";
        var known = (isTest ? KnownToTests : Known).Where(variable => !code.Contains($"var {variable.Name} ", StringComparison.Ordinal))
            .Select(static variable => variable.Declaration);
        Assert.Empty(Snippet.ErrorsIn($"""
            {(isTest ? UsingsOfTests : "using System.Buffers;\nusing Microsoft.Extensions.Caching.Distributed;\nusing RedisExpiryCache;")}
            {string.Join('\n', known)}
            {code}
            {(code.EndsWith(']') ? "static string Handler() => \"\";" : "")}
            """));
    }

    private static bool IsTypedByUsers(ISymbol member) =>
        member is IMethodSymbol or IPropertySymbol && !NotTyped.Contains(member.ContainingType.Name);

    private static IEnumerable<string> Missing(ISymbol member)
    {
        if (member is not IMethodSymbol method)
            return [];

        var parameters = method.Parameters.Select(static parameter => parameter.Name).Except(Names(member, "param"));
        var types = method.TypeParameters.Select(static parameter => parameter.Name).Except(Names(member, "typeparam"));
        var result = !method.ReturnsVoid && method.MethodKind != MethodKind.Constructor && !Texts(member, "returns").Any();
        return [.. parameters.Concat(types).Select(name => $"{IdOf(member)}: {name}"), .. result ? new[] { $"{IdOf(member)}: returns" } : []];
    }

    private static ISymbol Member(string id) => Members.Single(member => IdOf(member) == id);

    private static XElement? DocumentationOf(ISymbol member) =>
        Packages.Value.Select(package => package.DocumentationOf(member)).FirstOrDefault(static found => found is not null);

    private static string IdOf(ISymbol member) => member.GetDocumentationCommentId()!;

    private static bool IsInherited(ISymbol member) => DocumentationOf(member)?.Element("inheritdoc") is not null;

    private static string? CodeOf(ISymbol member) => DocumentationOf(member)?.Element("example")?.Element("code")?.Value;

    private static IEnumerable<string> Names(ISymbol member, string element) =>
        (DocumentationOf(member)?.Elements(element) ?? []).Where(HasText).Select(static found => found.Attribute("name")!.Value);

    private static IEnumerable<string> Texts(ISymbol member, string element) =>
        (DocumentationOf(member)?.Elements(element) ?? []).Where(HasText).Select(static found => TextOf(found));

    private static bool HasText(XElement element) => TextOf(element).Length > 0;

    /// <summary>A reference counts as the word that is shown for it.</summary>
    private static string TextOf(XElement element) => Spaces().Replace(
        string.Concat(element.Nodes().Select(static node => node switch
        {
            XElement { IsEmpty: true } => "reference",
            XElement inner => inner.Value,
            _ => $"{node}",
        })),
        " ").Trim();

    private static int Words(string sentence) => sentence.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"^.*?(\.(?=\s|$)|$)")]
    private static partial Regex FirstSentence();
}
