using Microsoft.Extensions.Options;
using RedisExpiryCache.Redis;

namespace RedisExpiryCache;

/// <summary>Says at start-up which setting is wrong, its value and what would be right. The connection string's value is never said: it holds secrets.</summary>
internal sealed class RedisExpiringCacheOptionsValidator : IValidateOptions<RedisExpiringCacheOptions>
{
    private const long MaximumBodySizeLimit = 500L * 1024 * 1024;
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

        var bodySize = options.ResponseCaching.MaximumBodySize;
        if (bodySize is < 0 or > MaximumBodySizeLimit)
        {
            errors.AddError(
                $"is {bodySize}; it must be from 0 to {MaximumBodySizeLimit} bytes.",
                $"{nameof(options.ResponseCaching)}.{nameof(options.ResponseCaching.MaximumBodySize)}");
        }

        return errors.Build();
    }

    private static void CheckConfiguration(string? configuration, ValidateOptionsResultBuilder errors)
    {
        if (string.IsNullOrWhiteSpace(configuration))
        {
            errors.AddError(
                "is empty; give a StackExchange.Redis connection string such as \"localhost:6379\", or set ConfigurationOptions or ConnectionMultiplexerFactory instead.",
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
