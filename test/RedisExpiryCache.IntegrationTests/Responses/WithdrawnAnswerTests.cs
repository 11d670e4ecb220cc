using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>An app that fails when it has begun to answer: either it is heard, or the stored page stands in for it, and never a mixture.</summary>
public sealed class WithdrawnAnswerTests(RedisFixture fixture)
{
    private const string Page = "the whole stored page", Tag = "\"1\"";
    private static readonly (string, string?) MayStandIn = ("Cache-Control", "max-age=60, stale-if-error=60");

    [Theory]
    [InlineData(0)]
    [InlineData(503)]
    public async Task What_was_written_and_not_flushed_is_not_in_front_of_the_stored_page(int status)
    {
        await using var origin = await StoredAsync();
        origin.Answer = context => HalfAPage(context, status);
        var answer = await origin.GetAsync(Origin.NoCache);
        Assert.Equal((200, Page), ((int)answer.Status, answer.Body));
    }

    [Theory]
    [InlineData(0, 500, "")]
    [InlineData(503, 503, "half a page")]
    public async Task With_nothing_stored_it_is_as_it_would_be_without_a_cache(int status, int answered, string body)
    {
        await using var origin = await Origin.StartAsync(fixture.Server);
        origin.Answer = context => HalfAPage(context, status);
        var answer = await origin.GetAsync();
        Assert.Equal((answered, body), ((int)answer.Status, answer.Body));
    }

    [Fact]
    public async Task It_is_not_behind_a_304_where_the_next_answer_of_the_connection_is_due()
    {
        await using var origin = await StoredAsync();
        origin.Answer = static context =>
        {
            context.Response.BodyWriter.Write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"u8);
            throw new InvalidOperationException("on purpose");
        };
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, origin.App.Address.Port, TestContext.Current.CancellationToken);
        var requests = $"GET {Origin.Path} HTTP/1.1\r\nHost: app.example\r\nIf-None-Match: {Tag}\r\nCache-Control: no-cache\r\n\r\n"
            + $"GET {Origin.Path} HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n";
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(requests), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
        var wire = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);

        Assert.StartsWith("HTTP/1.1 304", wire, StringComparison.Ordinal);
        Assert.DoesNotContain("evil", wire, StringComparison.Ordinal);
        Assert.EndsWith(Page, wire, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trailers_of_the_failure_are_not_those_of_the_stored_page()
    {
        await using var origin = await StoredAsync(new AppSetup { Protocols = HttpProtocols.Http2 });
        origin.Answer = static context =>
        {
            context.Response.StatusCode = 503;
            context.Response.AppendTrailer("x-failure", "yes");
            return Task.CompletedTask;
        };
        using var request = origin.App.Request(HttpMethod.Get, Origin.Path, Origin.NoCache);
        using var response = await origin.App.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(Page, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.False(response.TrailingHeaders.Contains("x-failure"));
    }

    [Fact]
    public async Task A_mistake_of_the_client_is_not_a_failure_of_the_app()
    {
        await using var origin = await StoredAsync();
        origin.Answer = static _ => throw new Microsoft.AspNetCore.Http.BadHttpRequestException("The client's mistake.", 400);
        Assert.Equal(400, (int)(await origin.GetAsync(Origin.NoCache)).Status);
    }

    [Fact]
    public async Task An_old_failure_does_not_stand_in_for_a_new_one()
    {
        await using var origin = await Origin.StartAsync(
            fixture.Server, new AppSetup { Options = static options => options.ResponseCaching.StaleIfError = TimeSpan.FromHours(1) });
        origin.Answers(503, "old failure", ("Cache-Control", "max-age=60"));
        await origin.GetAsync();
        origin.Answers(503, "new failure", ("Retry-After", "5"));

        var answer = await origin.GetAsync(Origin.NoCache);
        Assert.Equal(("new failure", "5"), (answer.Body, answer["Retry-After"]));
    }

    [Fact]
    public async Task The_age_of_what_stands_in_counts_the_time_that_the_app_took_to_fail()
    {
        await using var origin = await StoredAsync();
        origin.Later(1);
        origin.Answer = _ =>
        {
            origin.Later(3);
            throw new InvalidOperationException("on purpose");
        };
        var answer = await origin.GetAsync(Origin.NoCache);
        Assert.Equal((Page, 4), (answer.Body, answer.Age));
    }

    private async Task<Origin> StoredAsync(AppSetup? setup = null)
    {
        var origin = await Origin.StartAsync(fixture.Server, setup);
        origin.Answers(200, Page, MayStandIn, ("ETag", Tag));
        Assert.True((await origin.GetAsync()).WasStored);
        return origin;
    }

    /// <summary>Begins as a formatter does that writes into the pipe, and then throws (0) or says what status it has.</summary>
    private static Task HalfAPage(HttpContext context, int status)
    {
        context.Response.BodyWriter.Write("half a page"u8);
        if (status == 0)
            throw new InvalidOperationException("on purpose");

        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }
}
