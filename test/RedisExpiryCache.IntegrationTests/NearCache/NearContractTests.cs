using RedisExpiryCache.IntegrationTests.DataCache;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.NearCache;

// What every cache has to do, with copies in the process too.

public sealed class NearValueTests(RedisFixture fixture) : ValueContract(fixture.Server.ConnectionString, EntryFormat.Compact, near: true);

public sealed class NearExpiryContractTests(RedisFixture fixture) : ExpiryContract(fixture.Server.ConnectionString, EntryFormat.Compact, near: true);

public sealed class NearMicrosoftExpiryContractTests(RedisFixture fixture) : ExpiryContract(fixture.Server.ConnectionString, EntryFormat.Microsoft, near: true);

public sealed class NearLifetimeTests(RedisFixture fixture) : LifetimeContract(fixture.Server.ConnectionString, EntryFormat.Compact, near: true);

public sealed class NearTagTests(RedisFixture fixture) : TagContract(fixture.Server.ConnectionString, EntryFormat.Compact, near: true);
