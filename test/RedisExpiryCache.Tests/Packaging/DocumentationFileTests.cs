using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using RedisExpiryCache.Tests.HouseRules;

namespace RedisExpiryCache.Tests.Packaging;

/// <summary>The documentation that users see in their editor.</summary>
public sealed partial class DocumentationFileTests
{
    private const int MostWords = 20;

    private static readonly Lazy<PublicSurface> Library =
        new(static () => new PublicSurface(Path.Combine(AppContext.BaseDirectory, "RedisExpiryCache.dll")));

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

    public static TheoryData<string> TypedByUsers => [.. Library.Value.Members.Where(IsTypedByUsers).Select(IdOf)];

    public static TheoryData<string> Examples => [.. Library.Value.Members.Where(member => CodeOf(member) is not null).Select(IdOf)];

    [Fact]
    public void Internal_members_are_not_in_the_documentation_file()
    {
        Assert.NotEmpty(Library.Value.Members);
        Assert.Empty(Library.Value.InternalIds);
    }

    [Fact]
    public void Every_public_member_has_a_summary() =>
        Assert.Empty(Library.Value.Members.Where(member => !IsInherited(member) && Texts(member, "summary").Count() != 1).Select(IdOf));

    [Fact]
    public void The_first_sentence_of_a_summary_has_at_most_20_words() => Assert.Empty(Library.Value.Members
        .Where(member => Texts(member, "summary").Any(static summary => Words(FirstSentence().Match(summary).Value) > MostWords)).Select(IdOf));

    [Fact]
    public void Every_parameter_type_parameter_and_result_is_described() =>
        Assert.Empty(Library.Value.Members.Where(static member => !IsInherited(member)).SelectMany(Missing));

    [Theory]
    [MemberData(nameof(TypedByUsers))]
    public void A_member_that_users_type_has_an_example(string id) => Assert.True(IsInherited(Member(id)) || CodeOf(Member(id)) is not null, id);

    [Theory]
    [MemberData(nameof(Examples))]
    public void Every_example_compiles(string id)
    {
        var code = CodeOf(Member(id))!.Trim();
        var known = Known.Where(variable => !code.Contains($"var {variable.Name} ", StringComparison.Ordinal))
            .Select(static variable => variable.Declaration);
        Assert.Empty(Snippet.ErrorsIn($"""
            using System.Buffers;
            using Microsoft.Extensions.Caching.Distributed;
            using RedisExpiryCache;
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

    private static ISymbol Member(string id) => Library.Value.Members.Single(member => IdOf(member) == id);

    private static string IdOf(ISymbol member) => member.GetDocumentationCommentId()!;

    private static bool IsInherited(ISymbol member) => Library.Value.DocumentationOf(member)?.Element("inheritdoc") is not null;

    private static string? CodeOf(ISymbol member) => Library.Value.DocumentationOf(member)?.Element("example")?.Element("code")?.Value;

    private static IEnumerable<string> Names(ISymbol member, string element) =>
        (Library.Value.DocumentationOf(member)?.Elements(element) ?? []).Where(HasText).Select(static found => found.Attribute("name")!.Value);

    private static IEnumerable<string> Texts(ISymbol member, string element) =>
        (Library.Value.DocumentationOf(member)?.Elements(element) ?? []).Where(HasText).Select(static found => TextOf(found));

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
