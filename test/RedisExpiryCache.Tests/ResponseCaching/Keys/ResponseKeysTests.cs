using CsCheck;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.ResponseCaching;
using RedisExpiryCache.ResponseCaching.Keys;
using RedisExpiryCache.ResponseCaching.Lookup;
using RedisExpiryCache.ResponseCaching.Policies;

namespace RedisExpiryCache.Tests.ResponseCaching.Keys;

public class ResponseKeysTests
{
    private const string Generation = "0123456789abcdef";

    private static readonly ResponseKeys Keys = new("shop:");

    // Few letters, and all delimiters: what could be taken for something else often is.
    private static readonly Gen<string> Text = Gen.String[Gen.Char["aA1:-|#?&=/%{}\u001e,"], 0, 5];

    private static readonly Gen<Seen> Requests = Gen.Select(
        OneOf("http", "https"), OneOf("a", "a:1", "a1:"), OneOf("", "/a", "/aA"), Text, Text.Null(), Text.Null(),
        (scheme, host, pathBase, path, query, field) => new Seen(scheme, host, pathBase, "/" + path, query is null ? "" : "?" + query, field));

    /// <summary>What an app can see of a request.</summary>
    internal sealed record Seen(string Scheme, string Host, string PathBase, string Path, string Query, string? Field);

    [Fact]
    public void Requests_that_an_app_can_tell_apart_never_share_a_key() => Gen.Select(Requests, Requests).Sample((a, b) =>
        a == b == (KeyOf(a) == KeyOf(b)), iter: 20_000);

    [Theory]
    [InlineData("/a", "/b")]
    [InlineData("/a", "/A")]
    [InlineData("/a", "/a/")]
    [InlineData("/a%2Fb", "/a/b")]
    public void Paths_that_differ_do_not_share_a_key(string one, string other) =>
        Assert.NotEqual(KeyOf(new("http", "h", "", one, "", null)), KeyOf(new("http", "h", "", other, "", null)));

    [Theory]
    [InlineData("/a%252Fb", "/a%2Fb")]
    [InlineData("/%61", "/a")]
    [InlineData("/a/../b", "/b")]
    [InlineData("http://h/a", "/a")]
    public void The_spelling_on_the_wire_tells_apart_what_decodes_to_the_same_path(string one, string other)
    {
        var request = RequestOf(new("http", "h", "", "/same", "", null));
        Assert.NotEqual(
            ResponseKeys.IdentityOf(request, one, ResponsePolicy.None), ResponseKeys.IdentityOf(request, other, ResponsePolicy.None));
        Assert.NotEqual(
            ResponseKeys.IdentityOf(request, one, ResponsePolicy.None), ResponseKeys.IdentityOf(request, "/same", ResponsePolicy.None));
        Assert.Equal(
            ResponseKeys.IdentityOf(request, null, ResponsePolicy.None), ResponseKeys.IdentityOf(request, "/same?", ResponsePolicy.None));
    }

    [Theory]
    [InlineData("/same?tenant=a", "/same?tenant=b")]
    [InlineData("/other?tenant=a", "/other?tenant=b")]
    [InlineData("/same?tenant=a", "/same")]
    public void A_query_that_middleware_in_front_has_taken_off_tells_targets_apart(string one, string other)
    {
        var request = RequestOf(new("http", "h", "", "/same", "", null));
        Assert.NotEqual(
            ResponseKeys.IdentityOf(request, one, ResponsePolicy.None), ResponseKeys.IdentityOf(request, other, ResponsePolicy.None));
    }

    [Fact]
    public void A_query_key_that_does_not_count_may_be_taken_off_in_front()
    {
        var request = RequestOf(new("http", "h", "", "/same", "", null));
        var policy = new ResponsePolicy(new PolicySettings { IgnoredQueryKeys = ["utm_*"] });
        Assert.Equal(ResponseKeys.IdentityOf(request, "/same?utm_source=a", policy), ResponseKeys.IdentityOf(request, "/same", policy));
    }

    [Fact]
    public void Where_a_path_base_ends_makes_a_difference() =>
        Assert.NotEqual(KeyOf(new("http", "h", "/a", "/b", "", null)), KeyOf(new("http", "h", "", "/a/b", "", null)));

    [Fact]
    public void A_host_is_the_same_in_any_case() =>
        Assert.Equal(KeyOf(new("http", "Shop.Example", "", "/a", "", null)), KeyOf(new("http", "shop.example", "", "/a", "", null)));

    [Fact]
    public void A_key_can_be_read_and_has_no_braces_or_blanks_whatever_the_client_sends() => Gen.Select(Gen.String, Gen.String).Sample((path, query) =>
    {
        var key = KeyOf(new("http", "h", "", "/" + path, "?" + query, null));
        return key.StartsWith("shop:GET:/", StringComparison.Ordinal) && key.Length < 800
            && !key.Any(c => c is '{' or '}' or '"' or '\x7F' || c <= ' ' || char.IsSurrogate(c));
    });

    [Fact]
    public void A_plain_URL_reads_as_itself()
    {
        Assert.Equal("shop:GET:/products?page=2", UrlOf("/Products/", "?page=2"));
        Assert.Equal("shop:GET:/", UrlOf("/", ""));
        Assert.Equal("shop:tag:http:products", Keys.TagOf(ResponseKeys.EscapedTag("products")));
        Assert.StartsWith("shop:GET:/products?page=2#0123456789abcdef.", KeyOf(new("http", "h", "", "/products", "?page=2", null)), StringComparison.Ordinal);
    }

    [Fact]
    public void Generations_share_256_guards_and_that_of_everything_has_none()
    {
        var guards = Enumerable.Range(0, 10_000).Select(i => Keys.GuardOf(UrlOf($"/{i}", ""))).ToHashSet();
        Assert.Equal(Enumerable.Range(0, 256).Select(i => $"shop:tag:guard:{i:x2}"), guards.Order(StringComparer.Ordinal));
        Assert.Null(Keys.GuardOf(Keys.TagOf(ResponseKeys.AllResponsesTag)));
        Assert.Equal(guards.Count, Keys.GuardsOf([.. Enumerable.Range(0, 10_000).Select(i => UrlOf($"/{i}", ""))]).Length);
    }

    [Fact]
    public void A_generation_has_the_same_guard_in_every_version() =>
        Assert.Equal(["shop:tag:guard:9e", "shop:tag:guard:a4"], [Keys.GuardOf("shop:GET:/products"), Keys.GuardOf("shop:tag:http:products")]);

    [Fact]
    public void A_question_mark_in_a_path_is_not_the_beginning_of_a_query() => Assert.NotEqual(UrlOf("/a?b=1", ""), UrlOf("/a", "?b=1"));

    [Fact]
    public void A_long_URL_keeps_its_beginning_and_ends_in_a_hash()
    {
        var (one, other) = (UrlOf("/" + new string('a', 5_000), "?x=1"), UrlOf("/" + new string('a', 5_001), "?x=1"));
        Assert.StartsWith("shop:GET:/aaaaaaaa", one, StringComparison.Ordinal);
        Assert.NotEqual(one, other);
        Assert.InRange(one.Length, 100, 400);
    }

    [Fact]
    public void Tags_never_share_a_key_and_none_is_that_of_everything() => Gen.Select(Text, Text).Sample((a, b) =>
        CanonicalText.Canonical(a) == CanonicalText.Canonical(b) == (ResponseKeys.EscapedTag(a) == ResponseKeys.EscapedTag(b))
            && ResponseKeys.EscapedTag(a) != ResponseKeys.AllResponsesTag);

    [Fact]
    public void No_user_tag_is_that_of_everything() => Assert.NotEqual(ResponseKeys.AllResponsesTag, ResponseKeys.EscapedTag("*"));

    [Fact]
    public void A_missing_field_is_not_an_empty_one_and_names_do_not_run_into_values()
    {
        static string Of(string[] names, params StringValues[] values) =>
            Keys.DigestOf(Asked("identity", names.Zip(values)), names);

        string[] all =
        [
            Of([]), Of(["a"], StringValues.Empty), Of(["a"], ""), Of(["a"], "-"), Of(["a"], "1"), Of(["a", "b"], "1", StringValues.Empty),
            Of(["a", "b"], StringValues.Empty, "1"), Of(["ab"], "1"), Of(["a"], "b1"), Of(["a"], "1,1"), Of(["a"], "11"),
        ];
        Assert.Equal(all.Length, all.Distinct().Count());
        Assert.Equal(Of(["a"], "1, 2"), Of(["a"], new StringValues(["1", "2"])));
    }

    [Fact]
    public void A_field_is_compared_by_its_own_rules()
    {
        static string Of(string name, string value, bool ignoreOrder = false) => new ResponseKeys("", ignoreOrder).DigestOf(Asked("identity", [(name, value)]), [name]);

        Assert.Equal(Of("accept-language", "en, de;q=0.50"), Of("accept-language", "de;q=0.5,EN"));
        Assert.NotEqual(Of("accept-language", "en, de"), Of("accept-language", "de, en"));
        Assert.NotEqual(Of("accept", "a/b, c/d"), Of("accept", "c/d, a/b"));
        Assert.Equal(Of("accept-encoding", "gzip, br"), Of("accept-encoding", "br, gzip"));
        Assert.Equal(Of("accept-language", "en, de", ignoreOrder: true), Of("accept-language", "de, en", ignoreOrder: true));
        Assert.Equal(Of("accept", "a/b, c/d", ignoreOrder: true), Of("accept", "c/d, a/b", ignoreOrder: true));
        Assert.NotEqual(Of("field", "en, de;q=0.50"), Of("field", "de;q=0.5,EN"));
    }

    private static LookupRequest Asked(string identity, IEnumerable<(string Name, StringValues Value)> fields)
    {
        var headers = new HeaderDictionary();
        foreach (var (name, value) in fields)
            headers[name] = value;

        return new LookupRequest(new RequestKey("url", identity), TagNames.None, headers, new RequestTimeLimit(new TimeLimit(TimeSpan.FromSeconds(1), "")));
    }

    private static Gen<string> OneOf(params string[] values) => Gen.Int[0, values.Length - 1].Select(at => values[at]);

    private static string UrlOf(string path, string query) => Keys.UrlOf(new PathString(path), QueryRule.AsSpelled.Canonical(query));

    private static string KeyOf(Seen seen)
    {
        var request = RequestOf(seen);
        var url = Keys.UrlOf(request.PathBase + request.Path, QueryRule.AsSpelled.Canonical(seen.Query));
        var digest = Keys.DigestOf(Asked(ResponseKeys.IdentityOf(request, null, ResponsePolicy.None), [("field", seen.Field ?? StringValues.Empty)]), ["field"]);
        return ResponseKeys.VariantOf(url, Generation, digest);
    }

    private static HttpRequest RequestOf(Seen seen)
    {
        var request = new DefaultHttpContext().Request;
        (request.Scheme, request.Host, request.PathBase, request.Path) = (seen.Scheme, new HostString(seen.Host), new PathString(seen.PathBase), new PathString(seen.Path));
        request.QueryString = new QueryString(seen.Query);
        return request;
    }
}
