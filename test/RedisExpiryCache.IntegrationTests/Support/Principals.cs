using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>Middleware in front of the cache that sets the principal which the request field X-Principal describes.</summary>
/// <remarks>
/// <c>Cookies id=1@issuer@original role=a; Certificate name=b</c>: identities, each an authentication type (<c>-</c>: not
/// authenticated) and claims.
/// </remarks>
internal static class Principals
{
    public const string Field = "X-Principal";

    public static AppSetup InFront => new()
    {
        Outside = static web => web.Use(static (context, next) =>
        {
            if (context.Request.Headers[Field].ToString() is { Length: > 0 } text)
                context.User = Parse(text);

            return next(context);
        }),
    };

    public static (string Name, string Value) Of(string text) => (Field, text);

    public static ClaimsPrincipal Parse(string text) => new(text.Split(';', StringSplitOptions.TrimEntries).Select(IdentityOf));

    private static ClaimsIdentity IdentityOf(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new ClaimsIdentity(words.Skip(1).Select(ClaimOf), words[0] == "-" ? null : words[0]);
    }

    private static Claim ClaimOf(string text)
    {
        var (type, rest) = (text.Split('=', 2)[0], text.Split('=', 2)[1].Split('@'));
        var issuer = rest.ElementAtOrDefault(1) ?? ClaimsIdentity.DefaultIssuer;
        return new Claim(
            type switch { "id" => ClaimTypes.NameIdentifier, "name" => ClaimTypes.Name, _ => type },
            rest[0], ClaimValueTypes.String, issuer, rest.ElementAtOrDefault(2) ?? issuer);
    }
}
