using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace RedisExpiryCache.Tests.HouseRules;

/// <summary>Compiles code as a web project of a user would, or a test project: without access to internal members.</summary>
internal static class Snippet
{
    /// <summary>The implicit imports of a project without a web SDK, as test projects are.</summary>
    private const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    /// <summary>What a web project imports beside those.</summary>
    private const string WebUsings = """
        global using System.Net.Http.Json;
        global using Microsoft.AspNetCore.Builder;
        global using Microsoft.AspNetCore.Hosting;
        global using Microsoft.AspNetCore.Http;
        global using Microsoft.AspNetCore.Routing;
        global using Microsoft.Extensions.Configuration;
        global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting;
        global using Microsoft.Extensions.Logging;
        """;

    private static readonly Lazy<MetadataReference[]> References = new(static () =>
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(static path => MetadataReference.CreateFromFile(path))]);

    /// <summary>Code that names the package of <c>WebApplicationFactory</c>, or xunit, stands in a test project.</summary>
    public static IEnumerable<string> ErrorsIn(string code)
    {
        var isTest = code.Contains("using Xunit;", StringComparison.Ordinal)
            || code.Contains("using Microsoft.AspNetCore.Mvc.Testing;", StringComparison.Ordinal);

        // The application has its Program, which the web SDK makes public.
        var compilation = CSharpCompilation.Create(
            "Snippet",
            [
                CSharpSyntaxTree.ParseText(Usings),
                CSharpSyntaxTree.ParseText(isTest ? "public partial class Program;" : WebUsings),
                CSharpSyntaxTree.ParseText(code),
            ],
            References.Value,
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));

        // A block that only declares types has no Main.
        return compilation.GetDiagnostics()
            .Where(static found => found.Severity == DiagnosticSeverity.Error && found.Id != "CS5001")
            .Select(static found => found.ToString());
    }
}
