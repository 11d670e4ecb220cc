using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace RedisExpiryCache.Tests.Packaging;

/// <summary>The public and protected members of an assembly, read by the compiler, and the documentation file beside it.</summary>
internal sealed class PublicSurface
{
    private readonly Dictionary<string, XElement> documentation;

    /// <param name="path">Of the assembly; its documentation file is beside it.</param>
    public PublicSurface(string path)
    {
        documentation = XDocument.Load(Path.ChangeExtension(path, ".xml")).Descendants("member").ToDictionary(static member => member.Attribute("name")!.Value);

        var reference = MetadataReference.CreateFromFile(path);
        var framework = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(other => Path.GetFileName(other) != Path.GetFileName(path));
        var compilation = CSharpCompilation.Create("Reader", references: [reference, .. framework.Select(static other => MetadataReference.CreateFromFile(other))]);
        var symbol = (IAssemblySymbol)compilation.GetAssemblyOrModuleSymbol(reference)!;
        Members = [.. TypesOf(symbol.GlobalNamespace).SelectMany(static type => type.GetMembers().Where(IsDocumented).Prepend(type))];
    }

    /// <summary>Types and their members, without what the compiler adds.</summary>
    public IReadOnlyList<ISymbol> Members { get; }

    /// <summary>What the documentation file has beside public and protected members.</summary>
    public IEnumerable<string> InternalIds => documentation.Keys.Except(Members.Select(static member => member.GetDocumentationCommentId()!));

    public XElement? DocumentationOf(ISymbol member) => documentation.GetValueOrDefault(member.GetDocumentationCommentId()!);

    private static IEnumerable<INamedTypeSymbol> TypesOf(INamespaceOrTypeSymbol parent) => parent.GetMembers()
        .OfType<INamespaceOrTypeSymbol>()
        .Where(static inner => inner is INamespaceSymbol || IsVisible(inner))
        .SelectMany(static inner => inner is INamedTypeSymbol type ? TypesOf(type).Prepend(type) : TypesOf(inner));

    private static bool IsVisible(ISymbol member) =>
        member.DeclaredAccessibility is Accessibility.Public or Accessibility.Protected or Accessibility.ProtectedOrInternal;

    private static bool IsDocumented(ISymbol member) => IsVisible(member) && member is not INamedTypeSymbol && !IsMadeByCompiler(member);

    private static bool IsMadeByCompiler(ISymbol member) =>
        member is IMethodSymbol { AssociatedSymbol: not null } or IMethodSymbol { MethodKind: MethodKind.Constructor, Parameters: [] }
        || member.GetAttributes().Any(static attribute => attribute.AttributeClass?.Name == "CompilerGeneratedAttribute");
}
