using CsCheck;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.HttpFields;

/// <summary>RFC 9110 12.5: the four fields in which a client says what it prefers, as <see cref="Variants.Normalize"/> gives them.</summary>
public class PreferencesTests
{
    private static string? Normalize(string name, StringValues value) => Variants.Normalize(name, value, ignoreOrder: true);

    private static readonly Gen<string[]> Languages = Gen.Select(
        Gen.OneOf("en", "de", "de-CH", "*", "fr"), Gen.OneOf("", ";q=0", ";q=0.5", ";q=0.25", ";q=1.0"), (tag, q) => tag + q).Array[1, 6];

    [Theory]
    [InlineData("Accept-Language")]
    [InlineData("Accept-Encoding")]
    [InlineData("X-Other")]
    public void A_value_of_more_than_1024_characters_is_compared_as_it_came(string field)
    {
        var value = string.Join(" , ", Enumerable.Repeat("EN", 205));
        Assert.Equal(1022, value.Length);
        Assert.NotEqual(value, Normalize(field, value));
        Assert.Equal($"{value}   ,", Normalize(field, $"{value}   ,"));
        Assert.Equal($"{value}, {value}", Normalize(field, new StringValues([value, value])));
    }

    [Theory]
    [InlineData("en", "en")]
    [InlineData("EN-us", "en-us")]
    [InlineData("*", "*")]
    [InlineData("en,de", "de,en")]
    [InlineData("en , \tde", "de,en")]
    [InlineData(",en,,de,", "de,en")]
    [InlineData(",", "")]
    [InlineData("en,en,EN", "en")]
    [InlineData("en,en;q=0.5", "en,en;q=0.5")]
    [InlineData("de;q=0.5,en", "en,de;q=0.5")]
    [InlineData("a;q=0.5,c;q=0.7,b;q=0.5", "c;q=0.7,a;q=0.5,b;q=0.5")]
    [InlineData("en;q=0.09,de;q=0.1", "de;q=0.1,en;q=0.09")]
    [InlineData("en ; q = 0.5", "en;q=0.5")]
    [InlineData("en\t;\tQ\t=\t0.5", "en;q=0.5")]
    public void Members_are_lower_case_and_sorted_by_weight(string value, string normal)
    {
        Assert.Equal(normal, Normalize("accept-language", value));
        Assert.Equal(normal, Normalize("Accept-Encoding", value));
        Assert.Equal(normal, Normalize("accept-charset", value));
    }

    [Theory]
    [InlineData("1", "")]
    [InlineData("1.", "")]
    [InlineData("1.0", "")]
    [InlineData("1.000", "")]
    [InlineData("0", ";q=0")]
    [InlineData("0.", ";q=0")]
    [InlineData("0.000", ";q=0")]
    [InlineData("0.5", ";q=0.5")]
    [InlineData("0.500", ";q=0.5")]
    [InlineData("0.05", ";q=0.05")]
    [InlineData("0.050", ";q=0.05")]
    [InlineData("0.001", ";q=0.001")]
    [InlineData("0.120", ";q=0.12")]
    [InlineData("0.999", ";q=0.999")]
    public void A_weight_is_as_short_as_can_be(string written, string normal)
    {
        Assert.Equal("br" + normal, Normalize("accept-encoding", "BR; q=" + written));
        Assert.Equal("text/html" + normal, Normalize("accept", "Text/HTML; q=" + written));
    }

    [Theory]
    [InlineData("2")]
    [InlineData("1.1")]
    [InlineData("1.001")]
    [InlineData("1.0000")]
    [InlineData("0.0000")]
    [InlineData("0.5000")]
    [InlineData("")]
    [InlineData(".5")]
    [InlineData("00")]
    [InlineData("05")]
    [InlineData("0x5")]
    [InlineData("0.x")]
    [InlineData("0.5x")]
    [InlineData("-0.5")]
    [InlineData("\"0.5\"")]
    [InlineData("0.٣")]
    [InlineData("0.5;q=0.5")]
    [InlineData("0.5;x")]
    public void A_field_with_an_invalid_weight_keeps_its_form(string weight)
    {
        Assert.Equal($"GZIP; q={weight},BR", Normalize("accept-encoding", $"GZIP; q={weight} , BR"));
        Assert.Equal($"X/Z; q={weight},A/B", Normalize("accept", $"X/Z; q={weight} , A/B"));
    }

    [Theory]
    [InlineData("Z,A b")]
    [InlineData("Z,A/b")]
    [InlineData("Z,A;")]
    [InlineData("Z,;q=0.5")]
    [InlineData("Z,A;x=1")]
    [InlineData("Z,A;q")]
    [InlineData("Z,A;qq=1")]
    [InlineData("Z,A;p=1")]
    [InlineData("Z,A;q=0.5;q=0.5")]
    [InlineData("Z,\"A\"")]
    [InlineData("Z,\"a , b\"")]
    [InlineData("Z,Ä")]
    [InlineData("Z,A\n;q=0.5")]
    [InlineData("Z,A;\u00a0q=0.5")]
    [InlineData("Z,A;q=\u00a00.5")]
    [InlineData("Z,A;q=0.5\n")]
    public void What_is_no_word_with_a_weight_keeps_its_form(string value)
    {
        Assert.Equal(value, Normalize("accept-language", value));
        Assert.Equal(value, Normalize("accept", value));
    }

    [Theory]
    [InlineData("Text/HTML", "text/html")]
    [InlineData("*/*", "*/*")]
    [InlineData("text/html, application/json", "application/json,text/html")]
    [InlineData("text/*;q=0.3, text/html;q=0.7, text/html;level=1, text/html;level=2;q=0.4, */*;q=0.5",
        "text/html;level=1,text/html;q=0.7,*/*;q=0.5,text/html;level=2;q=0.4,text/*;q=0.3")]
    [InlineData("Text/HTML ; Charset=UTF-8 ;Q=1.0", "text/html;charset=UTF-8")]
    [InlineData("a/b;X=Y;Z=W;q=0.10", "a/b;x=Y;z=W;q=0.1")]
    [InlineData("a/b;x=Y,a/b;x=y", "a/b;x=Y,a/b;x=y")]
    [InlineData("a/b;x=Y,A/B;X=Y", "a/b;x=Y")]
    [InlineData("a/b;z=1;x=2", "a/b;z=1;x=2")]
    public void Media_ranges_are_lower_case_but_for_the_values_of_their_parameters(string value, string normal) =>
        Assert.Equal(normal, Normalize("accept", value));

    [Theory]
    [InlineData("Z/Z,A")]
    [InlineData("Z/Z,*")]
    [InlineData("Z/Z,A/")]
    [InlineData("Z/Z,/A")]
    [InlineData("Z/Z,A/b/c")]
    [InlineData("Z/Z,A/b;x")]
    [InlineData("Z/Z,A/b;")]
    [InlineData("Z/Z,A/b;;x=1")]
    [InlineData("Z/Z,A/b;=1")]
    [InlineData("Z/Z,A/b;x=")]
    [InlineData("Z/Z,A/b;x=1=2")]
    [InlineData("Z/Z,A/b;x =1")]
    [InlineData("Z/Z,A/b;x= 1")]
    [InlineData("Z/Z,A/b;x=\"1\"")]
    [InlineData("Z/Z,A/b;x=\"1,  2\"")]
    [InlineData("Z/Z,A/b;x=\"1;q=0.5")]
    [InlineData("Z/Z,A/b;q=0.5;ext=1")]
    [InlineData("Z/Z,A/b;Q=0.5;ext=1")]
    [InlineData("Z/Z,A /b")]
    [InlineData("Z/Z,A=b")]
    [InlineData("Z/Z,A/b;\u00a0x=1")]
    [InlineData("Z/Z,A/b\n;x=1")]
    public void What_is_no_plain_media_range_keeps_its_form(string value) => Assert.Equal(value, Normalize("Accept", value));

    [Fact]
    public void All_lines_count_together() =>
        Assert.Equal("br,gzip,zstd;q=0.5", Normalize("accept-encoding", new StringValues(["zstd;q=0.5, gzip", null, "", "br"])));

    [Fact]
    public void Order_and_blanks_do_not_matter() =>
        Gen.Select(Languages, Gen.OneOf(",", ", ", " ,\t", ",,")).SelectMany((members, comma) =>
            Gen.Shuffle(members).Select(shuffled => (string.Join(',', members), string.Join(comma, shuffled)))).Sample((one, other) =>
            Normalize("accept-language", one) == Normalize("accept-language", other));

    [Fact]
    public void The_normal_form_is_its_own_normal_form() =>
        Languages.Sample(members =>
        {
            var normal = Normalize("accept-language", string.Join(',', members));
            return Normalize("accept-language", normal) == normal;
        });

    [Fact]
    public void What_a_client_prefers_is_never_joined_with_something_else() =>
        Gen.Select(Languages, Languages).Sample((a, b) =>
            Meaning(a).SetEquals(Meaning(b))
                == (Normalize("accept-language", string.Join(',', a)) == Normalize("accept-language", string.Join(',', b))));

    private static HashSet<string> Meaning(string[] members) => [.. members.Select(member => member.ToLowerInvariant().Replace(";q=1.0", ""))];
}
