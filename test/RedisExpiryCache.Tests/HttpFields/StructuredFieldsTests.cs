using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;

namespace RedisExpiryCache.Tests.HttpFields;

/// <summary>RFC 9651 4.2</summary>
public class StructuredFieldsTests
{
    [Fact]
    public void No_field_is_a_dictionary_without_members()
    {
        Assert.True(StructuredFields.TryParseDictionary(StringValues.Empty, out var members));
        Assert.Empty(members);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    public void An_empty_field_is_a_dictionary_without_members(string line)
    {
        Assert.True(StructuredFields.TryParseDictionary(line, out var members));
        Assert.Empty(members);
    }

    [Fact]
    public void A_dictionary_keeps_each_member_by_its_key()
    {
        Assert.True(StructuredFields.TryParseDictionary("a=1, b, c=?0, d=x, e=\"y\", f=(1 2)", out var members));

        Assert.Equal(["a", "b", "c", "d", "e", "f"], members.Keys.Order());
        Assert.Equal(new StructuredValue(StructuredKind.Integer, 1, null), members["a"]);
        Assert.Equal(new StructuredValue(StructuredKind.Boolean, 1, null), members["b"]);
        Assert.Equal(new StructuredValue(StructuredKind.Boolean, 0, null), members["c"]);
        Assert.Equal(new StructuredValue(StructuredKind.Token, 0, "x"), members["d"]);
        Assert.Equal(new StructuredValue(StructuredKind.String, 0, "y"), members["e"]);
        Assert.Equal(new StructuredValue(StructuredKind.InnerList, 0, null), members["f"]);
    }

    [Fact]
    public void The_last_of_several_values_of_a_key_counts()
    {
        Assert.True(StructuredFields.TryParseDictionary("a=1, b=2, a=3", out var members));

        Assert.Equal(2, members.Count);
        Assert.Equal(3, members["a"].Integer);
    }

    [Fact]
    public void Lines_are_read_as_one()
    {
        Assert.True(StructuredFields.TryParseDictionary(new StringValues(["a=1", "b=2, c=\"x", "y\""]), out var members));

        Assert.Equal(3, members.Count);
        Assert.Equal("x, y", members["c"].Text);
    }

    [Theory]
    [InlineData("a=1,b=2")]
    [InlineData("a=1, b=2")]
    [InlineData("a=1 ,b=2")]
    [InlineData("a=1\t,\tb=2")]
    [InlineData("a=1 \t , \t b=2")]
    [InlineData("  a=1,b=2  ")]
    [InlineData("a=1,b=2\t")]
    public void Whitespace_around_commas_does_not_matter(string line)
    {
        Assert.True(StructuredFields.TryParseDictionary(line, out var members));
        Assert.Equal([("a", 1), ("b", 2)], members.Select(member => (member.Key, member.Value.Integer)).Order());
    }

    [Theory]
    [InlineData(",")]
    [InlineData("a,")]
    [InlineData("a, ")]
    [InlineData(",a")]
    [InlineData("a,,b")]
    [InlineData("a, ,b")]
    [InlineData("\ta")]
    [InlineData("a b")]
    [InlineData("a;b c")]
    [InlineData("a =1")]
    [InlineData("a= 1")]
    [InlineData("a=")]
    [InlineData("a=,b")]
    [InlineData("=1")]
    [InlineData("a=1;")]
    [InlineData("a=1 ;b")]
    [InlineData("a=1=2")]
    [InlineData("a=1\n")]
    [InlineData("a=1, b=&")]
    public void A_mistake_anywhere_leaves_no_member(string line)
    {
        Assert.False(StructuredFields.TryParseDictionary(line, out var members));
        Assert.Empty(members);
    }

    [Fact]
    public void A_line_without_members_beside_others_is_a_mistake()
    {
        Assert.False(StructuredFields.TryParseDictionary(new StringValues(["a", ""]), out _));
        Assert.False(StructuredFields.TryParseDictionary(new StringValues(["", "a"]), out _));
        Assert.False(StructuredFields.TryParseDictionary(new StringValues(["a", null]), out _));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("z")]
    [InlineData("*")]
    [InlineData("*a")]
    [InlineData("abcxyz019_-.*")]
    [InlineData("a-")]
    public void A_key_begins_with_a_small_letter_or_a_star(string key)
    {
        Assert.True(StructuredFields.TryParseDictionary(key + "=7", out var members));
        Assert.Equal(7, members[key].Integer);
    }

    [Theory]
    [InlineData("A")]
    [InlineData("0a")]
    [InlineData("_a")]
    [InlineData("-a")]
    [InlineData(".a")]
    [InlineData("`")]
    [InlineData("{")]
    [InlineData("aB")]
    [InlineData("a!")]
    [InlineData("a/")]
    [InlineData("a:")]
    [InlineData("é")]
    [InlineData("aé")]
    [InlineData("\"a\"")]
    public void Another_key_is_a_mistake(string key) => Assert.False(StructuredFields.TryParseDictionary(key + "=7", out _));

    [Theory]
    [InlineData("a;x", 1)]
    [InlineData("a;x;y=2", 1)]
    [InlineData("a=5;x=\"y\";z=?0", 5)]
    [InlineData("a=5;  x=t", 5)]
    [InlineData("a=5;x=1;x=2", 5)]
    [InlineData("a=5;*x=:YQ==:", 5)]
    public void Parameters_are_read_and_dropped(string line, long value)
    {
        Assert.True(StructuredFields.TryParseDictionary(line, out var members));
        Assert.Equal(value, Assert.Single(members).Value.Integer);
    }

    [Theory]
    [InlineData("a;")]
    [InlineData("a;X")]
    [InlineData("a;x=")]
    [InlineData("a;x= 1")]
    [InlineData("a;x=(1)")]
    [InlineData("a;x;")]
    [InlineData("a;\tx")]
    [InlineData("a;x=?2")]
    [InlineData("a; ")]
    public void A_mistake_in_a_parameter_is_one_of_the_field(string line) => Assert.False(StructuredFields.TryParseDictionary(line, out _));

    [Theory]
    [InlineData("()")]
    [InlineData("( )")]
    [InlineData("(a)")]
    [InlineData("(  a  b  )")]
    [InlineData("(\"a\" 1 ?1 1.0 :YQ==: @1 %\"x\")")]
    [InlineData("(a;x b;y=2);z")]
    public void An_inner_list_is_a_member_of_its_own_kind(string value)
    {
        Assert.True(StructuredFields.TryParseDictionary($"k={value}, l=1", out var members));
        Assert.Equal(new StructuredValue(StructuredKind.InnerList, 0, null), members["k"]);
        Assert.Equal(1, members["l"].Integer);
    }

    [Theory]
    [InlineData("(")]
    [InlineData(")")]
    [InlineData("(a")]
    [InlineData("(a ")]
    [InlineData("(a,b)")]
    [InlineData("(a\tb)")]
    [InlineData("(\ta)")]
    [InlineData("(\"a\"\"b\")")]
    [InlineData("((a))")]
    [InlineData("(a;)")]
    [InlineData("(a);")]
    [InlineData("(a)b")]
    public void A_mistake_in_an_inner_list_is_one_of_the_field(string value) =>
        Assert.False(StructuredFields.TryParseDictionary("k=" + value, out _));

    [Fact]
    public void The_strings_of_a_list_are_kept_in_order()
    {
        Assert.True(StructuredFields.TryParseStrings(new StringValues(["\"b\", \"a\"", "\"b\""]), out var strings));
        Assert.Equal(["b", "a", "b"], strings);
    }

    [Theory]
    [InlineData("\"a\";x=1 ,\t\"b\"")]
    [InlineData("token, \"a\", 1, ?1, (\"no\" \"no\"), 1.5, :YQ==:, @1, %\"no\", \"b\"")]
    [InlineData("*, \"a\", (\"no\");x, \"b\";y=\"no\"")]
    public void What_is_no_string_in_a_list_is_left_out(string line)
    {
        Assert.True(StructuredFields.TryParseStrings(line, out var strings));
        Assert.Equal(["a", "b"], strings);
    }

    [Fact]
    public void An_empty_string_is_a_string()
    {
        Assert.True(StructuredFields.TryParseStrings("\"\"", out var strings));
        Assert.Equal([""], strings);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("token")]
    [InlineData("(\"a\")")]
    [InlineData("%\"a\"")]
    [InlineData("\"a\",")]
    [InlineData("\"a\" \"b\"")]
    [InlineData("\"a\", b=")]
    [InlineData("\"a\", \"b")]
    [InlineData("\"a\",, \"b\"")]
    public void A_list_with_a_mistake_or_without_strings_is_none(string? line)
    {
        Assert.False(StructuredFields.TryParseStrings(line, out var strings));
        Assert.Empty(strings);
    }

    [Fact]
    public void Thousands_of_members_cost_no_more_than_their_length()
    {
        var hostile = string.Join(',', Enumerable.Range(0, 50_000).Select(i => $"k{i}=%\"\""));

        Assert.True(StructuredFields.TryParseDictionary(hostile, out var members));
        Assert.Equal(50_000, members.Count);
        Assert.False(StructuredFields.TryParseDictionary(string.Concat(Enumerable.Repeat("a=(", 500_000)), out _));
    }
}
