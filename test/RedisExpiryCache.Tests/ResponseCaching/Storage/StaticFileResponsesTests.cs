using System.Globalization;
using RedisExpiryCache.ResponseCaching.Storage;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.ResponseCaching.Storage;

/// <summary>The responses of the static file middleware, told by the entity tag that it makes.</summary>
public class StaticFileResponsesTests
{
    private static readonly DateTimeOffset Modified = new(2026, 3, 2, 10, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1_234_567)]
    [InlineData(8L * 1024 * 1024 * 1024)]
    public void The_tag_of_a_file_of_any_length_is_recognized(long length) => Assert.True(IsOne(TagOf(length), Modified));

    [Theory]
    [InlineData("\"1\"")]
    [InlineData("\"\"")]
    [InlineData("\"")]
    [InlineData("\"v1.2\"")]
    [InlineData("\"9e107d9d372bb6826bd81d3542a419d6\"")]
    [InlineData("\"33a64df551425fcc\"")]
    [InlineData("\"ffffffffffffffff\"")]
    [InlineData("\" 1dca9f2c9a9c000\"")]
    [InlineData(null)]
    public void Another_tag_is_none(string? tag) => Assert.False(IsOne(tag, Modified));

    [Fact]
    public void The_tag_of_another_time_is_none()
    {
        Assert.False(IsOne(TagOf(100), Modified.AddDays(2)));
        Assert.False(IsOne(TagOf(100), modified: null));
        Assert.False(IsOne($"W/{TagOf(100)}", Modified));
    }

    private static string TagOf(long length) => string.Create(CultureInfo.InvariantCulture, $"\"{Modified.ToFileTime() ^ length:x}\"");

    private static bool IsOne(string? tag, DateTimeOffset? modified) =>
        StaticFileResponses.IsOne(new ResponseFacts { StatusCode = 200, ETag = tag, LastModified = modified });
}
