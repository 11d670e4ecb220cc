using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.ResponseCaching;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>The features that the middleware gives to the origin: what they accept, and that they end with it.</summary>
public sealed class FeatureScopeTests(RedisFixture fixture)
{
    [Theory]
    [InlineData("")]
    [InlineData(null)]
    public async Task VaryByQueryKeys_of_IResponseCachingFeature_refuses_an_empty_key_among_several_as_Microsofts_does(string? key)
    {
        var failure = await SetAsync(["a", key!]);
        Assert.Equal("value", Assert.IsType<ArgumentException>(failure).ParamName);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    public async Task VaryByQueryKeys_of_IResponseCachingFeature_accepts_a_single_key_as_Microsofts_does(string key) =>
        Assert.Null(await SetAsync([key]));

    [Theory]
    [InlineData("GET", 200)]
    [InlineData("POST", 200)]
    [InlineData("GET", 500)]
    [InlineData("POST", 500)]
    public async Task The_features_are_gone_once_the_middleware_has_ended(string method, int status)
    {
        var (inside, outside) = await ObserveAsync(method, status, earlier: null);
        Assert.True(inside);
        Assert.Equal((null, null), outside);
    }

    [Theory]
    [InlineData("GET", 200)]
    [InlineData("POST", 200)]
    public async Task Features_that_were_set_before_the_middleware_are_restored(string method, int status)
    {
        var earlier = new Earlier();
        var (_, outside) = await ObserveAsync(method, status, earlier);
        Assert.Equal((null, earlier), outside);
    }

    private async Task<(bool Inside, (IResponseCacheFeature?, IResponseCachingFeature?) Outside)> ObserveAsync(
        string method, int status, IResponseCachingFeature? earlier)
    {
        var inside = false;
        (IResponseCacheFeature?, IResponseCachingFeature?) outside = default;
        await using var app = await CachedApp.StartAsync(
            fixture.Server,
            web => web.MapMethods("/a", ["GET", "POST"], (HttpContext context) =>
            {
                inside = context.Features.Get<IResponseCachingFeature>() is { } given && !ReferenceEquals(given, earlier);
                return status == 200 ? "page" : throw new InvalidOperationException("failed");
            }),
            new AppSetup
            {
                Outside = web => web.Use(async (context, next) =>
                {
                    context.Features.Set(earlier);
                    try
                    {
                        await next(context);
                    }
                    catch (InvalidOperationException)
                    {
                        context.Response.StatusCode = 500;
                    }

                    outside = (context.Features.Get<IResponseCacheFeature>(), context.Features.Get<IResponseCachingFeature>());
                }),
            });
        var answer = await app.SendAsync(new HttpMethod(method), "/a");
        Assert.Equal(status, (int)answer.Status);
        return (inside, outside);
    }

    private async Task<Exception?> SetAsync(string[] keys)
    {
        Exception? failure = null;
        await using var app = await CachedApp.StartAsync(fixture.Server, web => web.MapGet("/a", (HttpContext context) =>
        {
            failure = Record.Exception(() => context.Features.Get<IResponseCachingFeature>()!.VaryByQueryKeys = keys);
            return "page";
        }));
        await app.GetAsync("/a");
        return failure;
    }

    private sealed class Earlier : IResponseCachingFeature
    {
        public string[]? VaryByQueryKeys { get; set; }
    }
}
