using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.Extensions.DependencyInjection;
using RedisExpiryCache.IntegrationTests.InMemory;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

public sealed class EvictionAfterSuccessTests(RedisFixture fixture) : EvictionAfterSuccessContract(fixture);

public sealed class InMemoryEvictionAfterSuccessTests(InMemoryFixture fixture) : EvictionAfterSuccessContract(fixture);

/// <summary>A request evicts after the code of its endpoint has run to success.</summary>
/// <remarks>Not because of the status that something else has answered with.</remarks>
public abstract class EvictionAfterSuccessContract(ServerFixture fixture)
{
    private static readonly RedisResponseCacheAttribute Tagged = new() { Duration = 60, Tags = ["things"] };

    [Theory]
    [InlineData("by-filter", false)]
    [InlineData("by-result", false)]
    [InlineData("forbidden", false)]
    [InlineData("short-circuit", false)]
    [InlineData("handled-exception", false)]
    [InlineData("done", true)]
    [InlineData("redirects", true)]
    public async Task An_action_evicts_only_if_it_ran_to_success(string action, bool evicts)
    {
        await using var app = await StartAsync(static web => web.MapControllers());
        await app.WarmAsync("/a");
        Assert.InRange((int)(await app.SendAsync(HttpMethod.Post, $"/guarded/{action}")).Status, 200, 399);
        Assert.Equal(!evicts, (await app.GetAsync("/a")).IsHit);
    }

    [Fact]
    public async Task A_login_redirect_of_authorization_behind_the_cache_evicts_nothing()
    {
        await using var app = await StartAsync(static web =>
        {
            web.UseAuthentication();
            web.UseAuthorization();
            web.MapPost("/change", static () => "changed").RequireAuthorization().EvictCachedResponses(tags: ["things"]);
            web.MapPost("/a", static () => "changed").RequireAuthorization();
        });
        await app.WarmAsync("/a");
        Assert.Equal(302, (int)(await app.SendAsync(HttpMethod.Post, "/change")).Status);
        Assert.True((await app.GetAsync("/a")).IsHit);
        Assert.Equal(302, (int)(await app.SendAsync(HttpMethod.Post, "/a")).Status);
        Assert.True((await app.GetAsync("/a")).IsHit);
    }

    [Fact]
    public async Task A_login_redirect_does_not_invalidate_groups()
    {
        await using var app = await StartAsync(static web =>
        {
            web.Use(static (context, next) =>
            {
                context.Response.Headers["Cache-Group-Invalidation"] = "\"scripts\"";
                return next(context);
            });
            web.UseAuthentication();
            web.UseAuthorization();
            web.MapPage("/grouped", also: static context => context.Response.Headers["Cache-Groups"] = "\"scripts\"");
            web.MapPost("/change", static () => "changed").RequireAuthorization();
        });
        await app.WarmAsync("/grouped");
        Assert.Equal(302, (int)(await app.SendAsync(HttpMethod.Post, "/change")).Status);
        Assert.True((await app.GetAsync("/grouped")).IsHit);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_redirect_after_a_POST_still_invalidates_its_URL(bool isRouted)
    {
        await using var app = await StartAsync(web =>
        {
            if (isRouted)
            {
                web.MapPost("/a", static () => Results.Redirect("/a"));
                return;
            }

            web.Use(static (context, next) =>
            {
                if (!HttpMethods.IsPost(context.Request.Method))
                    return next(context);

                context.SetEndpoint(null);
                context.Response.Redirect("/a");
                return Task.CompletedTask;
            });
        });
        await app.WarmAsync("/a");
        Assert.Equal(302, (int)(await app.SendAsync(HttpMethod.Post, "/a")).Status);
        Assert.False((await app.GetAsync("/a")).IsHit);
    }

    [Fact]
    public async Task Middleware_that_looks_at_the_endpoint_sees_its_own_metadata_and_name()
    {
        await using var app = await StartAsync(static web =>
        {
            web.Use(static async (context, next) =>
            {
                context.Response.Headers["X-Endpoint"] = context.GetEndpoint()?.DisplayName;
                context.Response.Headers["X-Kind"] = context.GetEndpoint()?.GetType().Name;
                await next(context);
            });
            web.MapPost("/change", static () => "changed").WithDisplayName("the change").EvictCachedResponses(tags: ["things"]);
        });
        await app.WarmAsync("/a");
        var answer = await app.SendAsync(HttpMethod.Post, "/change");
        Assert.Equal(("the change", "RouteEndpoint"), (answer["X-Endpoint"], answer["X-Kind"]));
        Assert.False((await app.GetAsync("/a")).IsHit);
    }

    private Task<CachedApp> StartAsync(Action<WebApplication> map) => CachedApp.StartAsync(
        fixture.Server,
        web =>
        {
            map(web);
            web.MapPage("/a", Tagged);
        },
        new AppSetup
        {
            Outside = static web => web.UseRouting(),
            Services = static services =>
            {
                services.AddControllers().AddApplicationPart(typeof(GuardedController).Assembly);
                services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie();
                services.AddAuthorization();
            },
        });
}

/// <summary>Its actions are answered for by filters, or fail.</summary>
[Route("guarded")]
[RedisResponseCacheEvict(Tags = ["things"])]
public sealed class GuardedController : ControllerBase
{
    [HttpPost("by-filter")]
    [ServiceFilterOfLogin]
    public IActionResult ByFilter() => Ok("changed");

    [HttpPost("by-result")]
    public IActionResult ByResult() => Challenge();

    [HttpPost("forbidden")]
    public IActionResult Forbidden() => Forbid();

    [HttpPost("short-circuit")]
    [Politely]
    public IActionResult ShortCircuit() => Ok("changed");

    [HttpPost("handled-exception")]
    [Excuse]
    public IActionResult Fails() => throw new InvalidOperationException($"on purpose at {Request.Path}");

    [HttpPost("done")]
    public IActionResult Done() => Ok("changed");

    [HttpPost("redirects")]
    public IActionResult Redirects() => Redirect("/a");
}

[AttributeUsage(AttributeTargets.Method)]
internal sealed class ServiceFilterOfLoginAttribute : Attribute, IAuthorizationFilter
{
    public void OnAuthorization(AuthorizationFilterContext context) => context.Result = new ChallengeResult();
}

[AttributeUsage(AttributeTargets.Method)]
internal sealed class PolitelyAttribute : ActionFilterAttribute
{
    public override void OnActionExecuting(ActionExecutingContext context) => context.Result = new OkObjectResult("refused, politely");
}

[AttributeUsage(AttributeTargets.Method)]
internal sealed class ExcuseAttribute : ExceptionFilterAttribute
{
    public override void OnException(ExceptionContext context)
    {
        context.Result = new RedirectResult("/sorry");
        context.ExceptionHandled = true;
    }
}
