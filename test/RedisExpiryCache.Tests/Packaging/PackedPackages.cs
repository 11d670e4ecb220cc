using System.Diagnostics;
using System.IO.Compression;
using RedisExpiryCache.Tests.HouseRules;

namespace RedisExpiryCache.Tests.Packaging;

/// <summary>Packs the projects in <c>src</c> once, as <c>dotnet pack</c> does for a release.</summary>
public sealed class PackedPackages : IAsyncLifetime
{
    // Restoring is left to the build that came before. Nothing stays behind that holds the pipe open.
    private static readonly string[] Options =
        ["--configuration", "Release", "--no-restore", "--nologo", "-nodeReuse:false", "-p:UseSharedCompilation=false", "-p:RunAnalyzers=false"];

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("packages-");

    public async ValueTask InitializeAsync()
    {
        foreach (var project in Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "src"), "*.csproj", SearchOption.AllDirectories))
            await PackAsync(project);
    }

    public ValueTask DisposeAsync()
    {
        folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>Opens a package: "nupkg", or "snupkg" with the symbols.</summary>
    public ZipArchive Open(string id, string extension = "nupkg") =>
        ZipFile.OpenRead(Assert.Single(folder.GetFiles($"{id}.?.*.{extension}"), file => file.Extension == $".{extension}").FullName);

    public static byte[] Read(ZipArchive package, string path)
    {
        var entry = package.GetEntry(path);
        Assert.True(entry is not null, $"{path} is missing; there are {string.Join(", ", package.Entries.Select(static entry => entry.FullName))}.");
        using var stream = entry.Open();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    /// <returns>The path of the first file.</returns>
    public string Extract(ZipArchive package, params string[] paths)
    {
        foreach (var path in paths)
            File.WriteAllBytes(Path.Combine(folder.FullName, Path.GetFileName(path)), Read(package, path));

        return Path.Combine(folder.FullName, Path.GetFileName(paths[0]));
    }

    private async Task PackAsync(string project)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", ["pack", project, "--output", folder.FullName, .. Options])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{await output}{await errors}");
    }
}
