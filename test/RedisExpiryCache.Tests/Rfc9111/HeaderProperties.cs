using System.Text;
using CsCheck;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.Rfc9111;

/// <summary>Whatever a field says, reading it ends in an answer; what is written by the rules is read as it was meant.</summary>
public class HeaderProperties
{
    private static string? Normalize(string name, StringValues value) => Variants.Normalize(name, value, ignoreOrder: true);

    // Hardly anything of this is valid, but all of it begins like something that is.
    private static readonly Gen<string> Pieces = Gen.OneOf(
        "bytes=", "bytes ", "0-", "-5", "4-9", "/10", "/*", "max-age=", "no-store", "q=0.5", "text/html", "W/\"a\"", "\"a\"", "%\"", "%c3", "?1", "@",
        "=", ",", ", ", ";", "(", ")", ":", "\"", "\\", "*", "-", ".", "a", "Z", " ", "\t", "\0", "\n", "\u007f", "é", "\ud800", "٣",
        "99999999999999999999999999", "9223372036854775807", "999999999999999", "Sun, 06 Nov 1994 08:49:37 GMT");

    private static readonly Gen<string?[]> Lines = Gen.OneOf(
        Gen.String, Pieces.Array[0, 12].Select(string.Concat), Gen.Const(default(string))!).Array[0, 3]!;

    private static readonly Gen<string> Key = Gen.Select(
        Gen.Char["abyz*"], Gen.String[Gen.Char["az09_-.*"], 0, 4], (first, rest) => first + rest);

    private static readonly Gen<(string Written, StructuredValue Value)> Item = Gen.OneOf(
        Gen.Bool.Select(value => (value ? "?1" : "?0", new StructuredValue(StructuredKind.Boolean, value ? 1 : 0, null))),
        Gen.Long[-999_999_999_999_999, 999_999_999_999_999].Select(value => ($"{value}", new StructuredValue(StructuredKind.Integer, value, null))),
        Gen.Long[-999_999_999_999_999, 999_999_999_999_999].Select(value => ($"@{value}", new StructuredValue(StructuredKind.Date, value, null))),
        Gen.Select(Gen.Long[-999_999_999_999, 999_999_999_999], Gen.Int[0, 999], (whole, part) =>
            ($"{whole}.{part}", new StructuredValue(StructuredKind.Decimal, 0, $"{whole}.{part}"))),
        Gen.String[Gen.Char[' ', '~'], 0, 8].Select(text =>
            ($"\"{text.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"", new StructuredValue(StructuredKind.String, 0, text))),
        Gen.String[Gen.Char["aZ09*:/!~"], 0, 5].Select(text => ("t" + text, new StructuredValue(StructuredKind.Token, 0, "t" + text))),
        Gen.Byte.Array[0, 7].Select(Convert.ToBase64String).Select(text =>
            ($":{text}:", new StructuredValue(StructuredKind.ByteSequence, 0, text))),
        Gen.String[Gen.Char['\0', '\uD7FF'], 0, 4].Select(text =>
            ($"%\"{PercentEncoded(text)}\"", new StructuredValue(StructuredKind.DisplayString, 0, text))));

    private static readonly Gen<string> Parameters = Gen.Select(Key, Item, Gen.Bool, (key, item, isFlag) => $"; {key}" + (isFlag ? "" : "=" + item.Written))
        .Array[0, 2].Select(string.Concat);

    private static readonly Gen<(string Written, StructuredValue Value)> Value = Gen.OneOf(
        Item,
        Gen.Select(Item, Parameters, (item, parameters) => item.Written + parameters).Array[0, 3].Select(items =>
            ($"( {string.Join("  ", items)} )", new StructuredValue(StructuredKind.InnerList, 0, null))));

    private static readonly Gen<(string Written, string Key, StructuredValue Value)[]> Members = Gen.Select(Key, Value, Parameters, (key, value, parameters) =>
        ($"{key}={value.Written}{parameters}", key, value.Value)).Array[1, 6];

    private static readonly Gen<string> Comma = Gen.Select(Gen.String[Gen.Char[" \t"], 0, 3], Gen.String[Gen.Char[" \t"], 0, 3], (a, b) => $"{a},{b}");

    [Fact]
    public void A_dictionary_that_fails_is_empty() => Lines.Sample(lines =>
        StructuredFields.TryParseDictionary(lines, out var members) || members.Count == 0, iter: 5_000);

    [Fact]
    public void A_list_has_strings_or_fails() => Lines.Sample(lines =>
        StructuredFields.TryParseStrings(lines, out var strings) == strings.Length > 0, iter: 5_000);

    [Fact]
    public void A_targeted_field_that_does_not_apply_says_nothing() => Lines.Sample(lines =>
        TargetedCacheControl.TryRead(lines, out var directives) || directives == CacheControl.None, iter: 5_000);

    [Fact]
    public void An_age_is_never_negative_nor_beyond_the_end() => Lines.Sample(lines =>
        AgeField.TryParse(lines, out var age) ? age is null == (lines.Length == 0) && !(age < TimeSpan.Zero || age > DeltaSeconds.Max) : age is null,
        iter: 5_000);

    [Fact]
    public void The_ranges_are_always_within_the_representation() => Gen.Select(Lines, Gen.Long[0, long.MaxValue]).Sample((lines, length) =>
        Ranges.Requested(lines, length) is not { } ranges
            || (ranges.Length <= Ranges.Most && ranges.All(one => 0 <= one.First && one.First <= one.Last && one.Last < length)), iter: 5_000);

    [Fact]
    public void A_Content_Range_is_always_within_its_representation() => Lines.Sample(lines => lines.All(line =>
        Ranges.TryParseContentRange(line, out var range, out var length)
            ? 0 <= range.First && range.First <= range.Last && range.Last < (length ?? long.MaxValue)
            : range == default && length is null), iter: 5_000);

    [Fact]
    public void If_Range_is_always_answered() => Gen.Select(Lines, Gen.String.Null(), Gen.DateTimeOffset, Gen.DateTimeOffset).Sample((lines, etag, modified, now) =>
        lines.All(line => !Ranges.IfRangeMatches(line, etag, modified, now, now) || line is null || EntityTags.IsStrong(etag) || modified < now), iter: 5_000);

    [Fact]
    public void Tags_are_compared_the_same_both_ways() => Gen.Select(Lines, Lines).Sample((some, others) => some.Zip(others).All(pair =>
        EntityTags.StronglyEqual(pair.First, pair.Second) == EntityTags.StronglyEqual(pair.Second, pair.First)
            && EntityTags.WeaklyEqual(pair.First, pair.Second) == EntityTags.WeaklyEqual(pair.Second, pair.First)
            && (!EntityTags.IsStrong(pair.First) || EntityTags.WeaklyEqual(pair.First, $"W/{pair.First}"))), iter: 5_000);

    [Fact]
    public void Only_a_missing_field_has_no_normal_form() =>
        Gen.Select(Lines, Gen.OneOf("foo", "cookie", "accept", "accept-encoding")).Sample((lines, name) =>
            Normalize(name, lines) is null == (lines.Length == 0), iter: 5_000);

    [Fact]
    public void A_dictionary_is_read_as_it_was_meant() => Members.Sample(written =>
    {
        var meant = new Dictionary<string, StructuredValue>();
        foreach (var (_, key, value) in written)
            meant[key] = value;

        return StructuredFields.TryParseDictionary(string.Join(',', written.Select(one => one.Written)), out var read) && Same(read, meant);
    }, iter: 2_000);

    [Fact]
    public void Whitespace_around_the_commas_of_a_dictionary_does_not_matter() => Gen.Select(Members, Comma).Sample((written, comma) =>
    {
        var texts = written.Select(one => one.Written).ToArray();
        return StructuredFields.TryParseDictionary(string.Join(',', texts), out var plain)
            && StructuredFields.TryParseDictionary(string.Join(comma, texts), out var spaced)
            && StructuredFields.TryParseDictionary(texts, out var inLines)
            && Same(plain, spaced)
            && Same(plain, inLines);
    }, iter: 2_000);

    private static bool Same(Dictionary<string, StructuredValue> a, Dictionary<string, StructuredValue> b) =>
        a.Count == b.Count && a.All(member => b.TryGetValue(member.Key, out var other) && other == member.Value);

    private static string PercentEncoded(string text) => string.Concat(Encoding.UTF8.GetBytes(text).Select(value =>
        value is >= (byte)' ' and <= (byte)'~' and not (byte)'%' and not (byte)'"' ? $"{(char)value}" : $"%{value:x2}"));
}
