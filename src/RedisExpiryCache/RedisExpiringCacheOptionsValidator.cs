using Microsoft.Extensions.Options;
using RedisExpiryCache.Redis;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache;

/// <summary>Says at start-up which setting is wrong, its value and what would be right. The connection string's value is never said: it holds secrets.</summary>
internal sealed class RedisExpiringCacheOptionsValidator : IValidateOptions<RedisExpiringCacheOptions>
{
    private const long MaximumBodySizeLimit = 500L * 1024 * 1024;
    private static readonly TimeSpan LongestStaleness = TimeSpan.FromDays(365);
    private static readonly TimeSpan MaximumTimeout = TimeSpan.FromHours(1);

    public ValidateOptionsResult Validate(string? name, RedisExpiringCacheOptions options)
    {
        var errors = new ValidateOptionsResultBuilder();
        if (options.ConnectionMultiplexerFactory is null && options.ConfigurationOptions is null)
            CheckConfiguration(options.Configuration, errors);

        if (options.OperationTimeout <= TimeSpan.Zero || options.OperationTimeout > MaximumTimeout)
        {
            errors.AddError(
                $"is {options.OperationTimeout}; it must be more than zero and at most {MaximumTimeout}.",
                nameof(options.OperationTimeout));
        }

        if (!Enum.IsDefined(options.EntryFormat))
            errors.AddError($"is {(int)options.EntryFormat}; it must be {EntryFormat.Compact} or {EntryFormat.Microsoft}.", nameof(options.EntryFormat));

        CheckResponseCaching(options.ResponseCaching, errors);
        return string.IsNullOrEmpty(name) ? errors.Build() : OfCache(name, errors.Build());
    }

    /// <summary>Names the keyed cache, for its settings are called like those of the others.</summary>
    private static ValidateOptionsResult OfCache(string name, ValidateOptionsResult result) => result.Succeeded
        ? result
        : ValidateOptionsResult.Fail(result.Failures!.Select(failure => $"The cache with the key '{name}': {failure}"));

    private static void CheckResponseCaching(ResponseCachingOptions options, ValidateOptionsResultBuilder errors)
    {
        var bodySize = options.MaximumBodySize;
        if (bodySize is < 0 or > MaximumBodySizeLimit)
        {
            errors.AddError(
                $"is {bodySize}; it must be from 0 to {MaximumBodySizeLimit} bytes.", NameOf(nameof(options.MaximumBodySize)));
        }

        if (options.DefaultDuration <= TimeSpan.Zero || options.DefaultDuration > LongestStaleness)
            errors.AddError($"is {options.DefaultDuration}; it must be more than zero and at most {LongestStaleness.Days} days.", NameOf(nameof(options.DefaultDuration)));

        CheckSpan(options.StaleRetention, nameof(options.StaleRetention), errors);
        CheckSpan(options.StaleIfError, nameof(options.StaleIfError), errors);
        foreach (var name in options.TargetedCacheControl)
        {
            if (!Token.IsToken(name))
                errors.AddError($"has '{name}', which is no name of a header field.", NameOf(nameof(options.TargetedCacheControl)));
        }
    }

    private static void CheckSpan(TimeSpan span, string name, ValidateOptionsResultBuilder errors)
    {
        if (span < TimeSpan.Zero || span > LongestStaleness)
            errors.AddError($"is {span}; it must be from zero to {LongestStaleness.Days} days.", NameOf(name));
    }

    private static string NameOf(string setting) => $"{nameof(RedisExpiringCacheOptions.ResponseCaching)}.{setting}";

    private static void CheckConfiguration(string? configuration, ValidateOptionsResultBuilder errors)
    {
        if (string.IsNullOrWhiteSpace(configuration))
        {
            errors.AddError(
                "is empty; give a StackExchange.Redis connection string such as \"localhost:6379\", or set ConfigurationOptions or ConnectionMultiplexerFactory instead, or leave all three unset and register an IConnectionMultiplexer (for a keyed cache, under its key).",
                nameof(RedisExpiringCacheOptions.Configuration));
        }
        else if (!RedisConnection.IsConnectionString(configuration))
        {
            errors.AddError(
                "is not a StackExchange.Redis connection string (its value is not shown, for it may hold a password); one looks like \"localhost:6379,password=…,ssl=true\", and not like a URL.",
                nameof(RedisExpiringCacheOptions.Configuration));
        }
    }
}
