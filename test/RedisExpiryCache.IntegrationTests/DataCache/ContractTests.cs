using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.DataCache;

// What every server and layout has to do: each contract, for the layout that is the default, for Microsoft's, and on Garnet.

public sealed class CompactValueTests(RedisFixture fixture) : ValueContract(fixture.Server.ConnectionString, EntryFormat.Compact);

public sealed class MicrosoftFormatValueTests(RedisFixture fixture) : ValueContract(fixture.Server.ConnectionString, EntryFormat.Microsoft);

public sealed class GarnetValueTests(GarnetFixture fixture) : ValueContract(fixture.Host.ConnectionString, EntryFormat.Compact), IClassFixture<GarnetFixture>;

public sealed class CompactExpiryTests(RedisFixture fixture) : ExpiryContract(fixture.Server.ConnectionString, EntryFormat.Compact);

public sealed class MicrosoftFormatExpiryTests(RedisFixture fixture) : ExpiryContract(fixture.Server.ConnectionString, EntryFormat.Microsoft);

public sealed class GarnetExpiryTests(GarnetFixture fixture) : ExpiryContract(fixture.Host.ConnectionString, EntryFormat.Compact), IClassFixture<GarnetFixture>;

public sealed class CompactLifetimeTests(RedisFixture fixture) : LifetimeContract(fixture.Server.ConnectionString, EntryFormat.Compact);

public sealed class MicrosoftFormatLifetimeTests(RedisFixture fixture) : LifetimeContract(fixture.Server.ConnectionString, EntryFormat.Microsoft);

public sealed class GarnetLifetimeTests(GarnetFixture fixture) : LifetimeContract(fixture.Host.ConnectionString, EntryFormat.Compact), IClassFixture<GarnetFixture>;

public sealed class CompactTagTests(RedisFixture fixture) : TagContract(fixture.Server.ConnectionString, EntryFormat.Compact);

public sealed class MicrosoftFormatTagTests(RedisFixture fixture) : TagContract(fixture.Server.ConnectionString, EntryFormat.Microsoft);

public sealed class GarnetTagTests(GarnetFixture fixture) : TagContract(fixture.Host.ConnectionString, EntryFormat.Compact), IClassFixture<GarnetFixture>;
