using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using RedisExpiryCache.Configuration;

namespace RedisExpiryCache.Tests.Configuration;

/// <summary>The settings of what happens when Redis fails: read, checked, and with the defaults that the documentation names.</summary>
public sealed class FailureSettingsTests
{
    [Fact]
    public void Each_is_read_from_configuration()
    {
        var options = Read(
            ("FailureMode", "degrade"),
            ("CircuitBreaker:FailuresBeforeOpening", "7"),
            ("CircuitBreaker:OpenFor", "00:00:03"),
            ("ResponseCaching:OperationTimeout", "00:00:00.25"));
        Assert.Equal(FailureMode.Degrade, options.FailureMode);
        Assert.Equal((7, TimeSpan.FromSeconds(3)), (options.CircuitBreaker.FailuresBeforeOpening, options.CircuitBreaker.OpenFor));
        Assert.Equal(TimeSpan.FromMilliseconds(250), options.ResponseCaching.OperationTimeout);
    }

    [Theory]
    [InlineData("FailureMode", "sometimes", "Throw or Degrade")]
    [InlineData("FailureMode", "7", "Throw or Degrade")]
    [InlineData("CircuitBreaker:FailuresBeforeOpening", "many", "a number of calls")]
    [InlineData("CircuitBreaker:OpenFor", "soon", "a time span")]
    [InlineData("ResponseCaching:OperationTimeout", "100 ms", "a time span")]
    public void What_cannot_be_read_is_named_with_its_value(string name, string value, string right)
    {
        var failure = Assert.Throws<OptionsValidationException>(() => Read((name, value)));
        Assert.All([name, $"'{value}'", right], text => Assert.Contains(text, failure.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void The_defaults_are_those_of_the_documentation()
    {
        var options = new RedisExpiringCacheOptions();
        Assert.Equal(FailureMode.Throw, options.FailureMode);
        Assert.Equal((5, TimeSpan.FromSeconds(1)), (options.CircuitBreaker.FailuresBeforeOpening, options.CircuitBreaker.OpenFor));
        Assert.Equal(TimeSpan.FromMilliseconds(100), options.ResponseCaching.OperationTimeout);
    }

    [Fact]
    public void What_is_out_of_its_range_is_named_all_of_it()
    {
        var options = Right();
        options.FailureMode = (FailureMode)2;
        options.CircuitBreaker.FailuresBeforeOpening = 0;
        options.CircuitBreaker.OpenFor = TimeSpan.FromMilliseconds(9);
        options.ResponseCaching.OperationTimeout = TimeSpan.Zero;
        var said = new RedisExpiringCacheOptionsValidator().Validate(name: null, options).FailureMessage;
        Assert.All(
            ["FailureMode", "CircuitBreaker.FailuresBeforeOpening", "CircuitBreaker.OpenFor", "ResponseCaching.OperationTimeout", "is 0;", "00:00:00.0090000"],
            text => Assert.Contains(text, said, StringComparison.Ordinal));
    }

    [Fact]
    public void The_ends_of_the_ranges_are_right()
    {
        foreach (var (failures, openFor, timeout) in new[] { (1, TimeSpan.FromMilliseconds(10), TimeSpan.FromTicks(1)), (1_000_000, TimeSpan.FromHours(1), TimeSpan.FromHours(1)) })
        {
            var options = Right();
            (options.CircuitBreaker.FailuresBeforeOpening, options.CircuitBreaker.OpenFor, options.ResponseCaching.OperationTimeout) = (failures, openFor, timeout);
            Assert.True(new RedisExpiringCacheOptionsValidator().Validate(name: null, options).Succeeded);
        }
    }

    private static RedisExpiringCacheOptions Right() => new() { Configuration = "localhost" };

    private static RedisExpiringCacheOptions Read(params (string Name, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(one => one.Name, one => (string?)one.Value)).Build();
        var options = new RedisExpiringCacheOptions();
        SettingsBinder.Apply(configuration, options);
        return options;
    }
}
