using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.ViewFeatures;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>Pages behind <c>UseSession</c>: what uses the visitor's session is for that visitor alone.</summary>
public sealed class SessionTests(RedisFixture fixture)
{
    private static readonly RedisResponseCacheAttribute Minute = new() { Duration = 60 };

    [Fact]
    public async Task A_page_that_reads_the_session_is_not_served_to_a_visitor_without_that_session()
    {
        await using var app = await StartAsync(static context => context.Session.GetString("name"));
        var cookie = await BeginAsync(app);
        var alice = await app.GetAsync("/a", ("Cookie", cookie));
        var other = await app.GetAsync("/a");

        Assert.Equal(("page 1 for alice", "session"), (alice.Body, alice.Detail));
        Assert.Equal(("page 2 for ", "session"), (other.Body, other.Detail));
    }

    public static TheoryData<string> Uses => ["get", "keys", "id", "set", "remove", "clear"];

    [Theory]
    [MemberData(nameof(Uses))]
    public async Task Each_use_of_the_session_forbids_storing(string use)
    {
        await using var app = await StartAsync(context => Use(context.Session, use));
        Assert.Equal("session", (await app.GetAsync("/a")).Detail);
        Assert.False((await app.GetAsync("/a")).IsHit);
    }

    [Fact]
    public async Task A_page_that_leaves_the_session_alone_is_stored_for_all_visitors()
    {
        await using var app = await StartAsync(static context => context.Session.IsAvailable ? "anybody" : null);
        var cookie = await BeginAsync(app);
        await app.GetAsync("/a", ("Cookie", cookie));

        Assert.True((await app.GetAsync("/a")).IsHit);
    }

    [Fact]
    public async Task A_session_that_middleware_in_front_reads_does_not_count()
    {
        await using var app = await StartAsync(static _ => null, static web => web.Use(static (context, next) =>
        {
            context.Session.GetString("name");
            return next(context);
        }));
        await app.GetAsync("/a");

        Assert.True((await app.GetAsync("/a")).IsHit);
    }

    [Fact]
    public async Task A_page_that_reads_the_session_after_its_first_byte_is_not_stored()
    {
        await using var app = await StartAsync(static _ => null);
        await app.GetAsync("/late");

        Assert.False((await app.GetAsync("/late")).IsHit);
        await app.CountedAsync(2, "response.stores", ("outcome", "not-stored"), ("reason", "session"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TempData_in_the_session_counts_only_where_a_page_reads_it(bool reads)
    {
        await using var app = await StartAsync(context =>
        {
            var tempData = context.RequestServices.GetRequiredService<ITempDataDictionaryFactory>().GetTempData(context);
            var message = reads ? tempData["message"] as string : null;
            tempData.Save();
            return message;
        });
        await app.GetAsync("/a");
        var second = await app.GetAsync("/a");

        Assert.Equal((!reads, reads ? "session" : null), (second.IsHit, second.Detail));
    }

    [Fact]
    public async Task What_a_page_writes_into_the_session_is_there_in_the_next_request()
    {
        await using var app = await StartAsync(static context => context.Session.GetString("name"));
        var cookie = await BeginAsync(app);

        Assert.Equal("page 1 for alice", (await app.GetAsync("/a", ("Cookie", cookie))).Body);
    }

    private static string? Use(ISession session, string use)
    {
        switch (use)
        {
            case "get":
                return session.GetInt32("number")?.ToString(System.Globalization.CultureInfo.InvariantCulture);
            case "keys":
                return string.Join(',', session.Keys);
            case "id":
                return session.Id;
            case "set":
                session.SetString("a", "b");
                return null;
            case "remove":
                session.Remove("a");
                return null;
            default:
                session.Clear();
                return null;
        }
    }

    private static async Task<string> BeginAsync(CachedApp app) => (await app.GetAsync("/begin"))["Set-Cookie"]!.Split(';')[0];

    private Task<CachedApp> StartAsync(
        Func<HttpContext, string?> read, Action<WebApplication>? behindSession = null) => CachedApp.StartAsync(
        fixture.Server,
        web =>
        {
            web.MapGet("/begin", static context =>
            {
                context.Session.SetString("name", "alice");
                return context.Response.WriteAsync("begun");
            });
            web.MapGet("/a", context => context.Response.WriteAsync($"{context.NextPage()} for {read(context)}")).WithMetadata(Minute);
            web.MapGet("/late", static async context =>
            {
                await context.Response.WriteAsync(context.NextPage());
                await context.Response.Body.FlushAsync();
                await context.Response.WriteAsync($" for {context.Session.GetString("name")}");
            }).WithMetadata(Minute);
        },
        new AppSetup
        {
            Services = static services => services.AddSession().AddControllersWithViews().AddSessionStateTempDataProvider(),
            Outside = web =>
            {
                web.UseSession();
                behindSession?.Invoke(web);
            },
        });
}
