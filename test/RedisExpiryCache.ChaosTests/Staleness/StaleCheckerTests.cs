using System.Net;
using System.Text;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.ChaosTests.Staleness;

/// <summary>The checker bites.</summary>
public sealed class StaleCheckerTests
{
    private readonly StaleChecker _checker = new(pages: 2);

    [Fact]
    public async Task A_version_below_an_acknowledged_eviction_is_a_violation()
    {
        var old = _checker.Body(0, "plain");
        await ReadAsync(old);
        await _checker.ChangeAsync([0], () => Task.CompletedTask);
        Assert.Equal(0, _checker.Violations);
        await ReadAsync(old);
        Assert.Contains("version 1", Assert.Single(_checker.FirstViolations), StringComparison.Ordinal);
        await ReadAsync(_checker.Body(0, "plain"));
        Assert.Equal((1, 1, 3), (_checker.Violations, _checker.Acknowledged, _checker.Reads));
    }

    [Fact]
    public async Task An_eviction_that_threw_promises_nothing()
    {
        var old = _checker.Body(0, "plain");
        await _checker.ChangeAsync([0], () => throw new TimeoutException("gone"));
        await ReadAsync(old);
        Assert.Equal((0, 0, 1), (_checker.Violations, _checker.Acknowledged, _checker.RefusedEvictions));
    }

    [Fact]
    public async Task A_read_that_began_before_the_eviction_may_show_what_was()
    {
        var old = _checker.Body(0, "plain");
        await _checker.ReadAsync(0, "plain", async () =>
        {
            await _checker.ChangeAsync([0], () => Task.CompletedTask);
            return AnswerOf(old);
        });
        Assert.Equal(0, _checker.Violations);
    }

    [Theory]
    [InlineData("page 1 plain version 0", HttpStatusCode.OK)]
    [InlineData("page 0 fancy version 0", HttpStatusCode.OK)]
    [InlineData("", HttpStatusCode.OK)]
    [InlineData("page 0 plain version 0", HttpStatusCode.InternalServerError)]
    public async Task Another_page_another_kind_or_no_page_is_a_violation(string body, HttpStatusCode status)
    {
        await _checker.ReadAsync(0, "plain", () => Task.FromResult(AnswerOf(body, status)));
        Assert.Equal(1, _checker.Violations);
    }

    [Fact]
    public async Task No_answer_is_a_violation()
    {
        await _checker.ReadAsync(0, "plain", () => throw new HttpRequestException("gone"));
        Assert.Equal(1, _checker.Violations);
    }

    private Task ReadAsync(string body) => _checker.ReadAsync(0, "plain", () => Task.FromResult(AnswerOf(body)));

    private static Answer AnswerOf(string body, HttpStatusCode status = HttpStatusCode.OK) =>
        new(status, Encoding.UTF8.GetBytes(body), new Dictionary<string, string>());
}
