using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.ResponseCaching.Policies;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>What is settled about a request before the store is asked. <paramref name="Now"/> is read once and handed down.</summary>
internal sealed record Exchange(HttpContext Context, RequestFacts Request, ResponsePolicy Policy, Question Question, DateTimeOffset Now)
{
    /// <summary>A HEAD is answered from a stored GET, or by the app. What answers a POST is stored only where the settings allow it.</summary>
    public bool MayStore => !HttpMethods.IsHead(Request.Method);

    /// <summary>Null: no content codings are asked for by the settings.</summary>
    public ClientCoding? Coding { get; } = Context.Features.Get<ClientCoding>();

    /// <summary>RFC 9111 4.2.3: when the origin was called. Until then, when the request came.</summary>
    public DateTimeOffset RequestTime { get => field == default ? Now : field; init; }

    public string Path => Context.Request.Path.Value ?? "/";

    /// <summary>The policy as the app may still change it for this response.</summary>
    public ServingFeature Serving { get => field ??= new ServingFeature(Policy, Context.Response); private init; }

    /// <summary>For another run of the app: what it has said in an earlier one does not count.</summary>
    public Exchange ForAnotherRun() => this with { Serving = null! };

    /// <summary>As the policy tells users apart, at the time of the lookup; null: nobody that it can tell.</summary>
    private string? User { get; } = Policy.UserOf(Context);

    /// <summary>With the request's fields as they are now: behind us in the pipeline they may be changed, and the store asks again after that.</summary>
    public Exchange WithFieldsAsTheyCame()
    {
        var fields = new Dictionary<string, StringValues>(Context.Request.Headers, StringComparer.OrdinalIgnoreCase);
        return this with { Question = Question with { Fields = new HeaderDictionary(fields) } };
    }

    /// <summary>
    /// The facts as they are once the app has run. Signing in may have come after us in the pipeline: whoever is somebody else now than at the lookup
    /// is a user that the key does not tell apart.
    /// </summary>
    public RequestFacts RequestAsOfNow =>
        Policy.UserOf(Context) == User && (User is not null || !HttpFacts.IsSignedIn(Context)) ? Request : Request with { IsSignedIn = true };

    public static Exchange Begin(HttpContext context, ResponsePolicy policy, ResponseKeys keys, RequestBudget budget, DateTimeOffset now)
    {
        var request = context.Request;
        var question = new Question(
            keys.Targets.Of(request, context.Features.Get<IHttpRequestFeature>()?.RawTarget, policy),
            keys.TagsOf(policy, request.RouteValues),
            request.Headers,
            budget);

        // Users whom the key tells apart share nothing, so to the rules they are nobody in particular.
        var facts = HttpFacts.Of(context);
        return new Exchange(
            context, policy.UserOf(context) is null ? facts : facts with { IsSignedIn = false, HasAuthorization = false }, policy, question, now);
    }
}
