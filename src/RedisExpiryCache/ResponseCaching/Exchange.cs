using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>What is settled about a request before the store is asked. <paramref name="Now"/> is read once and handed down.</summary>
internal sealed record Exchange(HttpContext Context, RequestFacts Request, ResponsePolicy Policy, Question Question, DateTimeOffset Now)
{
    /// <summary>A HEAD is answered from a stored GET, or by the app. What answers a POST is stored only where the settings allow it.</summary>
    public bool MayStore => !HttpMethods.IsHead(Request.Method);

    public string Path => Context.Request.Path.Value ?? "/";

    /// <summary>With the request's fields as they are now: behind us in the pipeline they may be changed, and the store asks again after that.</summary>
    public Exchange WithFieldsAsTheyCame()
    {
        var fields = new Dictionary<string, StringValues>(Context.Request.Headers, StringComparer.OrdinalIgnoreCase);
        return this with { Question = Question with { FieldOf = name => fields.GetValueOrDefault(name) } };
    }

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
