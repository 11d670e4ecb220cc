using Microsoft.AspNetCore.Http;
using RedisExpiryCache.ResponseCaching.Policies;

namespace RedisExpiryCache.Tests.ResponseCaching.Policies;

/// <summary>What is known of the unmarked endpoints and paths that have answered for shared caches.</summary>
public class PublicEndpointsTests
{
    private readonly PublicEndpoints known = new();

    [Fact]
    public void An_endpoint_is_known_to_all_of_its_policies_once_one_of_them_has_learnt_it()
    {
        var (one, before, stranger) = (known.Of("a"), known.Of("a"), known.Of("b"));
        Assert.False(one.IsKnown);
        Assert.True(one.Learn());
        Assert.False(before.Learn());

        Assert.True(one.IsKnown && before.IsKnown && known.Of("a").IsKnown);
        Assert.False(stranger.IsKnown);
    }

    [Theory]
    [InlineData("", "/a", true)]
    [InlineData("", "/A", false)]
    [InlineData("", "/a/", false)]
    [InlineData("/a", "", false)]
    [InlineData("/base", "/a", false)]
    public void A_path_is_known_as_it_was_spelled_with_its_path_base(string pathBase, string path, bool isKnown)
    {
        Assert.True(known.Learn(Request("", "/a")));
        Assert.False(known.Learn(Request("", "/a")));

        Assert.Equal(isKnown, known.Has(Request(pathBase, path)));
    }

    [Fact]
    public void An_identity_of_an_endpoint_is_no_path()
    {
        known.Of("/a").Learn();
        Assert.False(known.Has(Request("", "/a")));
    }

    [Fact]
    public void Of_many_paths_the_latest_are_known()
    {
        for (var i = 0; i < 50_000; i++)
            known.Learn(Request("", $"/{i}"));

        Assert.True(known.Has(Request("", "/49999")));
        Assert.False(known.Has(Request("", "/0")));
    }

    private static HttpRequest Request(string pathBase, string path)
    {
        var request = new DefaultHttpContext().Request;
        (request.PathBase, request.Path) = (pathBase, path);
        return request;
    }
}
