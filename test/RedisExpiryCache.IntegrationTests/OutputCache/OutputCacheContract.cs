using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.OutputCache;

// The same app on Microsoft's store and on ours: what holds for the first holds for the second.

public sealed class MemoryOutputCacheTests() : OutputCacheContract(OutputStorage.Memory, "");

public sealed class RedisOutputCacheTests(RedisFixture fixture) : OutputCacheContract(OutputStorage.Redis, fixture.Server.ConnectionString);

public sealed class RedisAddedLastOutputCacheTests(RedisFixture fixture)
    : OutputCacheContract(OutputStorage.RedisAddedLast, fixture.Server.ConnectionString);

public sealed class GarnetOutputCacheTests(GarnetFixture fixture)
    : OutputCacheContract(OutputStorage.Redis, fixture.Host.ConnectionString), IClassFixture<GarnetFixture>;

/// <summary>What an app with [OutputCache] may expect, wherever its entries are kept.</summary>
public abstract class OutputCacheContract(OutputStorage storage, ServerAddress server) : IAsyncLifetime
{
    private readonly string _instance = $"{Some.Word()}:";
    private OutputApp? _app;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private OutputApp App => _app!;

    public async ValueTask InitializeAsync() => _app = await StartAsync(OutputPages.Map);

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_page_is_made_once_and_says_its_age()
    {
        var first = await App.GetAsync("/page/1");
        Assert.Equal((200, "page 1", null), ((int)first.Status, first.Body, first["Age"]));

        Answer hit = first;
        await Eventually.True(async () => (hit = await App.GetAsync("/page/1")).Age >= 1, Caches.Patience, "the page to age");
        Assert.Equal((200, "page 1"), ((int)hit.Status, hit.Body));
        Assert.Equal(1, App.Made);
        Assert.Equal(first["Date"], hit["Date"]);
    }

    [Theory]
    [InlineData("/plain")]
    [InlineData("/attribute")]
    [InlineData("/news")]
    [InlineData("/empty")]
    public async Task Each_way_to_say_so_caches(string path)
    {
        var first = await App.GetAsync(path);
        var second = await App.GetAsync(path);
        Assert.Equal((200, first.Body, 1), ((int)second.Status, second.Body, App.Made));
        Assert.NotNull(second["Age"]);
    }

    [Theory]
    [InlineData("/uncached")]
    [InlineData("/cookie")]
    [InlineData("/missing")]
    public async Task What_is_not_to_be_cached_is_not(string path)
    {
        Assert.Equal("page 1", (await App.GetAsync(path)).Body);
        Assert.Equal("page 2", (await App.GetAsync(path)).Body);
    }

    [Fact]
    public async Task Neither_an_answer_to_post_nor_to_a_signed_in_user_is_cached()
    {
        Assert.Equal("page 1", (await App.SendAsync(HttpMethod.Post, "/posted")).Body);
        Assert.Equal("page 2", (await App.SendAsync(HttpMethod.Post, "/posted")).Body);
        Assert.Equal("page 3", (await App.GetAsync("/plain", ("Authorization", "Basic YQ=="))).Body);
        Assert.Equal("page 4", (await App.GetAsync("/plain")).Body);
    }

    [Fact]
    public async Task Each_query_that_counts_has_its_own_page()
    {
        Assert.Equal("page 1", (await App.GetAsync("/query?page=1")).Body);
        Assert.Equal("page 2", (await App.GetAsync("/query?page=2")).Body);
        Assert.Equal("page 3", (await App.GetAsync("/query?page=1&page=2")).Body);
        Assert.Equal("page 4", (await App.GetAsync("/query?page=%7B1%7D%20")).Body);
        Assert.Equal("page 5", (await App.GetAsync("/query")).Body);
        Assert.Equal("page 1", (await App.GetAsync("/query?page=1&other=1")).Body);
        Assert.Equal("page 2", (await App.GetAsync("/query?other=2&page=2")).Body);
        Assert.Equal("page 3", (await App.GetAsync("/query?page=2&page=1")).Body);
        Assert.Equal("page 4", (await App.GetAsync("/query?page=%7B1%7D%20")).Body);
        Assert.Equal("page 5", (await App.GetAsync("/query?other=3")).Body);
    }

    [Fact]
    public async Task Each_header_value_that_counts_has_its_own_page()
    {
        Assert.Equal("page 1", (await App.GetAsync("/language", ("Accept-Language", "de"))).Body);
        Assert.Equal("page 2", (await App.GetAsync("/language", ("Accept-Language", "fr"))).Body);
        Assert.Equal("page 1", (await App.GetAsync("/language", ("Accept-Language", "de"), ("Accept", "text/html"))).Body);
    }

    [Fact]
    public async Task A_page_lives_as_long_as_its_policy_says()
    {
        Assert.Equal("page 1", (await App.GetAsync("/short")).Body);
        await Eventually.True(async () => (await App.GetAsync("/short")).Body != "page 1", Caches.Patience, "the page to expire");
    }

    [Fact]
    public async Task A_client_that_has_the_page_gets_304()
    {
        var first = await App.GetAsync("/validated");
        var hit = await App.GetAsync("/validated");
        Assert.Equal((200, first.Body, "\"one\"", first["X-Kept"]), ((int)hit.Status, hit.Body, hit["ETag"], hit["X-Kept"]));

        var same = await App.GetAsync("/validated", ("If-None-Match", "\"zero\", \"one\""));
        Assert.Equal((304, 0, "\"one\""), ((int)same.Status, same.Bytes.Length, same["ETag"]));
        Assert.Equal(304, (int)(await App.GetAsync("/validated", ("If-Modified-Since", "Wed, 21 Oct 2015 07:28:00 GMT"))).Status);
        Assert.Equal(200, (int)(await App.GetAsync("/validated", ("If-None-Match", "\"two\""))).Status);
        Assert.Equal(1, App.Made);
    }

    [Fact]
    public async Task A_body_of_several_megabytes_comes_back_to_the_byte()
    {
        var first = await App.GetAsync("/blob");
        var hit = await App.GetAsync("/blob");
        Assert.Equal(OutputPages.BlobSize, first.Bytes.Length);
        Assert.True(first.Bytes.AsSpan().SequenceEqual(hit.Bytes));
        Assert.Equal(("application/octet-stream", 1), (hit["Content-Type"], App.Made));
    }

    [Fact]
    public async Task Evicting_a_tag_evicts_what_carries_it_and_nothing_else()
    {
        foreach (var path in (string[])["/page/1", "/page/2", "/attribute", "/news", "/plain"])
            await App.GetAsync(path);

        await App.Store.EvictByTagAsync("pages", Token);
        Assert.Equal("page 6", (await App.GetAsync("/page/1")).Body);
        Assert.Equal("page 7", (await App.GetAsync("/page/2")).Body);
        Assert.Equal("page 8", (await App.GetAsync("/attribute")).Body);
        Assert.Equal("page 4", (await App.GetAsync("/news")).Body);
        Assert.Equal("page 5", (await App.GetAsync("/plain")).Body);

        Assert.Equal(200, (int)(await App.SendAsync(HttpMethod.Post, "/evict/front%20%7Bpage%7D%20%C3%BCnter")).Status);
        Assert.Equal("page 9", (await App.GetAsync("/news")).Body);
        Assert.Equal("page 6", (await App.GetAsync("/page/1")).Body);
        await App.Store.EvictByTagAsync("a tag that nothing carries", Token);
    }

    [Fact]
    public async Task A_client_that_wants_a_stored_page_only_gets_that_or_504()
    {
        Assert.Equal(504, (int)(await App.GetAsync("/page/1", ("Cache-Control", "only-if-cached"))).Status);
        await App.GetAsync("/page/1");
        Assert.Equal("page 1", (await App.GetAsync("/page/1", ("Cache-Control", "only-if-cached"))).Body);
    }

    [Fact]
    public async Task Many_callers_of_a_cold_page_share_it()
    {
        const int Callers = 20;
        var gate = App.Services.GetRequiredService<Gate>();
        gate.Close();
        var callers = Enumerable.Range(0, Callers).Select(_ => App.GetAsync("/slow")).ToArray();
        await Eventually.True(() => App.LookedUpInVain == Callers, Caches.Patience, "all callers to have looked for the page");
        gate.Open();
        var answers = await Task.WhenAll(callers);
        Assert.All(answers, answer => Assert.Equal(200, (int)answer.Status));

        // One, but for a caller that was held up between its lookup and its place in the queue.
        Assert.InRange(App.Made, 1, Callers / 2);
        Assert.Contains((await App.GetAsync("/slow")).Body, answers.Select(answer => answer.Body));
    }

    [Fact]
    public async Task What_the_store_refuses_is_served_all_the_same()
    {
        Assert.Equal((200, "page 1"), await StatusAndBody("/too-many-tags"));
        Assert.Equal(200, (await StatusAndBody("/too-many-tags")).Status);

        async Task<(int Status, string Body)> StatusAndBody(string path) => await App.GetAsync(path) is var answer ? ((int)answer.Status, answer.Body) : default;
    }

    private Task<OutputApp> StartAsync(Action<WebApplication> map) => OutputApp.StartAsync(
        storage,
        map,
        options =>
        {
            server.ApplyTo(options);
            options.InstanceName = _instance;
        });
}
