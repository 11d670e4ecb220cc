using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests;

/// <summary>What the README promises of the examples: they are run as a newcomer would run them.</summary>
/// <remarks>With no other test beside them: they wait for Redis as long as the defaults say, 100 ms, which a busy machine takes by itself.</remarks>
[CollectionDefinition(Name, DisableParallelization = true)]
[Collection(Name)]
public sealed class ExampleTests
{
    private const string Name = "Examples";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task The_tour_needs_no_redis_and_shows_what_it_says()
    {
        var (exitCode, output) = await TourAsync(redis: null);

        Assert.True(exitCode == 0, output);
        Assert.Contains("embedded Garnet", output, StringComparison.Ordinal);
        Assert.Contains("fwd=uri-miss; stored", output, StringComparison.Ordinal);
        Assert.Contains("Every step showed what it should.", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tour_uses_the_redis_that_is_named_and_every_key_there_has_an_expiry()
    {
        await using var server = await RedisServer.StartAsync();
        var seen = new Dictionary<string, TimeSpan?>();

        var tour = TourAsync(server.ConnectionString);
        while (!tour.IsCompleted)
        {
            foreach (var key in await server.KeysAsync("shop:"))
            {
                // Null only where the key went between the two questions.
                if (await server.TimeToLiveAsync(key) is { } left)
                    seen[key] = left;
                else
                    Assert.False(await server.Raw.KeyExistsAsync(key), $"{key} never expires");
            }

            await Task.WhenAny(tour, Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken));
        }

        var (exitCode, output) = await tour;
        Assert.True(exitCode == 0, output);
        Assert.Contains("shop:GET:/products/7", seen.Keys);
        Assert.Contains("shop:tag:http:product:7", seen.Keys);
        Assert.Contains("shop:basket:alice", seen.Keys);
        Assert.All(seen, static entry => Assert.True(entry.Value > TimeSpan.Zero, entry.Key));
    }

    [Fact]
    public async Task A_redis_that_is_not_there_is_said_in_a_line()
    {
        var (exitCode, output) = await TourAsync(redis: $"127.0.0.1:{FreePort.Next()}");

        Assert.Equal(1, exitCode);
        Assert.StartsWith("No Redis answers where ConnectionStrings:Redis points.", output.Trim(), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_string_that_is_none_is_said_in_a_line_without_its_value()
    {
        var (exitCode, output) = await TourAsync(redis: "redis://user:s3cret@localhost:6379");

        Assert.Equal(1, exitCode);
        Assert.StartsWith("ConnectionStrings:Redis: ", output.Trim(), StringComparison.Ordinal);
        Assert.Contains("not like a URL", output, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData()]
    [InlineData("--origin", "here")]
    [InlineData("--origin", "ftp://127.0.0.1:1")]
    [InlineData("--origin", "http://127.0.0.1:1/app")]
    public async Task The_proxy_without_a_good_origin_says_so_in_a_line(params string[] arguments)
    {
        var (exitCode, output) = await EdgeProcess.RunAsync(arguments);

        Assert.Equal(1, exitCode);
        Assert.EndsWith("--origin http://127.0.0.1:8000", Assert.Single(output.Trim().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_proxy_on_a_port_in_use_says_so_in_a_line()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        var (exitCode, output) = await EdgeProcess.RunAsync("--origin", "http://127.0.0.1:1", "--urls", $"http://{other.LocalEndpoint}");

        Assert.Equal(1, exitCode);
        Assert.Contains("already in use", Assert.Single(output.Trim().Split('\n')), StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Output)> TourAsync(string? redis)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["ConnectionStrings__Redis"] = redis },
        };
        foreach (var argument in (string[])["run", "--no-build", "--project", Path.Combine(Repository.Root, "examples", "QuickStart"), "--", "--tour", "--urls", "http://127.0.0.1:0"])
            start.ArgumentList.Add(argument);

        using var process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output + await errors);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
