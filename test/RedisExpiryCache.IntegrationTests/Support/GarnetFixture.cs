namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>One Garnet for the tests of a class.</summary>
public sealed class GarnetFixture : IDisposable
{
    public GarnetHost Host { get; } = GarnetHost.Start();

    public void Dispose() => Host.Dispose();
}
