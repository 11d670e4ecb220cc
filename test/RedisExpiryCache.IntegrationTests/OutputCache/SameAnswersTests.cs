using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.OutputCache;

/// <summary>One after the other, the same requests to an app on Microsoft's store and to one on ours.</summary>
public sealed class SameAnswersTests(RedisFixture fixture)
{
    private static readonly (string Path, string? Field, string? Value)[] Script =
    [
        ("/page/1", null, null), ("/page/1", null, null), ("/PAGE/1", null, null), ("/page/1/", null, null), ("/page/1?a=b", null, null), ("/page/1?a=c", null, null),
        ("/plain", null, null), ("/plain", "Cache-Control", "no-cache"), ("/plain", "Cache-Control", "no-store"), ("/plain", "Cache-Control", "only-if-cached"),
        ("/plain?x=1", null, null), ("/plain?X=1", null, null), ("/plain?x=1&y=2", null, null), ("/plain?y=2&x=1", null, null), ("/plain?x", null, null), ("/plain?x=%1E", null, null),
        ("/query?page=1", null, null), ("/query?page=%C3%A4", null, null), ("/query?PAGE=1", null, null), ("/query?page=1&page=1", null, null),
        ("/language", "Accept-Language", "de, en"), ("/language", "Accept-Language", "de,en"), ("/language", "Accept-Language", "de, en"),
        ("/validated", null, null), ("/validated", "If-None-Match", "*"), ("/validated", "If-None-Match", "W/\"one\""), ("/validated", "If-None-Match", "\"two\""),
        ("/validated", "If-Modified-Since", "Wed, 21 Oct 2014 07:28:00 GMT"), ("/validated", "Range", "bytes=0-1"),
        ("/cookie", null, null), ("/cookie", null, null), ("/missing", null, null), ("/missing", null, null), ("/nowhere", null, null), ("/empty", null, null), ("/empty", null, null),
        ("/posted", null, null), ("/evict/pages", "post", ""), ("/page/1", null, null), ("/evict/news", "post", ""), ("/page/1", null, null), ("/plain", "Cookie", "a=b"),
    ];

    [Theory]
    [InlineData(OutputStorage.Redis)]
    [InlineData(OutputStorage.RedisAddedLast)]
    public async Task Both_stores_give_the_same_answers(OutputStorage storage)
    {
        var expected = await AnswersAsync(OutputStorage.Memory);
        var answers = await AnswersAsync(storage);
        Assert.Equal(expected, answers);

        // Neither all hits nor all misses, or the comparison would say little.
        Assert.InRange(answers.Count(answer => answer.Contains("hit", StringComparison.Ordinal)), 10, Script.Length - 10);
    }

    private async Task<string[]> AnswersAsync(OutputStorage storage)
    {
        await using var app = await OutputApp.StartAsync(
            storage,
            OutputPages.Map,
            options => (options.Configuration, options.InstanceName) = (fixture.Server.ConnectionString, fixture.Server.NewPrefix()));
        var answers = new List<string>();
        foreach (var (path, field, value) in Script)
        {
            var answer = field == "post" ? await app.SendAsync(HttpMethod.Post, path) : field is null ? await app.GetAsync(path) : await app.GetAsync(path, (field, value!));
            var fields = answer.Fields.Where(one => one.Key is not "Age" and not "Date").OrderBy(one => one.Key).Select(one => $"{one.Key}: {one.Value}");
            answers.Add($"{path} {field} {value}: {(int)answer.Status} {answer.Body} [{string.Join(", ", fields)}]{(answer["Age"] is null ? "" : " hit")}");
        }

        return [.. answers];
    }
}
