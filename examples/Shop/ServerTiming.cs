using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Shop;

/// <summary>
/// Tells the page's own script how this very response came about: <c>Cache-Status</c>, <c>Age</c> and the port that served it, again as <c>Server-Timing</c>, the
/// one field that a browser shows to the script of the page it came with. Stands in front of the cache, so that it speaks of stored responses too and is not stored with them.
/// </summary>
public sealed class ServerTiming(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        // What is registered first runs last: the cache has spoken by then.
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers.Append("Server-Timing", $"cache;desc={Quoted(headers["Cache-Status"])}, age;desc={Quoted(headers.Age)}, port;desc={context.Connection.LocalPort}");
            return Task.CompletedTask;
        });
        return next(context);
    }

    private static string Quoted(StringValues field) => HeaderUtilities.EscapeAsQuotedString(field.ToString()).ToString();
}
