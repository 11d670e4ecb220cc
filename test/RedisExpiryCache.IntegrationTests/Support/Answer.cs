using System.Globalization;
using System.Net;
using System.Text;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>A response that has been read to its end.</summary>
internal sealed record Answer(HttpStatusCode Status, byte[] Bytes, IReadOnlyDictionary<string, string> Fields)
{
    public string Body => Encoding.UTF8.GetString(Bytes);

    public string CacheStatus => this["Cache-Status"] ?? "";

    public bool IsHit => CacheStatus.StartsWith("RedisExpiryCache; hit", StringComparison.Ordinal);

    public bool WasStored => CacheStatus.EndsWith("; stored", StringComparison.Ordinal);

    /// <summary>The seconds for which a hit stays fresh; 0: it is no hit.</summary>
    public int TimeLeft => CacheStatus.Split("; ttl=") is [_, var seconds] ? int.Parse(seconds.Split(';')[0], CultureInfo.InvariantCulture) : 0;

    public int Age => int.Parse(this["Age"] ?? throw new InvalidOperationException("No Age."), CultureInfo.InvariantCulture);

    /// <summary>What Cache-Status says of why it was not stored.</summary>
    public string? Detail => CacheStatus.Split("; detail=") is [_, var detail] ? detail : null;

    /// <summary>A field as the client got it; null when it got none.</summary>
    public string? this[string field] => Fields.GetValueOrDefault(field);

    public static async Task<Answer> OfAsync(HttpResponseMessage response)
    {
        var bytes = await response.Content.ReadAsByteArrayAsync();
        var fields = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
            .ToDictionary(field => field.Key, field => string.Join(", ", field.Value), StringComparer.OrdinalIgnoreCase);
        return new Answer(response.StatusCode, bytes, fields);
    }
}
