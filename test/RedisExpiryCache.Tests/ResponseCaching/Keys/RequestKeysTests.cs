using Microsoft.AspNetCore.Http;
using RedisExpiryCache.ResponseCaching.Keys;
using RedisExpiryCache.ResponseCaching.Policies;

namespace RedisExpiryCache.Tests.ResponseCaching.Keys;

public class RequestKeysTests
{
    private readonly RequestKeys targets = new(new ResponseKeys("shop:"));

    [Fact]
    public void What_was_asked_for_before_is_known() => Assert.Same(Of(), Of());

    [Fact]
    public void Whatever_goes_into_a_key_makes_another_target()
    {
        var other = new ResponsePolicy(new PolicySettings { VaryByHost = false });
        RequestKey[] all =
        [
            Of(), Of(scheme: "https"), Of(host: "b.example"), Of(pathBase: "/base"), Of(path: "/B"), Of(query: "?x=2"), Of(rawTarget: "/%61?x=1"), Of(policy: other),
        ];
        Assert.Equal(all.Length, all.Select(static target => target.Identity).Distinct().Count());
        Assert.Equal(all.Length, all.Select(static target => target.Digest).Distinct().Count());
    }

    [Fact]
    public void What_differs_from_request_to_request_is_worked_out_each_time()
    {
        var number = 0;
        var policy = new ResponsePolicy(new PolicySettings { Custom = [_ => $"{number++}"] });
        Assert.NotEqual(Of(policy: policy).Identity, Of(policy: policy).Identity);
    }

    [Fact]
    public void A_long_one_is_right_and_is_not_remembered()
    {
        var query = "?" + new string('x', 1000);
        var (one, again) = (Of(query: query), Of(query: query));
        Assert.NotSame(one, again);
        Assert.Equal((one.UrlKey, one.Digest), (again.UrlKey, again.Digest));
    }

    [Fact]
    public void The_key_of_a_response_is_that_of_the_generation()
    {
        var target = Of();
        Assert.Equal($"{target.UrlKey}#one.{target.Digest}", target.KeyUnder("one"));
        Assert.Equal($"{target.UrlKey}#other.{target.Digest}", target.KeyUnder("other"));
        Assert.Equal($"{target.UrlKey}#one.{target.Digest}", target.KeyUnder("one"));
    }

    private RequestKey Of(
        string scheme = "http", string host = "a.example", string pathBase = "", string path = "/a", string query = "?x=1", string rawTarget = "/a?x=1", ResponsePolicy? policy = null)
    {
        var request = new DefaultHttpContext().Request;
        (request.Scheme, request.Host, request.PathBase, request.Path, request.QueryString) = (scheme, new HostString(host), pathBase, path, new QueryString(query));
        return targets.Of(request, rawTarget, policy ?? ResponsePolicy.None);
    }
}
