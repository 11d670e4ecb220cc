using CsCheck;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;
using RedisExpiryCache.ResponseCaching.Storage;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.Rfc9111;

/// <summary>RFC 9111 3 and 4: what holds whatever a response says, whoever asks, and whenever.</summary>
public class RuleProperties
{
    private static readonly string[] Known =
    [
        "no-store", "no-cache", "private", "public", "must-revalidate", "proxy-revalidate", "must-understand", "only-if-cached", "max-age", "s-maxage",
        "min-fresh", "max-stale", "stale-while-revalidate", "stale-if-error", "unknown",
    ];

    private static readonly Gen<string> Names = Gen.Select(Among(Known), Gen.ULong, static (name, cases) =>
        string.Concat(name.Select((c, at) => (cases >> at & 1) == 1 ? char.ToUpperInvariant(c) : c)));

    private static readonly Gen<string> Arguments = Gen.OneOf(
        Gen.Const(""), Gen.Int[0, 200].Select(static seconds => $"={seconds}"), Among("=\"5\"", "=junk", "=\"X-A, X-B\"", "=-1", "=", "=99999999999999999999"));

    private static readonly Gen<string> Blanks = Gen.String[Gen.Char[" \t"], 0, 2];

    private static readonly Gen<string> Members = Gen.Select(Blanks, Names, Arguments, Blanks, static (before, name, argument, behind) => before + name + argument + behind);

    private static readonly Gen<StringValues> CacheControls = Gen.Select(Members.Array[0, 6], Gen.Bool, static (members, isOneLine) =>
        isOneLine ? new StringValues(string.Join(',', members)) : new StringValues(members));

    private static readonly Gen<CachingRules> Rules = Gen.Select(Gen.Bool.Array[4], Gen.Int[0, 100], Gen.Int[0, 100], static (flags, ifError, retention) => new CachingRules
    {
        HonorRequestDirectives = flags[0],
        HeuristicFreshness = flags[1],
        StoreSetCookie = flags[2],
        StorePost = flags[3],
        StaleIfError = Some.Seconds(ifError),
        StaleRetention = Some.Seconds(retention),
    });

    private static readonly Gen<RequestFacts> Requests = Gen.Select(CacheControls, Among("GET", "HEAD", "POST"), Gen.Bool.Array[3], static (lines, method, flags) => new RequestFacts
    {
        Method = method,
        CacheControl = CacheControl.Parse(lines),
        PragmaNoCache = flags[0],
        HasAuthorization = flags[1],
        IsSignedIn = flags[2],
    });

    private static readonly Gen<ResponseFacts> Responses = Gen.Select(
        CacheControls, Among(200, 200, 200, 204, 206, 301, 404, 503), Gen.Bool.Array[5], Among<string?>(null, "0", "30", "500", "junk"),
        static (lines, status, flags, age) => new ResponseFacts
        {
            StatusCode = status,
            CacheControl = CacheControl.Parse(lines),
            ETag = flags[0] ? "\"a\"" : null,
            LastModified = flags[1] ? Some.Now.AddSeconds(-500) : null,
            HasExpires = flags[2],
            Expires = flags[3] ? Some.Now.AddSeconds(60) : null,
            IsAboutTarget = flags[4],
            ContentRange = "bytes 0-4/10",
            Age = age,
        });

    private static readonly Gen<PolicyLifetime?> Policies = Among<PolicyLifetime?>(
        null, new PolicyLifetime(Some.Seconds(10), null), new PolicyLifetime(null, Some.Seconds(5)), new PolicyLifetime(Some.Seconds(10), Some.Seconds(5)));

    private static readonly Gen<StoredResponse> StoredResponses = Gen.Select(
        Gen.Int[0, 120], Gen.Int[0, 120].Nullable(), Gen.Bool.Array[5], Gen.Int[0, 60].Nullable(), Gen.Int[0, 60].Nullable(),
        static (age, lifetime, flags, whileRevalidate, ifError) => Some.Stored(age, lifetime) with
        {
            NoCache = flags[0],
            MustRevalidate = flags[1],
            AllowsEverybody = flags[2],
            AllowsAuthorization = flags[2],
            ETag = flags[3] ? "\"a\"" : null,
            IsETagOurs = flags[4],
            StaleWhileRevalidate = whileRevalidate is { } seconds ? Some.Seconds(seconds) : null,
            StaleIfError = ifError is { } more ? Some.Seconds(more) : null,
        });

    private static Gen<T> Among<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(at => values[at]);

    private static StoreVerdict Store(in RequestFacts request, ResponseFacts response, CachingRules rules, PolicyLifetime? policy = null) =>
        Storing.Decide(request, response, policy, rules, requestTime: Some.Now, now: Some.Now);

    [Fact]
    public void What_says_no_store_is_never_stored() =>
        Gen.Select(Requests, Responses, CacheControls, CacheControls, Gen.ULong, Rules, Policies).Sample((request, response, before, behind, cases, rules, policy) =>
        {
            var noStore = string.Concat("no-store".Select((c, at) => (cases >> at & 1) == 1 ? char.ToUpperInvariant(c) : c));
            var lines = StringValues.Concat(StringValues.Concat(before, noStore), behind);
            return Store(request, response with { CacheControl = CacheControl.Parse(lines) }, rules, policy) is { Lifetime: null, Reason: not null }
                && Store(request, response with { CacheControl = CacheControl.Parse(string.Join(", ", lines.ToArray())) }, rules, policy) is { Lifetime: null };
        }, iter: 2_000);

    [Fact]
    public void A_verdict_is_either_a_lifetime_or_a_reason() =>
        Gen.Select(Requests, Responses, Rules, Policies).Sample((request, response, rules, policy) =>
        {
            var verdict = Store(request, response, rules, policy);
            return verdict.Lifetime is null != verdict.Reason is null
                && !(verdict.Lifetime?.TimeToLive <= TimeSpan.Zero) && !(verdict.Lifetime?.Sliding <= TimeSpan.Zero);
        }, iter: 5_000);

    [Fact]
    public void A_larger_max_age_never_shortens_the_time_to_live() =>
        Gen.Select(Gen.UInt, Gen.UInt, Responses, Rules).Sample((a, b, response, rules) =>
        {
            var (shorter, longer) = (TimeToLive(Math.Min(a, b)), TimeToLive(Math.Max(a, b)));
            return shorter <= longer && longer <= DeltaSeconds.Max;

            TimeSpan TimeToLive(uint seconds)
            {
                var directives = response.CacheControl with { MaxAge = Some.Seconds(seconds) };
                return Store(Some.Request(), response with { CacheControl = directives }, rules).Lifetime?.TimeToLive ?? TimeSpan.Zero;
            }
        }, iter: 5_000);

    [Fact]
    public void What_is_stored_may_be_served_to_the_same_client_or_be_asked_about() =>
        Gen.Select(Requests, Responses, Rules).Sample((request, response, rules) =>
        {
            request = request with { Method = "GET", CacheControl = CacheControl.None, PragmaNoCache = false };
            if (response.StatusCode == 206 || Store(request, response, rules).Lifetime is not { } lifetime)
                return true;

            var stored = CachedResponse.Of([], response, lifetime, Some.Now).Rules;
            var verdict = Reuse.Decide(request, stored, rules, Some.Now);
            var isOld = lifetime.CorrectedInitialAge > lifetime.FreshnessLifetime;
            return verdict.Reason != ForwardReason.Bypass
                && (isOld || verdict.Action != ReuseAction.Forward || verdict.MayServeOnError);
        }, iter: 10_000);

    [Fact]
    public void What_is_served_without_asking_is_fresh_or_was_accepted_stale() =>
        Gen.Select(Requests, StoredResponses, Rules, Gen.Int[0, 200]).Sample((request, stored, rules, later) =>
        {
            var verdict = Reuse.Decide(request, stored, rules, Some.Now.AddSeconds(later));
            if (verdict.Action is not (ReuseAction.Serve or ReuseAction.ServeAndRevalidate))
                return true;

            var isStale = !(verdict.TimeLeft is null || verdict.TimeLeft > TimeSpan.Zero);
            var isAccepted = !stored.MustRevalidate
                && ((rules.HonorRequestDirectives && -verdict.TimeLeft <= request.CacheControl.MaxStale) || -verdict.TimeLeft <= stored.StaleWhileRevalidate);
            return !stored.NoCache && (!isStale || isAccepted) && (isStale || verdict.Action == ReuseAction.Serve);
        }, iter: 20_000);

    [Fact]
    public void What_stands_in_for_an_app_that_fails_was_never_forbidden_to_be_stale() =>
        Gen.Select(Requests, StoredResponses, Rules).Sample((request, stored, rules) =>
            !Reuse.Decide(request, stored, rules, Some.Now).MayServeOnError || !(stored.NoCache || stored.MustRevalidate), iter: 10_000);

    [Fact]
    public void Only_if_cached_never_asks_the_app() =>
        Gen.Select(Requests, StoredResponses.Null(), Rules).Sample((request, stored, rules) =>
        {
            var asked = request with { CacheControl = request.CacheControl with { OnlyIfCached = true } };
            return Reuse.Decide(asked, stored, rules with { HonorRequestDirectives = true }, Some.Now).Action is ReuseAction.Serve or ReuseAction.GatewayTimeout;
        }, iter: 10_000);

    [Fact]
    public void No_field_whatever_it_holds_makes_the_rules_throw()
    {
        var text = Gen.OneOf(Gen.String, Gen.String[Gen.Char["bytes=-0129/*, \t\"\\W\0é"], 0, 30]);
        var lines = text.Array[0, 3].Select(static all => new StringValues(all));

        Gen.Select(lines, lines, text, text, Rules, Policies, StoredResponses).Sample((one, other, a, b, rules, policy, stored) =>
        {
            var request = new RequestFacts { Method = "GET", CacheControl = CacheControl.Parse(one), Range = other, IfRange = a, IfNoneMatch = other, IfModifiedSince = b };
            var response = new ResponseFacts { StatusCode = 206, CacheControl = CacheControl.Parse(other), Age = one, Vary = other, ContentRange = a, ETag = b };
            var kept = stored with { Part = new StoredRange(new ByteRange(2, 5), 10), ETag = b };
            var isStored = Store(request, response, rules, policy).Lifetime is not null;
            var verdict = Reuse.Decide(request, kept, rules, Some.Now);
            Validation.IsNotModified(request, kept, Some.Now);
            return (!isStored || StoredRange.Parse(a) is not null) && (verdict.Action != ReuseAction.Serve || verdict.Reason is null);
        }, iter: 5_000);
    }
}
