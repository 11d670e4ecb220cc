using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RedisExpiryCache.Configuration;

namespace RedisExpiryCache.Tests.Configuration;

public sealed class ReloadingOptionsFactoryTests
{
    private readonly IConfigurationRoot _configuration = new ConfigurationBuilder().AddInMemoryCollection().Build();
    private Action<RedisExpiringCacheOptions> _configure = static _ => { };

    [Fact]
    public void Each_reloadable_setting_is_a_setting_and_takes_its_new_value()
    {
        using var services = Build();
        var before = Current(services);
        _configure = static options =>
        {
            (options.ResponseCaching.Enabled, options.ResponseCaching.EmitCacheStatus) = (false, false);
            (options.ResponseCaching.DefaultDuration, options.ResponseCaching.MaximumBodySize) = (TimeSpan.FromMinutes(5), 8);
        };

        _configuration.Reload();

        Assert.Subset(SettingsBinder.Names.ToHashSet(), ReloadingOptionsFactory.Reloadable.Keys.ToHashSet());
        Assert.All(ReloadingOptionsFactory.Reloadable.Values, setting =>
            Assert.NotEqual(setting(before.ResponseCaching), setting(Current(services).ResponseCaching)));
    }

    [Fact]
    public void All_other_settings_keep_their_values_of_the_start()
    {
        _configure = static options => Configure(options, "a", isFirst: true);
        using var services = Build();
        var before = Current(services);
        _configure = static options => Configure(options, "b", isFirst: false);

        _configuration.Reload();

        var after = Current(services);
        Assert.NotSame(before, after);
        Assert.Equal(("a", "a:", true), (after.Configuration, after.InstanceName, after.UseAsOutputCacheStore));
        Assert.Equal((ResponseCachingScope.AllResponses, true), (after.ResponseCaching.Scope, after.ResponseCaching.IgnorePreferenceOrder));
        Assert.Equal("there are a", after.ResponseCaching.KnownPolicies);
        Assert.Same(before.ConnectionMultiplexerFactory, after.ConnectionMultiplexerFactory);

        static void Configure(RedisExpiringCacheOptions options, string name, bool isFirst)
        {
            (options.Configuration, options.InstanceName, options.UseAsOutputCacheStore) = (name, $"{name}:", isFirst);
            options.ConnectionMultiplexerFactory = () => throw new InvalidOperationException($"{name} is not called");
            options.ResponseCaching.Scope = isFirst ? ResponseCachingScope.AllResponses : ResponseCachingScope.MarkedEndpoints;
            options.ResponseCaching.IgnorePreferenceOrder = options.ResponseCaching.EmitCacheStatus = isFirst;
            options.ResponseCaching.AddPolicy(name, static policy => policy.Tag("a"));
        }
    }

    [Fact]
    public void Without_a_change_of_a_reloadable_setting_the_options_remain_the_same_object()
    {
        using var services = Build();
        var before = Current(services);

        _configuration.Reload();
        Assert.Same(before, Current(services));

        _configure = static options => options.InstanceName = "b:";
        _configuration.Reload();
        Assert.Same(before, Current(services));
    }

    [Fact]
    public void Invalid_options_throw_at_the_start_and_are_refused_after_it()
    {
        using var services = Build();
        _configure = static options => options.ResponseCaching.MaximumBodySize = -1;
        Assert.Throws<OptionsValidationException>(() => Current(services));
        _configure = static _ => { };
        _configuration.Reload();
        var first = Current(services);

        _configure = static options => options.ResponseCaching.MaximumBodySize = -1;
        _configuration.Reload();

        Assert.Same(first, Current(services));
    }

    [Fact]
    public void A_snapshot_shows_the_options_in_use()
    {
        using var services = Build();
        var first = Current(services);
        _configure = static options => options.InstanceName = "b:";

        using var scope = services.CreateScope();

        Assert.Same(first, scope.ServiceProvider.GetRequiredService<IOptionsSnapshot<RedisExpiringCacheOptions>>().Value);
    }

    [Fact]
    public void A_reload_of_the_cache_without_a_key_leaves_the_options_of_a_keyed_cache()
    {
        using var services = Build();
        var monitor = services.GetRequiredService<IOptionsMonitor<RedisExpiringCacheOptions>>();
        var (first, keyed) = (monitor.CurrentValue, monitor.Get("keyed"));
        _configure = static options => options.ResponseCaching.Enabled = false;

        _configuration.Reload();

        Assert.NotSame(first, monitor.CurrentValue);
        Assert.Same(keyed, monitor.Get("keyed"));
        Assert.Equal("keyed:", keyed.InstanceName);
    }

    private ServiceProvider Build()
    {
        var services = new ServiceCollection();
        services.AddRedisExpiringCache(_configuration.GetSection("Cache"));
        services.AddRedisExpiringCache(options =>
        {
            options.Configuration = "localhost:6379";
            _configure(options);
        });
        services.AddKeyedRedisExpiringCache("keyed", "localhost:6379", static options => options.InstanceName = "keyed:");
        return services.BuildServiceProvider();
    }

    private static RedisExpiringCacheOptions Current(ServiceProvider services) =>
        services.GetRequiredService<IOptionsMonitor<RedisExpiringCacheOptions>>().CurrentValue;
}
