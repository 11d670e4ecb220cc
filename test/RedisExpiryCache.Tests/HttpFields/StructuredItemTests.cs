using RedisExpiryCache.HttpFields;

namespace RedisExpiryCache.Tests.HttpFields;

/// <summary>RFC 9651 4.2.3.1 to 4.2.10</summary>
public class StructuredItemTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("-0", 0)]
    [InlineData("42", 42)]
    [InlineData("-42", -42)]
    [InlineData("007", 7)]
    [InlineData("9", 9)]
    [InlineData("999999999999999", 999999999999999)]
    [InlineData("-999999999999999", -999999999999999)]
    [InlineData("000000000000001", 1)]
    public void An_integer_has_up_to_fifteen_digits(string text, long value) =>
        Assert.Equal(new StructuredValue(StructuredKind.Integer, value, null), Read(text));

    [Theory]
    [InlineData("0.0")]
    [InlineData("-1.5")]
    [InlineData("1.123")]
    [InlineData("123456789012.1")]
    [InlineData("-123456789012.123")]
    public void A_decimal_has_up_to_twelve_digits_and_three(string text) =>
        Assert.Equal(new StructuredValue(StructuredKind.Decimal, 0, text), Read(text));

    [Theory]
    [InlineData("-")]
    [InlineData("--1")]
    [InlineData("+1")]
    [InlineData("1000000000000000")]
    [InlineData("-1000000000000000")]
    [InlineData("0000000000000001")]
    [InlineData("1.")]
    [InlineData(".5")]
    [InlineData("-.5")]
    [InlineData("1.1234")]
    [InlineData("1234567890123.1")]
    [InlineData("1.5.5")]
    [InlineData("1..5")]
    [InlineData("1e3")]
    [InlineData("1a")]
    [InlineData("٣")]
    [InlineData("1\0")]
    public void Another_number_is_a_mistake(string text) => AssertNothing(text);

    [Theory]
    [InlineData("\"\"", "")]
    [InlineData("\"a b\"", "a b")]
    [InlineData("\"a,b;c=d\"", "a,b;c=d")]
    [InlineData("\"\\\"\"", "\"")]
    [InlineData("\"\\\\\"", "\\")]
    [InlineData("\"a\\\\\\\"b\"", "a\\\"b")]
    [InlineData("\" ~\"", " ~")]
    public void A_string_is_printable_and_escapes_quotes_and_backslashes(string text, string value) =>
        Assert.Equal(new StructuredValue(StructuredKind.String, 0, value), Read(text));

    [Theory]
    [InlineData("\"")]
    [InlineData("\"a")]
    [InlineData("\"a\\\"")]
    [InlineData("\"a\\")]
    [InlineData("\"\\a\"")]
    [InlineData("\"\\\u007f\"")]
    [InlineData("\"\t\"")]
    [InlineData("\"\u001f\"")]
    [InlineData("\"\u007f\"")]
    [InlineData("\"\u0080\"")]
    [InlineData("\"é\"")]
    [InlineData("\"a\"b")]
    [InlineData("'a'")]
    public void Another_string_is_a_mistake(string text) => AssertNothing(text);

    [Theory]
    [InlineData("a")]
    [InlineData("Z")]
    [InlineData("z")]
    [InlineData("A")]
    [InlineData("*")]
    [InlineData("**")]
    [InlineData("aZ09!#$%&'*+-.^_`|~:/")]
    [InlineData("text/html")]
    public void A_token_begins_with_a_letter_or_a_star(string text) =>
        Assert.Equal(new StructuredValue(StructuredKind.Token, 0, text), Read(text));

    [Theory]
    [InlineData("!a")]
    [InlineData("/a")]
    [InlineData("_")]
    [InlineData("[")]
    [InlineData("{")]
    [InlineData("`")]
    [InlineData("a@")]
    [InlineData("a\"b\"")]
    [InlineData("aé")]
    [InlineData("a[")]
    public void Another_token_is_a_mistake(string text) => AssertNothing(text);

    [Theory]
    [InlineData("::", "")]
    [InlineData(":YQ==:", "YQ==")]
    [InlineData(":YWI=:", "YWI=")]
    [InlineData(":YWJj:", "YWJj")]
    [InlineData(":YQ:", "YQ")]
    [InlineData(":YWI:", "YWI")]
    [InlineData(":+/az09AZ:", "+/az09AZ")]
    public void A_byte_sequence_is_base64_with_its_padding_or_without(string text, string value) =>
        Assert.Equal(new StructuredValue(StructuredKind.ByteSequence, 0, value), Read(text));

    [Theory]
    [InlineData(":")]
    [InlineData(":YQ==")]
    [InlineData(":Y:")]
    [InlineData(":Y===:")]
    [InlineData(":YWJjZ:")]
    [InlineData(":YQ=:")]
    [InlineData(":YWI==:")]
    [InlineData(":YWJj=:")]
    [InlineData(":YWJj====:")]
    [InlineData(":=:")]
    [InlineData(":====:")]
    [InlineData(":Y=Q=:")]
    [InlineData(":Y Q=:")]
    [InlineData(":Y-Q_:")]
    [InlineData(":-YWJ:")]
    [InlineData(":YWJ_:")]
    [InlineData(":é===:")]
    [InlineData(":YQ==:a")]
    public void Another_byte_sequence_is_a_mistake(string text) => AssertNothing(text);

    [Theory]
    [InlineData("?0", 0)]
    [InlineData("?1", 1)]
    public void A_boolean_is_zero_or_one(string text, long value) =>
        Assert.Equal(new StructuredValue(StructuredKind.Boolean, value, null), Read(text));

    [Theory]
    [InlineData("?")]
    [InlineData("?2")]
    [InlineData("?T")]
    [InlineData("?10")]
    [InlineData("?00")]
    [InlineData("??1")]
    public void Another_boolean_is_a_mistake(string text) => AssertNothing(text);

    [Theory]
    [InlineData("@0", 0)]
    [InlineData("@1659578233", 1659578233)]
    [InlineData("@-1659578233", -1659578233)]
    public void A_date_is_an_integer(string text, long value) =>
        Assert.Equal(new StructuredValue(StructuredKind.Date, value, null), Read(text));

    [Theory]
    [InlineData("@")]
    [InlineData("@-")]
    [InlineData("@1.5")]
    [InlineData("@a")]
    [InlineData("@@1")]
    [InlineData("@1000000000000000")]
    public void Another_date_is_a_mistake(string text) => AssertNothing(text);

    [Theory]
    [InlineData("%\"\"", "")]
    [InlineData("%\"a b~\"", "a b~")]
    [InlineData("%\"f%c3%bc%c3%bc\"", "füü")]
    [InlineData("%\"%e2%82%ac\"", "€")]
    [InlineData("%\"%f0%9f%98%80\"", "😀")]
    [InlineData("%\"%22%25\"", "\"%")]
    [InlineData("%\"%00%0a\"", "\0\n")]
    [InlineData("%\"\\\"", "\\")]
    public void A_display_string_is_utf8_in_small_hex_digits(string text, string value) =>
        Assert.Equal(new StructuredValue(StructuredKind.DisplayString, 0, value), Read(text));

    [Theory]
    [InlineData("%")]
    [InlineData("%a\"\"")]
    [InlineData("%\"")]
    [InlineData("%\"a")]
    [InlineData("%\"%C3%BC\"")]
    [InlineData("%\"%c3%bC\"")]
    [InlineData("%\"%c3\"")]
    [InlineData("%\"%ff\"")]
    [InlineData("%\"%c0%80\"")]
    [InlineData("%\"%ed%a0%80\"")]
    [InlineData("%\"%\"")]
    [InlineData("%\"%2\"")]
    [InlineData("%\"%g0\"")]
    [InlineData("%\"%0g\"")]
    [InlineData("%\"\t\"")]
    [InlineData("%\"\u001f\"")]
    [InlineData("%\"\u007f\"")]
    [InlineData("%\"ü\"")]
    [InlineData("%\"a\"b")]
    public void Another_display_string_is_a_mistake(string text) => AssertNothing(text);

    [Theory]
    [InlineData("#")]
    [InlineData("$1")]
    [InlineData("=")]
    [InlineData("\0")]
    public void Nothing_else_is_a_value(string text) => AssertNothing(text);

    private static StructuredValue Read(string text)
    {
        Assert.True(StructuredFields.TryParseDictionary($"k={text}, l", out var members));
        Assert.Equal(2, members.Count);
        return members["k"];
    }

    private static void AssertNothing(string text)
    {
        Assert.False(StructuredFields.TryParseDictionary("k=" + text, out _));
        Assert.False(StructuredFields.TryParseDictionary($"k={text}, l", out _));
        Assert.False(StructuredFields.TryParseStrings($"\"a\", {text}", out _));
    }
}
