using System.Globalization;
using Microsoft.Extensions.Options;
using RedisExpiryCache.HttpFields;
using RedisExpiryCache.Redis.Connection;
using RedisExpiryCache.ResponseCaching.ContentCoding;

namespace RedisExpiryCache.Configuration;

/// <summary>
/// Says at start-up which setting is wrong, its value and what would be right. The connection string's value is never said: it holds
/// secrets.
/// </summary>
internal sealed class RedisExpiringCacheOptionsValidator : IValidateOptions<RedisExpiringCacheOptions>
{
    private const long MaximumBodySizeLimit = 500L * 1024 * 1024;
    private const double MaximumEarliness = 100;
    private static readonly TimeSpan LongestStaleness = TimeSpan.FromDays(365);
    private static readonly TimeSpan MaximumTimeout = TimeSpan.FromHours(1);
    private static readonly TimeSpan ShortestOpening = TimeSpan.FromMilliseconds(10);
    private const string UsualSection = "RedisExpiringCache";
    private const int MostFailures = 1_000_000;
    private const long SmallestNearCache = 1024 * 1024;

    public ValidateOptionsResult Validate(string? name, RedisExpiringCacheOptions options)
    {
        var errors = new ValidateOptionsResultBuilder();
        if (options.ConnectionMultiplexerFactory is null && options.ConfigurationOptions is null)
            CheckConfiguration(options, errors);

        CheckTimeout(options.OperationTimeout, nameof(options.OperationTimeout), errors);
        CheckCircuitBreaker(options.CircuitBreaker, errors);
        if (!Enum.IsDefined(options.FailureMode))
            errors.AddError($"is {(int)options.FailureMode}; it must be {FailureMode.Throw} or {FailureMode.Degrade}.", nameof(options.FailureMode));

        if (!Enum.IsDefined(options.EntryFormat))
            errors.AddError($"is {(int)options.EntryFormat}; it must be {EntryFormat.Compact} or {EntryFormat.Microsoft}.", nameof(options.EntryFormat));

        CheckNearCache(options.NearCache, errors);
        CheckResponseCaching(options.ResponseCaching, errors);
        return string.IsNullOrEmpty(name) ? errors.Build() : OfCache(name, errors.Build());
    }

    /// <summary>Names the keyed cache, for its settings are called like those of the others.</summary>
    private static ValidateOptionsResult OfCache(string name, ValidateOptionsResult result) => result.Succeeded
        ? result
        : ValidateOptionsResult.Fail(result.Failures!.Select(failure => $"The cache with the key '{name}': {failure}"));

    private static void CheckTimeout(TimeSpan timeout, string name, ValidateOptionsResultBuilder errors)
    {
        if (timeout <= TimeSpan.Zero || timeout > MaximumTimeout)
            errors.AddError($"is {timeout}; it must be more than zero and at most {MaximumTimeout}.", name);
    }

    private static void CheckCircuitBreaker(CircuitBreakerOptions options, ValidateOptionsResultBuilder errors)
    {
        const string Name = nameof(RedisExpiringCacheOptions.CircuitBreaker);
        if (options.FailuresBeforeOpening is < 1 or > MostFailures)
            errors.AddError($"is {options.FailuresBeforeOpening}; it must be from 1 to {MostFailures}.", $"{Name}.{nameof(options.FailuresBeforeOpening)}");

        if (options.OpenFor < ShortestOpening || options.OpenFor > MaximumTimeout)
            errors.AddError($"is {options.OpenFor}; it must be from {ShortestOpening} to {MaximumTimeout}.", $"{Name}.{nameof(options.OpenFor)}");
    }

    private static void CheckNearCache(NearCacheOptions options, ValidateOptionsResultBuilder errors)
    {
        const string Name = nameof(RedisExpiringCacheOptions.NearCache);
        if (options.SizeLimit < SmallestNearCache)
            errors.AddError($"is {options.SizeLimit}; it must be at least {SmallestNearCache} bytes.", $"{Name}.{nameof(options.SizeLimit)}");

        if (options.IncludeData && !options.Enabled)
            errors.AddError($"is true without a near cache; set {Name}.{nameof(options.Enabled)} too.", $"{Name}.{nameof(options.IncludeData)}");
    }

    private static void CheckResponseCaching(ResponseCachingOptions options, ValidateOptionsResultBuilder errors)
    {
        if (!Enum.IsDefined(options.Scope))
        {
            errors.AddError(
                $"is {(int)options.Scope}; it must be {string.Join(" or ", Enum.GetNames<ResponseCachingScope>())}.", NameOf(nameof(options.Scope)));
        }

        CheckTimeout(options.OperationTimeout, NameOf(nameof(options.OperationTimeout)), errors);
        var bodySize = options.MaximumBodySize;
        if (bodySize is < 0 or > MaximumBodySizeLimit)
        {
            errors.AddError(
                $"is {bodySize}; it must be from 0 to {MaximumBodySizeLimit} bytes.", NameOf(nameof(options.MaximumBodySize)));
        }

        if (options.DefaultDuration <= TimeSpan.Zero || options.DefaultDuration > LongestStaleness)
            errors.AddError($"is {options.DefaultDuration}; it must be more than zero and at most {LongestStaleness.Days} days.", NameOf(nameof(options.DefaultDuration)));

        if (options.CollapseTimeout <= TimeSpan.Zero || options.CollapseTimeout > MaximumTimeout)
            errors.AddError($"is {options.CollapseTimeout}; it must be more than zero and at most {MaximumTimeout}.", NameOf(nameof(options.CollapseTimeout)));

        if (!(options.EarlyRefresh is >= 0 and <= MaximumEarliness))
            errors.AddError(string.Create(CultureInfo.InvariantCulture, $"is {options.EarlyRefresh}; it must be from 0 to {MaximumEarliness}."), NameOf(nameof(options.EarlyRefresh)));

        CheckSpan(options.StaleRetention, nameof(options.StaleRetention), errors);
        CheckSpan(options.StaleIfError, nameof(options.StaleIfError), errors);
        foreach (var name in options.TargetedCacheControl)
        {
            if (!Token.IsToken(name))
                errors.AddError($"has '{name}', which is no name of a header field.", NameOf(nameof(options.TargetedCacheControl)));
        }

        CheckContentCodings(options.ContentCodings, errors);
    }

    private static void CheckContentCodings(IList<string>? codings, ValidateOptionsResultBuilder errors)
    {
        var setting = NameOf(nameof(ResponseCachingOptions.ContentCodings));
        if (codings is null)
            errors.AddError("is null; leave it empty for none.", setting);

        foreach (var coding in codings ?? [])
        {
            if (!Compression.Known.Contains(coding, StringComparer.OrdinalIgnoreCase))
                errors.AddError($"has '{coding}', which cannot be made here; there are {string.Join(", ", Compression.Known)}.", setting);
        }

        if (codings?.GroupBy(static coding => coding, StringComparer.OrdinalIgnoreCase).FirstOrDefault(static same => same.Count() > 1) is { } twice)
            errors.AddError($"has '{twice.Key}' twice.", setting);
    }

    private static void CheckSpan(TimeSpan span, string name, ValidateOptionsResultBuilder errors)
    {
        if (span < TimeSpan.Zero || span > LongestStaleness)
            errors.AddError($"is {span}; it must be from zero to {LongestStaleness.Days} days.", NameOf(name));
    }

    private static string NameOf(string setting) => $"{nameof(RedisExpiringCacheOptions.ResponseCaching)}.{setting}";

    private static void CheckConfiguration(RedisExpiringCacheOptions options, ValidateOptionsResultBuilder errors)
    {
        var error = string.IsNullOrWhiteSpace(options.Configuration) ? TextWithoutConnection(options) : MultiplexerConfiguration.ErrorIn(options.Configuration);
        if (error is not null)
            errors.AddError(error, nameof(RedisExpiringCacheOptions.Configuration));
    }

    private static string TextWithoutConnection(RedisExpiringCacheOptions options) => options.ConnectionName?.MissingText
        ?? $"{EmptySectionHint(options.EmptySection)}is empty; give a StackExchange.Redis connection string such as \"localhost:6379\" "
            + "(is ConnectionStrings:Redis set?), or set ConfigurationOptions or ConnectionMultiplexerFactory instead, or leave all "
            + "three unset and register an IConnectionMultiplexer (for a keyed cache, under its key).";

    private static string EmptySectionHint(string? section) => section switch
    {
        null => "",
        UsualSection => $"is not in the configuration section '{section}', which is missing or has no settings: it ",
        _ => $"is not in the configuration section '{section}', which is missing or has no settings (did you mean '{UsualSection}'? "
            + $"Known settings: {string.Join(", ", SettingsBinder.Names)}): it ",
    };
}
