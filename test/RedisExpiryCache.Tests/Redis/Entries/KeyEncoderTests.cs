using CsCheck;
using RedisExpiryCache.Redis.Entries;

namespace RedisExpiryCache.Tests.Redis.Entries;

public class KeyEncoderTests
{
    private const string Delimiters = "&=";
    private const string Awkward = "\\{}#|*\"' \n\u00A0\u0085\u2028005CCc\uD800\uDC00";

    // Mostly what escaping is about, so that two names are often nearly the same.
    private static readonly Gen<string> Name = Gen.String[
        Gen.OneOf(Gen.Int[0, Awkward.Length - 1].Select(at => Awkward[at]), Gen.Char), 0, 12];

    private static readonly Gen<string> LongName = Gen.Select(Name, Gen.Int[280, 320], (name, length) => name + new string('x', length) + name);

    [Fact]
    public void Two_names_never_become_the_same_text() => Gen.OneOf(Gen.Select(Name, Name), Gen.Select(LongName, LongName)).Sample((one, other) =>
    {
        Assert.Equal(one == other, KeyEncoder.Escape(one) == KeyEncoder.Escape(other));
        Assert.Equal(one == other, KeyEncoder.Escape(one, Delimiters) == KeyEncoder.Escape(other, Delimiters));
    }, iter: 5_000);

    [Fact]
    public void What_was_escaped_already_is_another_name() => Name.Sample(name =>
        KeyEncoder.Escape(name) == name || KeyEncoder.Escape(KeyEncoder.Escape(name)) != KeyEncoder.Escape(name));

    [Fact]
    public void No_braces_no_blanks_and_no_control_characters_are_left() => Gen.OneOf(Name, LongName).Sample(name =>
    {
        var text = KeyEncoder.Escape(name, Delimiters);
        Assert.DoesNotContain(text, c =>
            c is '{' or '}' or '&' or '=' or '|' or '#' || char.IsWhiteSpace(c) || char.IsControl(c) || char.IsSurrogate(c));
    }, iter: 5_000);

    [Theory]
    [InlineData("products")]
    [InlineData("product:42")]
    [InlineData("/a/b.c?d-e_f")]
    [InlineData("größe")]
    [InlineData("")]
    public void What_is_readable_stays_as_it_is(string name) => Assert.Equal(name, KeyEncoder.Escape(name));

    [Fact]
    public void A_long_name_keeps_its_beginning_and_a_bounded_length()
    {
        var name = string.Concat(Enumerable.Repeat("0123456789", 1_000));
        var text = KeyEncoder.Escape(name);
        Assert.StartsWith(name[..100], text, StringComparison.Ordinal);
        Assert.InRange(text.Length, 100, KeyEncoder.MaximumLength);
        Assert.NotEqual(text, KeyEncoder.Escape(name[..^1] + "x"));
    }

    [Fact]
    public void A_name_cannot_pose_as_the_short_form_of_a_longer_one()
    {
        var shortened = KeyEncoder.Escape(new string('x', 1_000));
        Assert.NotEqual(shortened, KeyEncoder.Escape(shortened));
    }

    [Fact]
    public void The_longest_name_that_is_kept_whole_is_kept_whole()
    {
        var name = new string('x', KeyEncoder.MaximumLength);
        Assert.Equal(name, KeyEncoder.Escape(name));
        Assert.NotEqual(name + "x", KeyEncoder.Escape(name + "x"));
    }
}
