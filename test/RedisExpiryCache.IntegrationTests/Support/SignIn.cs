using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>
/// Signs in whom the request field X-User names: an app whose users come by something else than Authorization. The field X-Roles gives them roles, and
/// somebody named "-" has no name.
/// </summary>
internal sealed class SignIn(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string Field = "X-User";
    public const string RolesField = "X-Roles";

    /// <summary>An app that signs its users in before the cache is asked.</summary>
    public static AppSetup InFront => new() { Services = AddTo, Outside = static web => web.UseAuthentication() };

    public static void AddTo(IServiceCollection services) =>
        services.AddAuthentication("test").AddScheme<AuthenticationSchemeOptions, SignIn>("test", null);

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers[Field].ToString() is not { Length: > 0 } name)
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        Claim[] names = name == "-" ? [] : [new Claim(ClaimTypes.Name, name)];
        var roles = Request.Headers.GetCommaSeparatedValues(RolesField).Select(static role => new Claim(ClaimTypes.Role, role));
        var user = new ClaimsPrincipal(new ClaimsIdentity([.. names, .. roles], "test"));
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(user, "test")));
    }
}
