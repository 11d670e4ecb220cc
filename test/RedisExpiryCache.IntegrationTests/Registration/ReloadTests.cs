using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.IntegrationTests.Registration;

/// <summary>A configuration section that changes while the app runs.</summary>
public sealed class ReloadTests(RedisFixture fixture)
{
    private readonly IConfigurationRoot _configuration = new ConfigurationBuilder().AddInMemoryCollection().Build();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_next_request_sees_the_change()
    {
        await using var app = await StartAsync(static web => web.MapPage("/a").CacheResponse());
        await app.WarmAsync("/a");

        Change(("ResponseCaching:EmitCacheStatus", "false"));
        Assert.Null((await app.GetAsync("/a"))["Cache-Status"]);

        Change(("ResponseCaching:EmitCacheStatus", "true"));
        Assert.True((await app.GetAsync("/a")).IsHit);
        Assert.Equal(["ResponseCaching:EmitCacheStatus", "ResponseCaching:EmitCacheStatus"], app.Logs.Where(static record => record.Event.Id == 62).Select(static record => record.Values["Settings"]));
    }

    [Fact]
    public async Task A_changed_scope_waits_for_a_restart()
    {
        await using var app = await StartAsync(static web => web.MapPage("/a"));

        Change(("ResponseCaching:Scope", "MarkedEndpoints"));

        Assert.True((await app.GetAsync("/a")).WasStored);
        var warning = Assert.Single(app.Logs, static record => record.Level >= LogLevel.Warning);
        Assert.Equal((61, "ResponseCaching:Scope"), (warning.Event.Id, warning.Values["Settings"]));
    }

    [Fact]
    public async Task A_changed_DefaultDuration_counts_from_the_next_request_and_policies_stay()
    {
        await using var app = await StartAsync(static web => web.MapPage("/{id}", cacheControl: null).CacheResponse("things"), policies: true);
        Assert.InRange((await app.WarmAsync("/a")).TimeLeft, 1, 60);

        Change(("ResponseCaching:DefaultDuration", "00:05:00"));

        Assert.InRange((await app.WarmAsync("/b")).TimeLeft, 61, 300);
        await app.Control.EvictByTagAsync("things", Token);
        Assert.False((await app.GetAsync("/b")).IsHit, "the policy's tag is still there");
    }

    [Fact]
    public async Task A_changed_MaximumBodySize_counts_from_the_next_request()
    {
        await using var app = await StartAsync(static web => web.MapPage("/{id}"));
        Assert.True((await app.GetAsync("/a")).WasStored);

        Change(("ResponseCaching:MaximumBodySize", "2"));

        await app.GetAsync("/b");
        await app.CountedAsync(1, "response.stores", ("outcome", "not-stored"), ("reason", "too-large"));
    }

    [Theory]
    [InlineData("ResponseCaching:MaximumBodySize", "-1", "MaximumBodySize", "-1", "524288000")]
    [InlineData("ResponseCaching:DefaultDuration", "-00:00:01", "DefaultDuration", "-00:00:01", "more than zero")]
    [InlineData("ResponseCaching:StaleIfError", "soon", "ResponseCaching:StaleIfError", "'soon'", "time span")]
    [InlineData("ResponseCaching:EmitCacheStatsu", "true", "ResponseCaching:EmitCacheStatsu", "not a setting", "EmitCacheStatus")]
    [InlineData("OperationTimeout", "nonsense", "OperationTimeout", "'nonsense'", "time span")]
    public async Task A_wrong_value_is_refused_with_all_other_changes_and_logged_once(string name, string value, params string[] said)
    {
        await using var app = await StartAsync(static web => web.MapPage("/a"));
        await app.WarmAsync("/a");

        Change((name, value), ("ResponseCaching:EmitCacheStatus", "false"));
        _configuration.Reload();

        Assert.True((await app.GetAsync("/a")).IsHit);
        var warning = Assert.Single(app.Logs, static record => record.Level >= LogLevel.Warning);
        Assert.Equal(60, warning.Event.Id);
        Assert.All(said, part => Assert.Contains(part, warning.Message, StringComparison.Ordinal));
        Assert.True(app.Services.GetRequiredService<IOptionsMonitor<RedisExpiringCacheOptions>>().CurrentValue.ResponseCaching.EmitCacheStatus);

        Change((name, null));
        Assert.Null((await app.GetAsync("/a"))["Cache-Status"]);
    }

    [Fact]
    public async Task A_setting_that_waits_for_a_restart_keeps_its_value_and_is_logged_once_by_name()
    {
        await using var app = await StartAsync(static web => web.MapPage("/a"));
        await app.WarmAsync("/a");

        Change(
            ("Configuration", "elsewhere,password=s3cr3t"), ("InstanceName", "another:"), ("ResponseCaching:IgnorePreferenceOrder", "true"),
            ("ResponseCaching:TargetedCacheControl:0", "X-Cache-Control"), ("ResponseCaching:EmitCacheStatus", "false"));
        _configuration.Reload();

        var answer = await app.GetAsync("/a");
        Assert.Equal(("page 1", null), (answer.Body, answer["Cache-Status"]));
        var warning = Assert.Single(app.Logs, static record => record.Level >= LogLevel.Warning);
        Assert.Equal(
            (61, "Configuration, InstanceName, ResponseCaching:IgnorePreferenceOrder, ResponseCaching:TargetedCacheControl"),
            (warning.Event.Id, warning.Values["Settings"]));
        Assert.Contains("Restart to apply", warning.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(app.Logs, static record => record.Message.Contains("s3cr3t", StringComparison.Ordinal));
        Assert.Equal(app.Prefix, app.Services.GetRequiredService<IOptionsMonitor<RedisExpiringCacheOptions>>().CurrentValue.InstanceName);
    }

    [Fact]
    public async Task A_near_cache_waits_for_a_restart()
    {
        await using var app = await StartAsync(static web => web.MapPage("/a"));

        Change(("NearCache:Enabled", "true"), ("NearCache:IncludeData", "true"), ("NearCache:SizeLimit", "2097152"));
        await app.WarmAsync("/a");

        var warning = Assert.Single(app.Logs, static record => record.Level >= LogLevel.Warning);
        Assert.Equal((61, "NearCache:Enabled, NearCache:IncludeData, NearCache:SizeLimit"), (warning.Event.Id, warning.Values["Settings"]));
        Assert.False(app.Services.GetRequiredService<IOptionsMonitor<RedisExpiringCacheOptions>>().CurrentValue.NearCache.Enabled);
    }

    [Fact]
    public async Task A_request_that_is_under_way_keeps_the_settings_that_it_began_with()
    {
        var (arrived, mayEnd) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var app = await StartAsync(web => web.MapGet("/a", async context =>
        {
            arrived.TrySetResult();
            await mayEnd.Task;
            context.Response.Headers.CacheControl = "max-age=60";
            await context.Response.WriteAsync("page");
        }));

        var asked = app.GetAsync("/a");
        await arrived.Task;
        Change(("ResponseCaching:EmitCacheStatus", "false"));
        mayEnd.SetResult();

        Assert.True((await asked).WasStored);
        Assert.Null((await app.GetAsync("/a"))["Cache-Status"]);
    }

    [Fact]
    public async Task A_lambda_of_the_app_that_throws_is_refused_and_a_listener_hears_of_what_counts()
    {
        var (isBroken, heard) = (false, 0);
        await using var app = await StartAsync(
            static web => web.MapPage("/a"),
            services: services => services.AddRedisExpiringCache((_, _) => _ = isBroken ? throw new FormatException("broken") : 0));
        using var listening = app.Services.GetRequiredService<IOptionsMonitor<RedisExpiringCacheOptions>>().OnChange(_ => heard++);

        isBroken = true;
        Change(("ResponseCaching:EmitCacheStatus", "false"));

        Assert.NotNull((await app.GetAsync("/a"))["Cache-Status"]);
        Assert.IsType<FormatException>(Assert.Single(app.Logs, static record => record.Event.Id == 60).Exception);
        isBroken = false;
        _configuration.Reload();
        Assert.Null((await app.GetAsync("/a"))["Cache-Status"]);
        Assert.Equal(2, heard);
    }

    [Fact]
    public async Task A_keyed_cache_says_that_it_waits_for_a_restart()
    {
        using var log = new RecordingLoggerProvider();
        var services = TestApp.NewServices().AddLogging(logging => logging.AddProvider(log));
        Change(("Configuration", fixture.Server.ConnectionString), ("InstanceName", fixture.Server.NewPrefix()));
        services.AddKeyedRedisExpiringCache("sessions", _configuration.GetSection("Cache"));
        await using var provider = services.BuildServiceProvider(validateScopes: true);
        var cache = provider.GetRequiredKeyedService<IRedisExpiringCache>("sessions");
        await CachedApp.ConnectAsync(cache);

        Change(("InstanceName", "another:"));

        var warning = Assert.Single(log.Records, static record => record.Event.Id == 61);
        Assert.Contains("with the key 'sessions' have changed", warning.Message, StringComparison.Ordinal);
    }

    private Task<CachedApp> StartAsync(Action<WebApplication> map, bool policies = false, Action<IServiceCollection>? services = null) => CachedApp.StartAsync(
        fixture.Server,
        map,
        new AppSetup
        {
            Options = options =>
            {
                if (policies)
                    options.ResponseCaching.AddPolicy("things", static policy => policy.Tag("things"));
            },
            Services = all =>
            {
                all.AddRedisExpiringCache(_configuration.GetSection("Cache"));
                services?.Invoke(all);
            },
        });

    private void Change(params (string Name, string? Value)[] settings)
    {
        foreach (var (name, value) in settings)
            _configuration[$"Cache:{name}"] = value;

        _configuration.Reload();
    }
}
