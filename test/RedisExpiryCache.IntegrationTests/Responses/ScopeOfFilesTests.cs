using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>Static assets, static files and health checks are stored only where they are marked.</summary>
public sealed class ScopeOfFilesTests(RedisFixture fixture) : IDisposable
{
    private const string Public = "public, max-age=60";
    private const string Manifest = """
        {"Version":1,"ManifestType":"Publish","Endpoints":[{"Route":"app.css","AssetFile":"app.css","Selectors":[],"ResponseHeaders":[
        {"Name":"Cache-Control","Value":"public, max-age=60"},{"Name":"Content-Length","Value":"6"},{"Name":"Content-Type","Value":"text/css"},
        {"Name":"ETag","Value":"\"tag\""},{"Name":"Last-Modified","Value":"Mon, 02 Mar 2026 10:00:00 GMT"}],"EndpointProperties":[]}]}
        """;

    private readonly DirectoryInfo root = WebRoot();

    public void Dispose() => root.Delete(recursive: true);

    [Theory]
    [InlineData("/app.css")]
    [InlineData("/files/app.css")]
    [InlineData("/embedded/app.css")]
    [InlineData("/compressed/app.css")]
    [InlineData("/fallback/any")]
    [InlineData("/health")]
    [InlineData("/health/renamed")]
    [InlineData("/health/filtered")]
    public Task What_is_unmarked_is_never_stored_although_it_says_public(string path) => IsNeverStoredAsync(path, static _ => { });

    [Theory]
    [InlineData("/app.css")]
    [InlineData("/files/app.css")]
    [InlineData("/fallback/any")]
    [InlineData("/health")]
    public Task A_base_policy_with_a_duration_does_not_mark_it(string path) =>
        IsNotStoredAsync(path, static options => options.AddBasePolicy(static policy => policy.Expire(TimeSpan.FromMinutes(1))));

    [Theory]
    [InlineData("/app.css")]
    [InlineData("/files/app.css")]
    [InlineData("/health")]
    public Task MarkedEndpoints_leaves_it_alone_as_well(string path) =>
        IsNeverStoredAsync(path, static options => options.Scope = ResponseCachingScope.MarkedEndpoints);

    [Theory]
    [InlineData("/marked/app.css")]
    [InlineData("/marked/fallback")]
    [InlineData("/marked/health")]
    public async Task What_is_marked_is_stored(string path)
    {
        await using var app = await StartAsync(static _ => { });

        Assert.True((await app.GetAsync(path)).WasStored);
        Assert.True((await app.GetAsync(path)).IsHit);
    }

    [Theory]
    [InlineData("/app.css")]
    [InlineData("/files/app.css")]
    [InlineData("/health")]
    public async Task AllResponses_stores_it_as_it_does_any_response(string path)
    {
        await using var app = await StartAsync(static options => options.Scope = ResponseCachingScope.AllResponses);

        Assert.True((await app.GetAsync(path)).WasStored);
        Assert.True((await app.GetAsync(path)).IsHit);
    }

    [Fact]
    public async Task A_page_that_sends_a_file_of_its_own_is_no_static_file()
    {
        await using var app = await StartAsync(static _ => { });
        await app.GetAsync("/report");

        Assert.True((await app.GetAsync("/report")).WasStored);
        Assert.True((await app.GetAsync("/report")).IsHit);
    }

    private async Task IsNeverStoredAsync(string path, Action<ResponseCachingOptions> options)
    {
        await using var app = await IsNotStoredAsync(path, options, "RedisExpiryCache; fwd=bypass; detail=unmarked");
        Assert.Empty(await fixture.Server.KeysAsync(app.Prefix));
    }

    private async Task IsNotStoredAsync(string path, Action<ResponseCachingOptions> options) =>
        await (await IsNotStoredAsync(path, options, cacheStatus: null)).DisposeAsync();

    private async Task<CachedApp> IsNotStoredAsync(string path, Action<ResponseCachingOptions> options, string? cacheStatus)
    {
        var app = await StartAsync(options);
        for (var i = 0; i < 4; i++)
        {
            // A browser validates, a download manager wants a part, a crawler sends HEAD.
            var method = i == 3 && !path.StartsWith("/health", StringComparison.Ordinal) ? HttpMethod.Head : HttpMethod.Get;
            var answer = await app.SendAsync(method, path, i == 2 ? [("Range", "bytes=0-2")] : []);
            Assert.True((int)answer.Status is 200 or 206, $"{answer.Status}");
            Assert.Equal(Public, answer["Cache-Control"]);
            Assert.Equal((false, false), (answer.IsHit, answer.WasStored));
            Assert.Equal(cacheStatus ?? answer.CacheStatus, answer.CacheStatus);
        }

        Assert.DoesNotContain(await fixture.Server.KeysAsync(app.Prefix), static key => key.Contains('#', StringComparison.Ordinal));
        return app;
    }

    private Task<CachedApp> StartAsync(Action<ResponseCachingOptions> options) => CachedApp.StartAsync(fixture.Server, Map, new AppSetup
    {
        IsOnDefaults = true,
        Options = all => options(all.ResponseCaching),
        Services = static services => services.AddResponseCompression(static compression =>
            (compression.EnableForHttps, compression.MimeTypes) = (true, ["text/css"])).AddHealthChecks(),
    });

    private void Map(WebApplication web)
    {
        web.Environment.WebRootPath = root.FullName;
        web.Environment.WebRootFileProvider = new PhysicalFileProvider(root.FullName);
        web.MapStaticAssets(Path.Combine(root.FullName, "app.endpoints.json"));
        web.MapGroup("/marked").CacheResponse(static policy => policy.Expire(TimeSpan.FromMinutes(1))).MapStaticAssets(Path.Combine(root.FullName, "app.endpoints.json"));
        web.MapFallbackToFile("/fallback/{**path}", "app.css", Saying());
        web.MapFallbackToFile("/marked/fallback", "app.css", Saying()).CacheResponse(static policy => policy.Expire(TimeSpan.FromMinutes(1)));
        web.MapHealthChecks("/health", Health());
        web.MapHealthChecks("/health/renamed", Health()).WithDisplayName("alive");
        web.MapHealthChecks("/health/filtered", Health()).AddEndpointFilter(static (context, next) => next(context));
        web.MapHealthChecks("/marked/health", Health()).CacheResponse(static policy => policy.Expire(TimeSpan.FromMinutes(1)));
        web.MapGet("/report", (HttpContext context) =>
        {
            context.Response.Headers.CacheControl = Public;
            return Results.File(Path.Combine(root.FullName, "app.css"), "text/css", lastModified: new DateTimeOffset(2026, 3, 2, 10, 0, 0, TimeSpan.Zero));
        });
        web.UseStaticFiles(Saying("/files"));
        web.UseStaticFiles(Saying("/embedded", new WithoutPath(new PhysicalFileProvider(root.FullName))));
        web.UseWhen(static context => context.Request.Path.StartsWithSegments("/compressed"), branch =>
        {
            branch.Use(static (context, next) =>
            {
                context.Request.Headers.AcceptEncoding = "gzip";
                return next(context);
            });
            branch.UseResponseCompression();
            branch.UseStaticFiles(Saying("/compressed"));
        });
    }

    private static StaticFileOptions Saying(string path = "", IFileProvider? files = null) => new()
    {
        RequestPath = path,
        FileProvider = files,
        OnPrepareResponse = static context => context.Context.Response.Headers.CacheControl = Public,
    };

    private static HealthCheckOptions Health() => new()
    {
        AllowCachingResponses = true,
        ResponseWriter = static (context, _) =>
        {
            context.Response.Headers.CacheControl = Public;
            return context.Response.WriteAsync("Healthy");
        },
    };

    private static DirectoryInfo WebRoot()
    {
        var folder = Directory.CreateTempSubdirectory();
        File.WriteAllText(Path.Combine(folder.FullName, "app.css"), "body{}");
        File.WriteAllText(Path.Combine(folder.FullName, "app.endpoints.json"), Manifest);
        return folder;
    }

    /// <summary>Files that are not on disk, as embedded ones.</summary>
    private sealed class WithoutPath(IFileProvider files) : IFileProvider
    {
        public IFileInfo GetFileInfo(string subpath) => new Embedded(files.GetFileInfo(subpath));

        public IDirectoryContents GetDirectoryContents(string subpath) => files.GetDirectoryContents(subpath);

        public Microsoft.Extensions.Primitives.IChangeToken Watch(string filter) => files.Watch(filter);

        private sealed class Embedded(IFileInfo file) : IFileInfo
        {
            public bool Exists => file.Exists;

            public long Length => file.Length;

            public string? PhysicalPath => null;

            public string Name => file.Name;

            public DateTimeOffset LastModified => file.LastModified;

            public bool IsDirectory => file.IsDirectory;

            public Stream CreateReadStream() => file.CreateReadStream();
        }
    }
}
