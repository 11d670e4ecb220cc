using RedisExpiryCache.HttpFields;
using RedisExpiryCache.Tests.Rfc9111;

namespace RedisExpiryCache.Tests.HttpFields;

/// <summary>RFC 9111 5.2, RFC 5861 3 and 4: one directive, and those that allow serving what is stale.</summary>
public class DirectiveTests
{
    [Theory]
    [InlineData("private=\"X-A\"", "X-A")]
    [InlineData("private=\"X-A,X-B\"", "X-A X-B")]
    [InlineData("private=\" X-A\t, X-B \"", "X-A X-B")]
    [InlineData("private=\",X-A,,\"", "X-A")]
    [InlineData("private=X-A", "X-A")]
    [InlineData("private=\"!#$%&'*+-.^_`|~\"", "!#$%&'*+-.^_`|~")]
    public void An_argument_may_be_a_list_of_field_names(string member, string names) =>
        Assert.Equal(names.Split(' '), Directive.Parse(member).FieldNames);

    [Theory]
    [InlineData("private")]
    [InlineData("private=")]
    [InlineData("private=\"\"")]
    [InlineData("private=\"")]
    [InlineData("private=\",\"")]
    [InlineData("private=\"X-A, X B\"")]
    [InlineData("private=\"X-A, \\X\"")]
    [InlineData("private=\"X-A")]
    [InlineData("private=X-A\"")]
    [InlineData("private:X-A")]
    [InlineData("private = X-A")]
    public void An_argument_may_be_anything_else(string member) => Assert.Null(Directive.Parse(member).FieldNames);

    [Theory]
    [InlineData("private", true, true)]
    [InlineData("PRIVATE", true, true)]
    [InlineData("private=X-A", true, false)]
    [InlineData("private ", true, false)]
    [InlineData("privat", false, true)]
    [InlineData("privates", false, true)]
    [InlineData("", false, true)]
    public void A_directive_has_a_name_and_perhaps_more(string member, bool isPrivate, bool isBare)
    {
        Assert.Equal(isPrivate, Directive.Parse(member).Is("private"));
        Assert.Equal(isBare, Directive.Parse(member).IsBare);
    }

    [Fact]
    public void Nothing_is_withheld_where_no_field_is_named()
    {
        Assert.Empty(CacheControl.None.WithheldFields);
        Assert.Empty(CacheControl.Parse("private, no-cache, max-age=60").WithheldFields);
    }

    [Fact]
    public void Fields_of_all_directives_and_lines_are_withheld()
    {
        var parsed = CacheControl.Parse(new(["private=\"X-A\"", "no-cache=\"X-B, X-C\", private=\"X-A\""]));

        Assert.Equal(["X-A", "X-B", "X-C", "X-A"], parsed.WithheldFields);
        Assert.False(parsed.Private || parsed.NoCache);
    }

    [Fact]
    public void No_cache_and_private_do_not_stand_for_each_other()
    {
        Assert.True(CacheControl.Parse("no-cache=?") is { NoCache: true, Private: false });
        Assert.True(CacheControl.Parse("private=?") is { NoCache: false, Private: true });
        Assert.True(CacheControl.Parse("private=\"X-A\", no-cache") is { NoCache: true, Private: false });
    }

    [Theory]
    [InlineData("=0", 0.0)]
    [InlineData("=60", 60.0)]
    [InlineData("=\"60\"", 60.0)]
    [InlineData("=99999999999999999999", 2147483648.0)]
    [InlineData("=60, name=30, name=90", 30.0)]
    [InlineData("=junk, name=30", 30.0)]
    [InlineData("=30, name=junk", 30.0)]
    [InlineData("=junk", null)]
    [InlineData("=-1", null)]
    [InlineData("=1.5", null)]
    [InlineData("=", null)]
    [InlineData("", null)]
    [InlineData(" =60", null)]
    [InlineData("x=60", null)]
    public void The_smallest_valid_time_for_stale_responses_counts(string argument, double? seconds)
    {
        var expected = seconds is { } some ? Some.Seconds(some) : default(TimeSpan?);
        var whileRevalidate = CacheControl.Parse(("name" + argument).Replace("name", "stale-while-revalidate", StringComparison.Ordinal));
        var ifError = CacheControl.Parse(("name" + argument).Replace("name", "Stale-If-Error", StringComparison.Ordinal));

        Assert.Equal((expected, null), (whileRevalidate.StaleWhileRevalidate, whileRevalidate.StaleIfError));
        Assert.Equal((null, expected), (ifError.StaleWhileRevalidate, ifError.StaleIfError));
        Assert.False(ifError.ForbidsStale || whileRevalidate.ForbidsStale);
    }
}
