using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RedisExpiryCache.Configuration;

namespace RedisExpiryCache.Tests.Configuration;

public sealed class OptionsReloadTests : IDisposable
{
    private readonly ServiceProvider services = new ServiceCollection().BuildServiceProvider();
    private readonly OptionsReload settings;

    public OptionsReloadTests() => settings = new OptionsReload(services);

    [Fact]
    public void Each_setting_is_known_to_reload_or_to_wait_for_a_restart_and_none_is_both()
    {
        var known = OptionsReload.Reloadable.Keys.Concat(OptionsReload.Fixed.Keys);

        Assert.Equal(SettingsBinder.Names.Order(StringComparer.Ordinal), known.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_is_fixed_is_kept_and_what_reloads_is_taken()
    {
        var before = Take(new RedisExpiringCacheOptions { Configuration = "a", InstanceName = "a:", OperationTimeout = TimeSpan.FromSeconds(2), EntryFormat = EntryFormat.Microsoft, UseAsOutputCacheStore = true });
        before.ResponseCaching.AddPolicy("one", static policy => policy.Tag("a"));
        before.ConnectionMultiplexerFactory = static () => throw new InvalidOperationException("not asked for");
        var made = new RedisExpiringCacheOptions { Configuration = "b", InstanceName = "b:" };
        made.ResponseCaching.IgnorePreferenceOrder = made.ResponseCaching.EmitCacheKey = true;
        made.ResponseCaching.AddPolicy("two", static policy => policy.Tag("b"));

        var after = Renew(made);

        Assert.NotSame(before, after);
        Assert.True(after.ResponseCaching.EmitCacheKey);
        Assert.Equal(
            ("a", "a:", TimeSpan.FromSeconds(2), EntryFormat.Microsoft, true), (after.Configuration, after.InstanceName, after.OperationTimeout, after.EntryFormat, after.UseAsOutputCacheStore));
        Assert.False(after.ResponseCaching.IgnorePreferenceOrder);
        Assert.Equal("there are one", after.ResponseCaching.KnownPolicies);
        Assert.Same(before.ConnectionMultiplexerFactory, after.ConnectionMultiplexerFactory);
    }

    [Fact]
    public void Where_nothing_has_changed_it_stays_the_same_object()
    {
        var before = Take(new RedisExpiringCacheOptions { InstanceName = "a:" });

        Assert.Same(before, Renew(new RedisExpiringCacheOptions { InstanceName = "a:" }));
        Assert.Same(before, Renew(new RedisExpiringCacheOptions { InstanceName = "b:" }));
        Assert.NotSame(before, Renew(With(static options => options.TargetedCacheControl.Add("X-Cache-Control"))));
    }

    [Fact]
    public void The_first_settings_throw_what_is_wrong_with_them_and_later_ones_are_refused()
    {
        Assert.Throws<OptionsValidationException>(() => settings.GetOrAdd("", Wrong));
        var first = Take(new RedisExpiringCacheOptions());

        settings.Clear();
        Assert.Same(first, settings.GetOrAdd("", Wrong));

        static RedisExpiringCacheOptions Wrong() => throw new OptionsValidationException("", typeof(RedisExpiringCacheOptions), ["no"]);
    }

    [Fact]
    public void Settings_of_other_names_are_their_own()
    {
        var (one, other) = (Take(new RedisExpiringCacheOptions()), settings.GetOrAdd("other", static () => new RedisExpiringCacheOptions()));

        Assert.NotSame(one, other);
        Assert.True(settings.TryRemove("other"));
        Assert.False(settings.TryRemove("nobody"));
        Assert.False(settings.TryAdd("other", one));
        Assert.True(settings.TryAdd("third", one));
        Assert.Same(one, settings.GetOrAdd("third", static () => new RedisExpiringCacheOptions()));
    }

    public void Dispose() => services.Dispose();

    private RedisExpiringCacheOptions Take(RedisExpiringCacheOptions options) => settings.GetOrAdd(name: null, () => options);

    private RedisExpiringCacheOptions Renew(RedisExpiringCacheOptions options)
    {
        Assert.True(settings.TryRemove(Options.DefaultName));
        return Take(options);
    }

    private static RedisExpiringCacheOptions With(Action<ResponseCachingOptions> change)
    {
        var options = new RedisExpiringCacheOptions();
        change(options.ResponseCaching);
        return options;
    }
}
