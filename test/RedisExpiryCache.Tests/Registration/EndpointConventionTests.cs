using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using RedisExpiryCache.ResponseCaching.Policies;

namespace RedisExpiryCache.Tests.Registration;

/// <summary>The metadata that the conventions of minimal APIs add.</summary>
public sealed class EndpointConventionTests
{
    [Fact]
    public async Task CacheResponse_with_a_time_span_is_a_policy_that_expires_after_it()
    {
        await using var app = WebApplication.Create();
        app.MapGet("/", static () => "").CacheResponse(TimeSpan.FromMinutes(5));
        var endpoint = Assert.Single(((IEndpointRouteBuilder)app).DataSources.SelectMany(static source => source.Endpoints));
        Assert.Equal(TimeSpan.FromMinutes(5), endpoint.Metadata.GetRequiredMetadata<IPolicyMetadata>().Settings.Duration);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task CacheResponse_with_a_time_span_of_zero_or_less_is_refused(int seconds)
    {
        await using var app = WebApplication.Create();
        var endpoint = app.MapGet("/", static () => "");
        var failure = Assert.Throws<ArgumentOutOfRangeException>(() => endpoint.CacheResponse(TimeSpan.FromSeconds(seconds)));
        Assert.Equal("duration", failure.ParamName);
    }
}
