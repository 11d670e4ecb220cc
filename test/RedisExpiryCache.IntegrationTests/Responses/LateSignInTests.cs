using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>Pages that sign a user in after they have begun to answer.</summary>
public sealed class LateSignInTests(RedisFixture fixture)
{
    [Theory]
    [InlineData(false, null)]
    [InlineData(false, 11)]
    [InlineData(true, null)]
    [InlineData(true, 11)]
    public async Task A_page_that_signs_its_user_in_after_its_first_byte_is_not_served_to_others(bool varyByUser, int? contentLength)
    {
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            web => web.MapGet("/a", context => GreetAsync(context, contentLength))
                .WithMetadata(new RedisResponseCacheAttribute { Duration = 60, VaryByUser = varyByUser }));
        Assert.Equal("hello alice", (await app.GetAsync("/a", (SignIn.Field, "alice"))).Body);
        await app.CountedAsync(1, "response.stores", ("outcome", "not-stored"), ("reason", "signed-in"));
        Assert.Equal("hello erika", (await app.GetAsync("/a", (SignIn.Field, "erika"))).Body);
    }

    [Fact]
    public async Task A_page_for_everybody_that_signs_its_user_in_late_is_stored()
    {
        await using var app = await CachedApp.StartAsync(fixture.Server, static web => web.MapGet("/a", static context =>
        {
            context.Response.Headers.CacheControl = "public, max-age=60";
            return GreetAsync(context, contentLength: null);
        }));
        await app.WarmAsync("/a", (SignIn.Field, "alice"));
    }

    private static async Task GreetAsync(HttpContext context, int? contentLength)
    {
        context.Response.ContentLength = contentLength;
        await context.Response.WriteAsync("hello ");
        await context.Response.Body.FlushAsync();
        var name = new Claim(ClaimTypes.Name, context.Request.Headers[SignIn.Field].ToString());
        context.User = new ClaimsPrincipal(new ClaimsIdentity([name], "late"));
        await context.Response.WriteAsync(context.User.Identity!.Name!);
    }
}
