using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>Bytes pass as the app writes them, whatever becomes of what is kept of them.</summary>
public sealed class StreamingTests(RedisFixture fixture)
{
    [Fact]
    public async Task The_first_bytes_reach_the_client_before_the_app_has_written_the_last()
    {
        using var hold = new SemaphoreSlim(0);
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapGet("/a", async (HttpContext context) =>
        {
            context.Response.Headers.CacheControl = "max-age=60";
            await context.Response.WriteAsync("first");
            await context.Response.Body.FlushAsync();
            await hold.WaitAsync();
            await context.Response.WriteAsync(" last");
        }));
        using var request = app.Request(HttpMethod.Get, "/a");
        using var response = await app.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        await using var body = await response.Content.ReadAsStreamAsync(Token);
        var buffer = new byte[5];
        await body.ReadExactlyAsync(buffer, Token);
        Assert.Equal("first", Encoding.ASCII.GetString(buffer));

        hold.Release();
        using var rest = new StreamReader(body);
        Assert.Equal(" last", await rest.ReadToEndAsync(Token));
        Assert.Equal("first last", (await app.WarmAsync("/a")).Body);
    }

    [Theory]
    [InlineData(1000, true)]
    [InlineData(1001, false)]
    public async Task What_is_over_the_limit_passes_whole_and_is_not_stored(int size, bool stored)
    {
        var content = Some.Bytes(size);
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            web => web.MapGet("/a/{known}", async (HttpContext context, bool known) =>
            {
                context.Response.Headers.CacheControl = "max-age=60";
                context.Response.ContentLength = known ? size : null;
                await context.Response.Body.WriteAsync(content.AsMemory(0, 700));
                await context.Response.Body.FlushAsync();
                await context.Response.Body.WriteAsync(content.AsMemory(700));
            }),
            new AppSetup { Options = options => options.ResponseCaching.MaximumBodySize = 1000 });
        foreach (var path in new[] { "/a/true", "/a/false" })
        {
            Assert.Equal(content, (await app.GetAsync(path)).Bytes);
            var second = await app.GetAsync(path);
            Assert.Equal(content, second.Bytes);
            Assert.Equal(stored, second.IsHit);
        }

        Assert.Equal(stored ? null : "too-large", (await app.GetAsync("/a/true")).Detail);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_response_with_trailers_passes_and_is_not_stored(bool declared)
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            web => web.MapGet("/a", async (HttpContext context) =>
            {
                context.Response.Headers.CacheControl = "max-age=60";
                if (declared)
                    context.Response.DeclareTrailer("X-Sum");

                await context.Response.WriteAsync(context.NextPage());
                context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers["X-Sum"] = "7";
            }),
            new AppSetup { Protocols = HttpProtocols.Http2 });
        using var request = app.Request(HttpMethod.Get, "/a");
        using var response = await app.Client.SendAsync(request, Token);
        Assert.Equal("page 1", await response.Content.ReadAsStringAsync(Token));
        Assert.Equal("7", Assert.Single(response.TrailingHeaders.GetValues("X-Sum")));

        var second = await app.GetAsync("/a");
        Assert.Equal("page 2", second.Body);
        if (declared)
            Assert.Equal("trailers", second.Detail);
    }

    [Fact]
    public async Task A_GET_with_content_is_not_looked_up_whatever_way_the_content_is_announced()
    {
        foreach (var protocols in new[] { HttpProtocols.Http1, HttpProtocols.Http2 })
        {
            await using var app = await CachedApp.StartAsync(
                fixture.Server,
                web => web.MapGet("/a", async (HttpContext context) =>
                {
                    context.Response.Headers.CacheControl = "max-age=60";
                    using var reader = new StreamReader(context.Request.Body);
                    await context.Response.WriteAsync($"you said {await reader.ReadToEndAsync()}");
                }),
                new AppSetup { Protocols = protocols });
            foreach (var known in new[] { true, false })
            {
                Assert.Equal("you said one", await SayAsync(app, "one", known));
                Assert.Equal("you said two", await SayAsync(app, "two", known));
            }

            Assert.Equal("you said ", (await app.GetAsync("/a")).Body);
        }
    }

    [Fact]
    public async Task A_connection_that_is_kept_alive_stays_in_step()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapPage("/{id}", also: context =>
            context.Response.StatusCode = context.Request.Path == "/moved" ? 301 : 200));
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", app.Address.Port, Token);
        await using var stream = client.GetStream();
        string[] requests = ["GET /1", "GET /1", "HEAD /1", "GET /moved", "GET /moved", "GET /2", "GET /1"];
        foreach (var request in requests)
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"{request} HTTP/1.1\r\nHost: app.example\r\n\r\n"), Token);
        }

        await stream.WriteAsync("GET /end HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n"u8.ToArray(), Token);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var all = await reader.ReadToEndAsync(Token);
        var bodies = string.Join(' ', System.Text.RegularExpressions.Regex.Matches(all, "page [0-9]+").Select(match => match.Value));
        Assert.Equal("page 1 page 1 page 2 page 2 page 3 page 1 page 4", bodies);
        Assert.Equal(requests.Length + 1, System.Text.RegularExpressions.Regex.Count(all, "HTTP/1.1 [23]0"));
    }

    private static async Task<string> SayAsync(CachedApp app, string words, bool known)
    {
        using var request = app.Request(HttpMethod.Get, "/a");
        request.Content = new StringContent(words);
        if (!known)
        {
            request.Content.Headers.ContentLength = null;
            request.Headers.TransferEncodingChunked = app.Client.DefaultRequestVersion.Major == 1;
        }

        using var response = await app.Client.SendAsync(request, Token);
        return await response.Content.ReadAsStringAsync(Token);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;
}
