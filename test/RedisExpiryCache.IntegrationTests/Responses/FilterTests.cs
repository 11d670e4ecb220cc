using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>Checks of an API key: filters, which a hit does not run, and the two places that a hit passes.</summary>
public sealed class FilterTests(RedisFixture fixture)
{
    private static readonly (string Name, string Value) Key = ("X-Api-Key", "key-1"), OtherKey = ("X-Api-Key", "key-2"), WrongKey = ("X-Api-Key", "wrong");

    [Theory]
    [InlineData("/filter/endpoint")]
    [InlineData("/filter/authorization")]
    [InlineData("/filter/resource")]
    [InlineData("/filter/action")]
    public async Task A_filter_checks_the_request_that_reaches_the_endpoint_and_no_hit(string path)
    {
        await using var app = await StartAsync(
            static web =>
            {
                web.MapControllers();
                web.MapGet("/filter/endpoint", static (HttpContext context) => context.NextPage())
                    .AddEndpointFilter(static (context, next) => IsRight(context.HttpContext) ? next(context) : new(Results.Unauthorized()))
                    .CacheResponse();
            },
            static services => services.AddControllers().AddApplicationPart(typeof(FilterTests).Assembly));

        Assert.Equal(HttpStatusCode.Unauthorized, (await app.GetAsync(path)).Status);
        Assert.Equal(HttpStatusCode.OK, (await app.GetAsync(path, Key)).Status);

        Assert.True((await app.GetAsync(path)).IsHit);
    }

    [Fact]
    public async Task An_authorization_policy_checks_hits_as_well_and_clients_with_the_same_claim_share()
    {
        await using var app = await StartAsync(
            static web => web.MapGet("/report", static (HttpContext context) => context.NextPage())
                .RequireAuthorization()
                .CacheResponse(static policy => policy.Expire(TimeSpan.FromMinutes(1)).VaryByClaim("plan")),
            static services =>
            {
                services.AddAuthentication("ApiKey").AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>("ApiKey", null);
                services.AddAuthorization();
            },
            static web => web.UseAuthentication().UseAuthorization());

        Assert.Equal(HttpStatusCode.Unauthorized, (await app.GetAsync("/report")).Status);
        Assert.True((await app.GetAsync("/report", Key)).WasStored);

        Assert.True((await app.GetAsync("/report", OtherKey)).IsHit);
        await IsRefusedAsync(app);
    }

    [Fact]
    public async Task Middleware_in_front_of_the_cache_checks_hits_as_well()
    {
        await using var app = await StartAsync(
            static web => web.MapGet("/report", static (HttpContext context) => context.NextPage()).CacheResponse(),
            static _ => { },
            static web => web.UseWhen(
                static context => context.Request.Path.StartsWithSegments("/report"),
                static branch => branch.Use(static (context, next) =>
                {
                    if (IsRight(context))
                        return next(context);

                    context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                    return Task.CompletedTask;
                })));

        Assert.Equal(HttpStatusCode.Unauthorized, (await app.GetAsync("/report")).Status);
        Assert.True((await app.GetAsync("/report", Key)).WasStored);

        Assert.True((await app.GetAsync("/report", OtherKey)).IsHit);
        await IsRefusedAsync(app);
    }

    private static async Task IsRefusedAsync(CachedApp app)
    {
        foreach (var path in (string[])["/report", "/REPORT", "/report/", "/report?a=1"])
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await app.GetAsync(path)).Status);
            Assert.Equal(HttpStatusCode.Unauthorized, (await app.GetAsync(path, WrongKey)).Status);

            // Behind an authorization policy it is for the application to refuse, which does not know HEAD here: 405.
            var head = await app.SendAsync(HttpMethod.Head, path);
            Assert.True(head.Status is HttpStatusCode.Unauthorized or HttpStatusCode.MethodNotAllowed, $"{head.Status}");
            Assert.Null(head["ETag"]);
        }
    }

    private static bool IsRight(HttpContext context) => context.Request.Headers["X-Api-Key"].ToString() is "key-1" or "key-2";

    private Task<CachedApp> StartAsync(Action<WebApplication> map, Action<IServiceCollection> services, Action<WebApplication>? outside = null) =>
        CachedApp.StartAsync(fixture.Server, map, new AppSetup { IsOnDefaults = true, Services = services, Outside = outside });

    private sealed class ApiKeyHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            if (!IsRight(Context))
                return Task.FromResult(AuthenticateResult.NoResult());

            var user = new ClaimsPrincipal(new ClaimsIdentity([new Claim("plan", "gold")], Scheme.Name));
            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(user, Scheme.Name)));
        }
    }

    /// <summary>Refuses requests without the key in each kind of filter that MVC has in front of an action.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    internal sealed class CheckInFilterAttribute : Attribute, IAuthorizationFilter, IResourceFilter, IActionFilter
    {
        public string Stage { get; init; } = "";

        public void OnAuthorization(AuthorizationFilterContext context) => context.Result = ResultAt("authorization", context);

        public void OnResourceExecuting(ResourceExecutingContext context) => context.Result = ResultAt("resource", context);

        public void OnResourceExecuted(ResourceExecutedContext context)
        {
        }

        public void OnActionExecuting(ActionExecutingContext context) => context.Result = ResultAt("action", context);

        public void OnActionExecuted(ActionExecutedContext context)
        {
        }

        private UnauthorizedResult? ResultAt(string stage, FilterContext context) =>
            Stage == stage && !IsRight(context.HttpContext) ? new UnauthorizedResult() : null;
    }
}

/// <summary>Actions with a filter that checks the key.</summary>
[Route("filter")]
public sealed class FilteredController : ControllerBase
{
    [HttpGet("authorization"), RedisResponseCache(Duration = 60), FilterTests.CheckInFilter(Stage = "authorization")]
    public string Authorization() => HttpContext.NextPage();

    [HttpGet("resource"), RedisResponseCache(Duration = 60), FilterTests.CheckInFilter(Stage = "resource")]
    public string Resource() => HttpContext.NextPage();

    [HttpGet("action"), RedisResponseCache(Duration = 60), FilterTests.CheckInFilter(Stage = "action")]
    public string Action() => HttpContext.NextPage();
}
