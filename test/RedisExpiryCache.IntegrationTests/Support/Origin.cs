using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Extensions.Time.Testing;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>An app behind the cache that answers as the test says, remembers how it was asked, and has a clock that the test sets.</summary>
internal sealed class Origin : IAsyncDisposable
{
    public const string Path = "/a";

    /// <summary>What makes the app be asked although the page is fresh.</summary>
    public static readonly (string Name, string Value) NoCache = ("Cache-Control", "no-cache");

    private readonly ConcurrentQueue<IReadOnlyDictionary<string, StringValues>> _asked = [];

    private Origin()
    {
    }

    public CachedApp App { get; private set; } = null!;

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    /// <summary>What the app does with a request.</summary>
    public Func<HttpContext, Task> Answer { get; set; } = static context => SayAsync(context, StatusCodes.Status404NotFound);

    /// <summary>The fields of each request as the app saw them.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, StringValues>> Asked => [.. _asked];

    public int Calls => _asked.Count;

    /// <param name="server">What the cache stores in.</param>
    /// <param name="setup">The app's own time is replaced by <see cref="Time"/>.</param>
    /// <param name="endpoint">What its endpoint asks for; null: nothing.</param>
    public static async Task<Origin> StartAsync(CacheServer server, AppSetup? setup = null, Action<IEndpointConventionBuilder>? endpoint = null)
    {
        var origin = new Origin();
        origin.App = await CachedApp.StartAsync(
            server,
            web =>
            {
                var mapped = web.MapMethods("/{**path}", ["GET", "HEAD"], context =>
                {
                    origin._asked.Enqueue(new Dictionary<string, StringValues>(context.Request.Headers, StringComparer.OrdinalIgnoreCase));
                    return origin.Answer(context);
                });
                endpoint?.Invoke(mapped);
            },
            (setup ?? new AppSetup()) with { Time = origin.Time });
        return origin;
    }

    /// <summary>From now on.</summary>
    public void Answers(int status, string body, params (string Name, string? Value)[] fields) =>
        Answer = context => SayAsync(context, status, body, fields);

    /// <summary>From now on: the page, or 304 to who asks whether it still holds; the same fields on both.</summary>
    public void Confirms(string body, params (string Name, string? Value)[] fields) => Confirms(_ => body, fields);

    /// <summary>The same, where the page depends on the request and its validators do not.</summary>
    public void Confirms(Func<HttpContext, string> body, params (string Name, string? Value)[] fields) => Answer = context =>
        context.Request.Headers.IfNoneMatch.Count > 0 || context.Request.Headers.IfModifiedSince.Count > 0
            ? SayAsync(context, StatusCodes.Status304NotModified, "", fields)
            : SayAsync(context, StatusCodes.Status200OK, body(context), fields);

    public static Task SayAsync(HttpContext context, int status, string body = "", params (string Name, string? Value)[] fields)
    {
        context.Response.StatusCode = status;
        foreach (var (name, value) in fields)
        {
            if (value is not null)
            {
                context.Response.Headers[name] = value;
            }
        }

        return body.Length == 0 ? Task.CompletedTask : context.Response.WriteAsync(body);
    }

    public void Later(double seconds) => Time.Advance(TimeSpan.FromSeconds(seconds));

    public Task<Answer> GetAsync(params (string Name, string Value)[] fields) => App.GetAsync(Path, fields);

    public Task<Answer> HeadAsync(params (string Name, string Value)[] fields) => App.SendAsync(HttpMethod.Head, Path, fields);

    /// <summary>How the app was asked the last time: a field, or null.</summary>
    public string? LastAsked(string field) => Asked[^1].TryGetValue(field, out var value) ? value.ToString() : null;

    /// <summary>The keys of the stored responses.</summary>
    public async Task<string[]> StoredAsync(CacheServer server) =>
        [.. (await server.KeysAsync(App.Prefix)).Where(key => key.Contains('#', StringComparison.Ordinal))];

    public ValueTask DisposeAsync() => App.DisposeAsync();
}
