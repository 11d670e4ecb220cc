using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;
using RedisExpiryCache.Tests.Rfc9111;

namespace RedisExpiryCache.Tests.HttpFields;

/// <summary>RFC 9111 5.1</summary>
public class AgeFieldTests
{
    [Fact]
    public void A_missing_field_is_valid_and_says_nothing()
    {
        Assert.True(AgeField.TryParse(StringValues.Empty, out var age));
        Assert.Null(age);
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("7200", 7200)]
    [InlineData(" \t7200\t ", 7200)]
    [InlineData("007200", 7200)]
    [InlineData("2147483648", 2147483648)]
    [InlineData("2147483649", 2147483648)]
    [InlineData("99999999999999999999", 2147483648)]
    [InlineData("0,7200", 0)]
    [InlineData("7200,0", 7200)]
    [InlineData("7200,", 7200)]
    [InlineData("7200,,x", 7200)]
    [InlineData("7200,0 x", 7200)]
    public void The_first_number_of_a_line_counts(string line, long seconds)
    {
        Assert.True(AgeField.TryParse(line, out var age));
        Assert.Equal(Some.Seconds(seconds), age);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(",")]
    [InlineData(",7200")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("7200.0")]
    [InlineData("7200;x")]
    [InlineData("7200 s")]
    [InlineData("\"7200\"")]
    [InlineData("abc")]
    [InlineData("abc,7200")]
    [InlineData("0 ,7200")]
    [InlineData("0, 0")]
    [InlineData("0,\t0")]
    [InlineData("7200, 0")]
    [InlineData("0,1, 2")]
    [InlineData("٣")]
    [InlineData("7200\n")]
    [InlineData("\u00a07200")]
    public void Anything_else_is_invalid(string line)
    {
        Assert.False(AgeField.TryParse(line, out var age));
        Assert.Null(age);
    }

    [Fact]
    public void Two_lines_are_invalid_even_when_they_agree()
    {
        Assert.False(AgeField.TryParse(new StringValues(["5", "5"]), out var age));
        Assert.Null(age);
        Assert.False(AgeField.TryParse(new StringValues(["5", null]), out _));
        Assert.False(AgeField.TryParse(new StringValues([null]), out _));
    }
}
