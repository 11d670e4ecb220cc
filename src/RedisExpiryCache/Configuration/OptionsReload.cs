using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.Configuration;

/// <summary>
/// The settings that hold now, for each name of options. When a configuration section changes while the app runs, they are made anew, all or nothing:
/// what does not pass the checks of start-up is refused, and the settings before it stay. Of what passes, some counts from the next request on
/// (<see cref="Reloadable"/>), the rest from the next start (<see cref="Fixed"/>).
/// <para>
/// It is the options monitor's memory, so that <c>IOptionsMonitor</c> says what holds. Failure policy: the first settings throw what is wrong with
/// them; later ones are logged, for whoever has made the configuration reload is not the one who can mend it.
/// </para>
/// </summary>
internal sealed class OptionsReload(IServiceProvider services) : IOptionsMonitorCache<RedisExpiringCacheOptions>
{
    /// <summary>Asked for anew by each request: a change can be taken between two of them.</summary>
    internal static readonly Dictionary<string, Func<RedisExpiringCacheOptions, object?>> Reloadable = new(StringComparer.OrdinalIgnoreCase)
    {
        ["ResponseCaching:Enabled"] = static options => options.ResponseCaching.Enabled,
        ["ResponseCaching:Scope"] = static options => options.ResponseCaching.Scope,
        ["ResponseCaching:MaximumBodySize"] = static options => options.ResponseCaching.MaximumBodySize,
        ["ResponseCaching:DefaultDuration"] = static options => options.ResponseCaching.DefaultDuration,
        ["ResponseCaching:HonorRequestDirectives"] = static options => options.ResponseCaching.HonorRequestDirectives,
        ["ResponseCaching:EmitCacheStatus"] = static options => options.ResponseCaching.EmitCacheStatus,
        ["ResponseCaching:EmitCacheKey"] = static options => options.ResponseCaching.EmitCacheKey,
        ["ResponseCaching:HeuristicFreshness"] = static options => options.ResponseCaching.HeuristicFreshness,
        ["ResponseCaching:StoreSetCookie"] = static options => options.ResponseCaching.StoreSetCookie,
        ["ResponseCaching:StorePostResponses"] = static options => options.ResponseCaching.StorePostResponses,
        ["ResponseCaching:StaleRetention"] = static options => options.ResponseCaching.StaleRetention,
        ["ResponseCaching:StaleIfError"] = static options => options.ResponseCaching.StaleIfError,
        ["ResponseCaching:EarlyRefresh"] = static options => options.ResponseCaching.EarlyRefresh,
        ["ResponseCaching:TargetedCacheControl"] = static options => string.Join(", ", options.ResponseCaching.TargetedCacheControl),
    };

    /// <summary>Settings of the connection, of what lies in Redis and of its keys: they hold from start to end.</summary>
    internal static readonly Dictionary<string, FixedSetting> Fixed = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Configuration"] = new(static options => options.Configuration, static (from, to) => to.Configuration = from.Configuration),
        ["InstanceName"] = new(static options => options.InstanceName, static (from, to) => to.InstanceName = from.InstanceName),
        ["EntryFormat"] = new(static options => options.EntryFormat, static (from, to) => to.EntryFormat = from.EntryFormat),
        ["OperationTimeout"] = new(static options => options.OperationTimeout, static (from, to) => to.OperationTimeout = from.OperationTimeout),
        ["FailureMode"] = new(static options => options.FailureMode, static (from, to) => to.FailureMode = from.FailureMode),
        ["CircuitBreaker:FailuresBeforeOpening"] = new(
            static options => options.CircuitBreaker.FailuresBeforeOpening,
            static (from, to) => to.CircuitBreaker.FailuresBeforeOpening = from.CircuitBreaker.FailuresBeforeOpening),
        ["CircuitBreaker:OpenFor"] = new(static options => options.CircuitBreaker.OpenFor, static (from, to) => to.CircuitBreaker.OpenFor = from.CircuitBreaker.OpenFor),
        ["DedicatedConnectionThreads"] = new(
            static options => options.DedicatedConnectionThreads,
            static (from, to) => to.DedicatedConnectionThreads = from.DedicatedConnectionThreads),
        ["UseAsOutputCacheStore"] = new(static options => options.UseAsOutputCacheStore, static (from, to) => to.UseAsOutputCacheStore = from.UseAsOutputCacheStore),
        ["NearCache:Enabled"] = new(static options => options.NearCache.Enabled, static (from, to) => to.NearCache.Enabled = from.NearCache.Enabled),
        ["NearCache:IncludeData"] = new(static options => options.NearCache.IncludeData, static (from, to) => to.NearCache.IncludeData = from.NearCache.IncludeData),
        ["NearCache:SizeLimit"] = new(static options => options.NearCache.SizeLimit, static (from, to) => to.NearCache.SizeLimit = from.NearCache.SizeLimit),
        ["ResponseCaching:OperationTimeout"] = new(
            static options => options.ResponseCaching.OperationTimeout,
            static (from, to) => to.ResponseCaching.OperationTimeout = from.ResponseCaching.OperationTimeout),
        ["ResponseCaching:CollapseRequests"] = new(
            static options => options.ResponseCaching.CollapseRequests,
            static (from, to) => to.ResponseCaching.CollapseRequests = from.ResponseCaching.CollapseRequests),
        ["ResponseCaching:CollapseTimeout"] = new(
            static options => options.ResponseCaching.CollapseTimeout,
            static (from, to) => to.ResponseCaching.CollapseTimeout = from.ResponseCaching.CollapseTimeout),
        ["ResponseCaching:ContentCodings"] = new(
            static options => string.Join(", ", options.ResponseCaching.ContentCodings),
            static (from, to) => to.ResponseCaching.ContentCodings = from.ResponseCaching.ContentCodings),
        ["ResponseCaching:IgnorePreferenceOrder"] = new(
            static options => options.ResponseCaching.IgnorePreferenceOrder,
            static (from, to) => to.ResponseCaching.IgnorePreferenceOrder = from.ResponseCaching.IgnorePreferenceOrder),
    };

    private readonly Lock gate = new();
    private readonly ConcurrentDictionary<string, InUse> known = new(StringComparer.Ordinal);

    internal sealed record FixedSetting(Func<RedisExpiringCacheOptions, object?> Get, Action<RedisExpiringCacheOptions, RedisExpiringCacheOptions> Keep);

    /// <param name="Options">What holds.</param>
    /// <param name="IsOutdated">The configuration has changed since.</param>
    /// <param name="Complaint">What was last said of a change that does not count: it is said once, however often the configuration reloads.</param>
    private sealed record InUse(RedisExpiringCacheOptions Options, bool IsOutdated = false, string? Complaint = null);

    private ILogger? Logger => services.GetService<ILogger<OptionsReload>>();

    public RedisExpiringCacheOptions GetOrAdd(string? name, Func<RedisExpiringCacheOptions> createOptions)
    {
        name ??= Options.DefaultName;
        if (known.TryGetValue(name, out var inUse) && !inUse.IsOutdated)
            return inUse.Options;

        lock (gate)
        {
            inUse = known.GetValueOrDefault(name);
            if (inUse is null or { IsOutdated: true })
                known[name] = inUse = inUse is null ? new InUse(createOptions()) : Renew(name, inUse, createOptions);

            return inUse.Options;
        }
    }

    public bool TryAdd(string? name, RedisExpiringCacheOptions options) => known.TryAdd(name ?? Options.DefaultName, new InUse(options));

    /// <summary>What the options monitor calls when the configuration has changed.</summary>
    public bool TryRemove(string? name)
    {
        lock (gate)
        {
            if (!known.TryGetValue(name ?? Options.DefaultName, out var inUse))
                return false;

            known[name ?? Options.DefaultName] = inUse with { IsOutdated = true };
            return true;
        }
    }

    public void Clear()
    {
        foreach (var name in known.Keys)
            TryRemove(name);
    }

    private InUse Renew(string name, InUse before, Func<RedisExpiringCacheOptions> create)
    {
        try
        {
            return Take(name, before, create());
        }
        catch (OptionsValidationException wrong)
        {
            return Complain(before, wrong.Message, () => Logger?.SettingsRefused(OfCache(name), wrong.Message, failure: null));
        }
        catch (Exception failure)
        {
            return Complain(before, failure.Message, () => Logger?.SettingsRefused(OfCache(name), "they could not be made", failure));
        }
    }

    private InUse Take(string name, InUse before, RedisExpiringCacheOptions made)
    {
        var old = before.Options;
        var changed = string.Join(", ", Reloadable.Where(setting => !Equals(setting.Value(old), setting.Value(made))).Select(static setting => setting.Key));
        var waiting = string.Join(", ", Fixed.Where(setting => !Equals(setting.Value.Get(old), setting.Value.Get(made))).Select(static setting => setting.Key));
        foreach (var setting in Fixed.Values)
            setting.Keep(old, made);

        KeepWhatIsCode(old, made);
        if (changed.Length > 0)
            Logger?.SettingsTaken(OfCache(name), changed);

        // Where nothing has changed it stays the same object, and nobody has to look twice.
        var after = before with { Options = changed.Length > 0 ? made : old };
        return waiting.Length > 0
            ? Complain(after, waiting, () => Logger?.SettingsWaitForRestart(OfCache(name), waiting))
            : after with { IsOutdated = false, Complaint = null };
    }

    /// <summary>A configuration section cannot change these, though the app's lambdas have just been called once more.</summary>
    private static void KeepWhatIsCode(RedisExpiringCacheOptions from, RedisExpiringCacheOptions to)
    {
        to.ConfigurationOptions = from.ConfigurationOptions;
        to.ConnectionMultiplexerFactory = from.ConnectionMultiplexerFactory;
        to.ProfilingSession = from.ProfilingSession;
        to.ResponseCaching.KeepPoliciesOf(from.ResponseCaching);
    }

    private static InUse Complain(InUse before, string complaint, Action say)
    {
        if (before.Complaint != complaint)
            say();

        return before with { IsOutdated = false, Complaint = complaint };
    }

    private static string OfCache(string name) => name.Length == 0 ? "the cache" : $"the cache with the key '{name}'";
}
