using RedisExpiryCache.IntegrationTests.DataCache;
using RedisExpiryCache.IntegrationTests.OutputCache;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.InMemory;

// What every server has to do, on the one of RedisExpiryCache.Testing. The response tests that run on both say so in their own files.

public sealed class InMemoryValueTests(InMemoryFixture fixture) : ValueContract(fixture.Address, EntryFormat.Compact);

public sealed class InMemoryMicrosoftFormatValueTests(InMemoryFixture fixture) : ValueContract(fixture.Address, EntryFormat.Microsoft);

public sealed class InMemoryExpiryTests(InMemoryFixture fixture) : ExpiryContract(fixture.Address, EntryFormat.Compact);

public sealed class InMemoryMicrosoftFormatExpiryTests(InMemoryFixture fixture) : ExpiryContract(fixture.Address, EntryFormat.Microsoft);

public sealed class InMemoryLifetimeTests(InMemoryFixture fixture) : LifetimeContract(fixture.Address, EntryFormat.Compact);

public sealed class InMemoryMicrosoftFormatLifetimeTests(InMemoryFixture fixture) : LifetimeContract(fixture.Address, EntryFormat.Microsoft);

public sealed class InMemoryTagTests(InMemoryFixture fixture) : TagContract(fixture.Address, EntryFormat.Compact);

public sealed class InMemoryMicrosoftFormatTagTests(InMemoryFixture fixture) : TagContract(fixture.Address, EntryFormat.Microsoft);

public sealed class InMemoryOutputCacheTests(InMemoryFixture fixture) : OutputCacheContract(OutputStorage.Redis, fixture.Address);
