using Microsoft.AspNetCore.Http.Features;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>What is settled about a request before the store is asked. <paramref name="Now"/> is read once and handed down.</summary>
internal sealed record Exchange(HttpContext Context, RequestFacts Request, ResponsePolicy Policy, Question Question, DateTimeOffset Now)
{
    public string Path => Context.Request.Path.Value ?? "/";

    /// <summary>Only a GET's response can be stored. A HEAD is answered from a stored GET, or by the app.</summary>
    public bool MayStore => HttpMethods.IsGet(Request.Method);

    public static Exchange Begin(HttpContext context, ResponsePolicy policy, ResponseKeys keys, DateTimeOffset now)
    {
        var request = context.Request;
        var path = request.PathBase + request.Path;
        var rawTarget = context.Features.Get<IHttpRequestFeature>()?.RawTarget;
        string[] tags =
        [
            ResponseKeys.EverythingTag,
            .. policy.Tags.Select(tag => ResponseKeys.EscapedTag(tag.Fill(request.RouteValues))).Distinct(StringComparer.Ordinal),
        ];
        var question = new Question(
            keys.UrlOf(path, QueryText.Canonical(request.QueryString.Value.AsMemory(), policy.QueryKeys)),
            ResponseKeys.IdentityOf(request, rawTarget, policy.QueryKeys),
            tags,
            name => request.Headers[name]);

        return new Exchange(context, HttpFacts.Of(context), policy, question, now);
    }
}
