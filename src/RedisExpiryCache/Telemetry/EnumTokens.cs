using System.Collections.Frozen;
using System.Text.Json;

namespace RedisExpiryCache.Telemetry;

/// <summary>The one spelling of a named value in logs, metric tags and Cache-Status: UriMiss is "uri-miss".</summary>
internal static class EnumTokens
{
    public static string Token<TEnum>(this TEnum value) where TEnum : struct, Enum =>
        Tokens<TEnum>.Of.TryGetValue(value, out var token) ? token : throw new ArgumentOutOfRangeException(nameof(value), value, null);

    private static class Tokens<TEnum> where TEnum : struct, Enum
    {
        public static readonly FrozenDictionary<TEnum, string> Of =
            Enum.GetValues<TEnum>().ToFrozenDictionary(value => value, value => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString()));
    }
}
