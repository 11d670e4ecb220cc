using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.ResponseCaching.ContentCoding;
using RedisExpiryCache.ResponseCaching.Eviction;
using RedisExpiryCache.ResponseCaching.Keys;
using RedisExpiryCache.ResponseCaching.Lookup;
using RedisExpiryCache.ResponseCaching.Policies;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.ResponseCaching;

/// <summary>What is settled about a request before the store is asked. <paramref name="Now"/> is read once and handed down.</summary>
internal sealed record ResponseCacheContext(
    HttpContext Context, RequestFacts Request, ResponsePolicy Policy, LookupRequest Question, DateTimeOffset Now)
{
    /// <summary>
    /// A HEAD is answered from a stored GET, or by the app. What answers a POST is stored only where the settings allow it.
    /// </summary>
    public bool IsGet => Request.Method != HttpMethods.Head;

    /// <summary>Null: no content codings are asked for by the settings.</summary>
    public ContentNegotiation? Coding { get; } = Context.Features.Get<ContentNegotiation>();

    /// <summary>RFC 9111 4.2.3: when the origin was called. Until then, when the request came.</summary>
    public DateTimeOffset RequestTime { get => field == default ? Now : field; init; }

    public string Path => Context.Request.Path.Value ?? "/";

    /// <summary>The policy as the app may still change it for this response.</summary>
    public ResponseCacheFeature Serving { get => field ??= new ResponseCacheFeature(Policy, Context.Response); private init; }

    /// <summary>For another run of the app: what it has said in an earlier one does not count.</summary>
    public ResponseCacheContext ForAnotherRun() => this with { Serving = null! };

    /// <summary>The user at the time of the lookup, as the policy tells users apart.</summary>
    private UserKey User { get; init; }

    /// <summary>
    /// With the request's fields as they are now: behind us in the pipeline they may be changed, and the store asks again after that.
    /// </summary>
    public ResponseCacheContext WithFieldsAsTheyCame()
    {
        var fields = new Dictionary<string, StringValues>(Context.Request.Headers, StringComparer.OrdinalIgnoreCase);
        return this with { Question = Question with { Fields = new HeaderDictionary(fields) } };
    }

    /// <summary>The facts after the origin has run, which may have signed a user in.</summary>
    /// <remarks>
    /// The key holds the user of the lookup, so a response for any other user counts as one for a user that the policy cannot tell apart.
    /// </remarks>
    public RequestFacts RequestAsOfNow =>
        Policy.UserOf(Context) == User ? FactsFor(Context, Request, Policy, User) : Indistinct(Request, Policy);

    /// <summary>Why a request is not looked up; null: it is.</summary>
    public static ForwardReason? ReasonNotToLook(HttpContext context, Endpoint? endpoint, ResponsePolicy policy, RoutedGet? get)
    {
        if (context.Request.Method is not ("GET" or "HEAD"))
            return ForwardReason.Method;

        // Where middleware in front has begun to answer, the response is not the origin's alone, and its fields are final.
        var isPassedOn = context.Response.HasStarted || policy.NoStore
            || !HttpFacts.IsPlain(context) || EndpointEvictionRunner.IsEvicting(endpoint);
        return isPassedOn || get is { IsUnauthorized: true } ? ForwardReason.Bypass : null;
    }

    public static ResponseCacheContext Begin(
        HttpContext context, ResponsePolicy policy, ResponseKeys keys, RequestTimeLimit budget, DateTimeOffset now)
    {
        var request = context.Request;
        var target = keys.Targets.Of(request, context.Features.Get<IHttpRequestFeature>()?.RawTarget, policy);
        var question = new LookupRequest(
            target,
            keys.TagsOf(policy, request.RouteValues, target.OtherNames),
            request.Headers,
            budget);
        var user = policy.UserOf(context);
        return new ResponseCacheContext(context, FactsFor(context, HttpFacts.Of(context), policy, user), policy, question, now) { User = user };
    }

    private static RequestFacts FactsFor(HttpContext context, in RequestFacts facts, ResponsePolicy policy, UserKey user)
    {
        // The key holds an identified user, who shares nothing with others: no rule about users or credentials applies.
        if (user.Kind == UserKind.Identified)
            return facts with { IsSignedIn = false, HasAuthorization = false };

        return HttpFacts.IsSignedIn(context) ? Indistinct(facts, policy) : facts;
    }

    private static RequestFacts Indistinct(in RequestFacts facts, ResponsePolicy policy) =>
        facts with { IsSignedIn = true, IsIndistinct = policy.VariesByUser };
}
