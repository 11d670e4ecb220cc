using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Responses;

/// <summary>A client with a certificate is known to the application, with or without a principal.</summary>
public sealed class ClientCertificateTests(RedisFixture fixture)
{
    private const string Field = "X-Certificate";

    private static readonly X509Certificate2 Certificate = MakeCertificate();

    [Fact]
    public async Task A_response_to_a_client_certificate_without_a_principal_is_not_stored()
    {
        await using var origin = await StartAsync(static policy => policy);
        Assert.Equal(("for device", "signed-in"), await DetailAsync(origin, (Field, "device")));
        Assert.Equal(("for ", null), await DetailAsync(origin));
    }

    [Fact]
    public async Task A_client_certificate_without_a_principal_is_not_served_what_is_stored_for_others()
    {
        await using var origin = await StartAsync(static policy => policy);
        await origin.GetAsync();
        Assert.True((await origin.GetAsync()).IsHit);
        Assert.Equal(("for device", "signed-in"), await DetailAsync(origin, (Field, "device")));
    }

    [Fact]
    public async Task A_client_certificate_without_a_principal_is_not_known_to_VaryByUser()
    {
        await using var origin = await StartAsync(static policy => policy.VaryByUser());
        Assert.Equal(("for device", "signed-in"), await DetailAsync(origin, (Field, "device")));
        Assert.Equal(("for other", "signed-in"), await DetailAsync(origin, (Field, "other")));
    }

    [Fact]
    public async Task A_public_response_is_stored_for_and_served_to_client_certificates()
    {
        await using var origin = await StartAsync(static policy => policy, ("Cache-Control", "public, max-age=60"));
        Assert.True((await origin.GetAsync((Field, "device"))).WasStored);
        Assert.True((await origin.GetAsync((Field, "other"))).IsHit);
    }

    [Fact]
    public async Task A_certificate_that_the_connection_has_not_been_asked_for_is_not_negotiated()
    {
        await using var origin = await StartAsync(static policy => policy);
        await origin.GetAsync((Field, "none"));
        Assert.True((await origin.GetAsync((Field, "none"))).IsHit);
    }

    private async Task<Origin> StartAsync(
        Func<ResponseCachePolicyBuilder, ResponseCachePolicyBuilder> vary, params (string Name, string? Value)[] fields)
    {
        var setup = new AppSetup
        {
            Outside = static web => web.Use(static (context, next) =>
            {
                if (context.Request.Headers[Field].ToString() is { Length: > 0 } name)
                    context.Features.Set<ITlsConnectionFeature>(new Tls { ClientCertificate = name == "none" ? null : Certificate });

                return next(context);
            }),
        };
        var origin = await Origin.StartAsync(fixture.Server, setup, endpoint =>
            endpoint.CacheResponse(policy => vary(policy.Expire(TimeSpan.FromMinutes(1)))));
        origin.Confirms(static context => $"for {context.Request.Headers[Field]}", fields);
        return origin;
    }

    private static async Task<(string Body, string? Detail)> DetailAsync(Origin origin, params (string Name, string Value)[] fields)
    {
        var answer = await origin.GetAsync(fields);
        return (answer.Body, answer.Detail);
    }

    private static X509Certificate2 MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=device", key, HashAlgorithmName.SHA256).CreateSelfSigned(
            DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(99));
    }

    private sealed class Tls : ITlsConnectionFeature
    {
        public X509Certificate2? ClientCertificate { get; set; }

        public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) =>
            throw new InvalidOperationException("The connection was asked to negotiate.");
    }
}
