using RedisExpiryCache.ChaosTests.Support;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.ChaosTests.Topologies;

/// <summary>Near caches on a cluster: every master is heard, whatever the slots do.</summary>
public sealed class NearClusterTests(ClusterOfSix cluster) : OneClusterTests(cluster)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_change_on_any_master_is_heard()
    {
        var prefix = $"{Some.Word()}:";
        await using var one = await NearNode.StartAsync(Cluster.ConnectionString, prefix);
        await using var other = await NearNode.StartAsync(Cluster.ConnectionString.Replace("127.0.0.1", "localhost", StringComparison.Ordinal), prefix);
        for (var i = 0; i < 12; i++)
        {
            await one.SetAsync($"{i}", "old");
            await other.WarmAsync($"{i}");
        }

        Assert.Equal(3, Enumerable.Range(0, 12).Select(i => ClusterOfSix.MasterAtFirst(Cluster.SlotOf($"{prefix}{i}"))).Distinct().Count());
        for (var i = 0; i < 12; i++)
        {
            if (i % 2 == 0)
                Assert.True(await Cluster.Raw.KeyDeleteAsync($"{prefix}{i}"));
            else
                await one.SetAsync($"{i}", "new");
        }

        for (var i = 0; i < 12; i++)
            await other.SeesAsync($"{i}", i % 2 == 0 ? null : "new");
    }

    [Fact]
    public async Task An_eviction_by_url_or_tag_on_one_node_is_heard_by_another()
    {
        var setup = new AppSetup { ConnectionString = Cluster.ConnectionString, Options = static options => options.NearCache.Enabled = true };
        await using var one = await ResponseStory.StartAsync(Cluster.Nodes[0], setup);
        await using var other = await ResponseStory.StartAsync(Cluster.Nodes[0], setup with { Prefix = one.Prefix });
        for (var i = 0; i < 6; i++)
        {
            var path = $"/page/{i}";
            await one.GetAsync(path);
            var old = await NearBodyAsync(other, path);
            if (i % 2 == 0)
                await one.Control.EvictAsync(path, Token);
            else
                await one.Control.EvictByTagAsync($"page:{i}", Token);

            await Eventually.True(async () => (await other.GetAsync(path)).Body != old, NearNode.Deadline, $"{path} to be evicted");
        }
    }

    [Fact]
    public async Task While_slots_move_nothing_old_is_seen_for_long()
    {
        var prefix = $"{Some.Word()}:";
        await using var one = await NearNode.StartAsync(Cluster.ConnectionString, prefix);
        await using var other = await NearNode.StartAsync(Cluster.ConnectionString, prefix);
        int[] slots = [.. Enumerable.Range(0, 6).Select(i => Cluster.SlotOf($"{prefix}{i}"))];
        foreach (var isBack in (bool[])[false, true])
        {
            await Cluster.AgreesAsync();
            for (var i = 0; i < slots.Length; i++)
            {
                await one.SetAsync($"{i}", "old");
                Assert.Equal("old", await other.WarmAsync($"{i}"));
            }

            var seen = new List<Task<TimeSpan>>();
            for (var i = 0; i < slots.Length; i++)
            {
                var (key, home) = ($"{i}", ClusterOfSix.MasterAtFirst(slots[i]));
                var away = (home + 1) % 3;
                if (i % 2 == 0)
                    await Cluster.MoveSlotAsync(slots[i], isBack ? away : home, isBack ? home : away);

                Assert.True(await Cluster.Raw.KeyDeleteAsync(prefix + key));
                seen.Add(IntegrationTests.Support.Staleness.LastSeenAsync(() => TryGetAsync(other, key), "old", @for: 1.5 * Bound));
                if (i % 2 == 1)
                    await Cluster.MoveSlotAsync(slots[i], isBack ? away : home, isBack ? home : away);
            }

            Assert.All(await Task.WhenAll(seen), static last => Assert.InRange(last, TimeSpan.Zero, Bound));
            await other.HearsAsync();
        }
    }

    [Fact]
    public async Task A_master_that_joins_is_listened_to_once_it_has_slots_and_until_then_the_near_cache_is_off()
    {
        // Of all slots the one that the most tags miss: heartbeats have to find it, for the new master has no other.
        var slot = Cluster.SlotOf("109757");
        var prefix = Enumerable.Range(0, 1_000_000).Select(static i => $"{i}:").First(prefix => Cluster.SlotOf(prefix + "key") == slot);
        var home = ClusterOfSix.MasterAtFirst(slot);
        await using var node = await NearNode.StartAsync(Cluster.ConnectionString, prefix);
        await node.SetAsync("key", "old");
        await node.WarmAsync("key");

        var joined = await Cluster.JoinAsync();

        // On a busy machine it may be off for another reason first, for a moment.
        await Eventually.True(
            () => node.Cache.Connection.Feed!.DisabledReason?.Contains("about to change", StringComparison.Ordinal) == true, NearNode.Deadline, "the near cache to be off because of it");
        Assert.Equal("old", await node.GetAsync("key"));

        // The client library connects to the new master once it has something to ask there.
        await Cluster.MoveSlotAsync(slot, home, joined);
        await Eventually.True(async () => await TryGetAsync(node, "key") == "old" && node.IsOn, NearNode.Deadline, "the near cache to be on");
        Assert.Equal("old", await node.WarmAsync("key"));
        Assert.True(await Cluster.Raw.KeyDeleteAsync(prefix + "key"));
        Assert.InRange(await IntegrationTests.Support.Staleness.LastSeenAsync(() => TryGetAsync(node, "key"), "old", @for: 1.5 * Bound), TimeSpan.Zero, Bound);

        await Cluster.MoveSlotAsync(slot, joined, home);
        await Cluster.LeaveAsync();
        await node.HearsAsync();
    }

    [Fact]
    public async Task A_prefix_that_keeps_all_keys_on_one_master_means_no_near_cache_which_is_said()
    {
        await using var node = NearNode.Connect(Cluster.ConnectionString, $"{{{Some.Word()}}}:");
        await CachedApp.ConnectAsync(node.Cache);
        await Eventually.True(() => node.Log.Records.Any(static record => record.Event.Id == 59), NearNode.Deadline, "it to be said");
        Assert.Contains("braces", node.Cache.Connection.Feed!.DisabledReason, StringComparison.Ordinal);
        await node.SetAsync("key", "value");
        Assert.Equal("value", await node.GetAsync("key"));
    }

    /// <summary>What it says once that is a copy of its own.</summary>
    private static async Task<string> NearBodyAsync(CachedApp app, string path)
    {
        Answer? answer = null;
        await Eventually.True(
            async () => (answer = await app.GetAsync(path)).CacheStatus.EndsWith("detail=near", StringComparison.Ordinal), NearNode.Deadline, $"a near copy of {path}");
        return answer!.Body;
    }

    /// <summary>What cannot be had for a moment is nothing old.</summary>
    private static async Task<string?> TryGetAsync(NearNode node, string key)
    {
        try
        {
            return await node.GetAsync(key);
        }
        catch (Exception failure) when (failure is StackExchange.Redis.RedisException or TimeoutException)
        {
            return null;
        }
    }
}
