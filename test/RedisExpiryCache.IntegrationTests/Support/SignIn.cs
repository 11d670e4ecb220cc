using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>Signs in whom the request field X-User names: an app whose users come by something else than Authorization.</summary>
internal sealed class SignIn(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string Field = "X-User";

    public static void AddTo(IServiceCollection services) =>
        services.AddAuthentication("test").AddScheme<AuthenticationSchemeOptions, SignIn>("test", null);

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers[Field].ToString() is not { Length: > 0 } name)
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        var user = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, name)], "test"));
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(user, "test")));
    }
}
