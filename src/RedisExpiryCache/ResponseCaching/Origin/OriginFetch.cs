using System.Buffers;
using System.Buffers.Text;
using System.IO.Hashing;
using RedisExpiryCache.HttpFields;
using RedisExpiryCache.ResponseCaching.Collapsing;
using RedisExpiryCache.ResponseCaching.Eviction;
using RedisExpiryCache.ResponseCaching.Keys;
using RedisExpiryCache.ResponseCaching.Lookup;
using RedisExpiryCache.ResponseCaching.Policies;
using RedisExpiryCache.ResponseCaching.Serving;
using RedisExpiryCache.ResponseCaching.Storage;
using RedisExpiryCache.Rfc9111;
using RedisExpiryCache.Telemetry;

namespace RedisExpiryCache.ResponseCaching.Origin;

/// <summary>
/// A call to the app behind the cache, and what becomes of its response: it goes to the client, to the store, and to those who wait for the
/// same (<see cref="OriginCall"/>).
/// <para> Failure policy: exceptions of the app pass through as they are, unless a stored response may stand in for an app that fails; then
/// they are logged. A store that fails is logged and counted.
/// </para>
/// </summary>
internal sealed class OriginFetch(
    RequestDelegate next, ResponseLookups lookups, ResponseStore store, ResponseKeys keys, CaptureServices parts)
{
    private readonly Freshening freshening = new(lookups, store, parts.Storable, parts.Report, parts.Time);

    /// <param name="exchange">The request, with its fields as they came.</param>
    /// <param name="lookup">What is stored.</param>
    /// <param name="verdict">Why the app is asked.</param>
    /// <param name="call">Gets the end.</param>
    public Task AskAsync(ResponseCacheContext exchange, LookupResult lookup, ReuseVerdict verdict, OriginCall call) =>
        AskAsync(exchange, lookup, verdict, call, Freshening.ConditionsFor(exchange, lookup, verdict));

    /// <summary>
    /// RFC 9110 9.3.3: an answer to POST evicts what is stored for the URL, and may be what a later GET is answered with.
    /// </summary>
    public async Task PostAsync(ResponseCacheContext exchange, LookupResult lookup, EndpointEvictionRunner evictions)
    {
        var renewal = lookup.Url is { } url ? new GenerationRollover(exchange.Question.UrlKey, url.Generation) : null;
        var recording = new ResponseCapture(exchange, lookup, ForwardReason.Method, holdsBack: null, OriginCall.Unobserved, parts);
        var atLastByte = NewLastByteStore(exchange, recording, store: null);
        try
        {
            await evictions.RunAsync(exchange.Context, next, cacheStatus: null, renewal);
            recording.Complete();
        }
        catch
        {
            recording.Fail();
            atLastByte.Dispose();
            throw;
        }
        finally
        {
            recording.Detach();
        }

        await WhenSettled(exchange, recording, FinishAsync, atLastByte);

        async Task FinishAsync()
        {
            if (recording.NotStored is { } notStored)
                parts.Report.NotStored(exchange.Path, notStored);
            else if (renewal?.Generation is { } generation)
                await Store(exchange, lookup.Under(generation), recording, OriginCall.Unobserved);
            else
                parts.Report.NotStored(exchange.Path, NoStoreReason.Evicted.Token());
        }
    }

    /// <summary>The stored response in place of an app that failed.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="lookup">What is stored.</param>
    /// <param name="verdict">That it may be used.</param>
    /// <param name="status">How the app failed; null: by an exception, or in front of somebody else.</param>
    public async Task ServeOnErrorAsync(ResponseCacheContext exchange, LookupResult lookup, ReuseVerdict verdict, int? status)
    {
        // The app has taken its time to fail.
        var since = DeltaSeconds.Between(exchange.Now, parts.Time.GetUtcNow());
        var reason = lookup.RefineReason(verdict.Reason!.Value);
        await ResponseWriter.ServeAsync(
            exchange, lookup, lookup.Response!, DeltaSeconds.Add(verdict.Age, since), Status(CacheStatusHeader.OnError(reason, status, verdict.TimeLeft - since)));
        parts.Report.Answered(exchange.Path, ResponseOutcome.StaleIfError, reason);
    }

    private async Task AskAsync(
        ResponseCacheContext exchange, LookupResult lookup, ReuseVerdict verdict, OriginCall call, Conditions conditions)
    {
        // The time that a follower has waited is no age of its response.
        exchange = exchange with { RequestTime = parts.Time.GetUtcNow() };

        // 5. While the app writes, pass the bytes on and record them; but not what is said to this cache only.
        var reason = lookup.RefineReason(verdict.Reason!.Value);
        var recording = new ResponseCapture(exchange, lookup, reason, IsHeldBack, call, parts);
        var atLastByte = NewLastByteStore(exchange, recording, StoreAsync);
        if (!await Run(exchange, lookup, verdict, call, conditions, recording, reason, atLastByte))
        {
            atLastByte.Dispose();
            await ServeOnErrorAsync(exchange, lookup, verdict, status: null);
            return;
        }

        if (recording.IsHeldBack)
        {
            using (atLastByte)
                await AnswerInstead(exchange, lookup, verdict, call, conditions, recording);

            return;
        }

        parts.Report.Answered(exchange.Path, ResponseOutcome.Forwarded, reason);
        if (recording.IsPending)
        {
            // Others wait neither for middleware in front nor for the client.
            call.End(CollapsedFetchEnd.Retry);
            lookup = lookup.WithoutResponse();
        }

        await WhenSettled(exchange, recording, () => FinishAsync(exchange, lookup, verdict, call, recording, atLastByte), atLastByte);

        Task StoreAsync() => StoreOrEnd(exchange, lookup, recording, call);

        bool IsHeldBack(int status) =>
            (status == StatusCodes.Status304NotModified && !conditions.IsNone) || (verdict.MayServeOnError && Validation.IsFailure(status));
    }

    /// <summary>At once, or for a pending response when it has been sent: then its fields are known.</summary>
    private static async Task WhenSettled(
        ResponseCacheContext exchange, ResponseCapture recording, Func<Task> finish, EarlyStore atLastByte)
    {
        if (!recording.IsPending)
        {
            using (atLastByte)
                await finish();

            return;
        }

        exchange.Context.Response.OnCompleted(async () =>
        {
            using (atLastByte)
            {
                recording.Conclude();
                await finish();
            }
        });
    }

    private async Task FinishAsync(
        ResponseCacheContext exchange, LookupResult lookup, ReuseVerdict verdict, OriginCall call, ResponseCapture recording, EarlyStore atLastByte)
    {
        // 6. Store it with its expiry, or forget it.
        if (!await atLastByte.EndAsync())
            await StoreOrEnd(exchange, lookup, recording, call);

        // RFC 9111 4.3.3: a whole answer says that what is stored no longer holds. No client is going to see it otherwise.
        if (verdict.IsRenewal && recording.IsRefused && !Validation.IsFailure(exchange.Context.Response.StatusCode))
            await freshening.TryForgetAsync(exchange.Question, lookup);

        if (recording.NotStored is { } notStored)
            parts.Report.NotStored(exchange.Path, notStored);

        if (!exchange.IsGet && verdict.Reason != ForwardReason.Bypass)
            await freshening.LearnFromHeadAsync(exchange, lookup, recording.OwnFields());
    }

    private EarlyStore NewLastByteStore(ResponseCacheContext exchange, ResponseCapture recording, Func<Task>? store)
    {
        var context = exchange.Context;
        return new EarlyStore(
            recording, () => context.Response.HasStarted, () => parts.StoresUnderWay.Announce(exchange.Question.Identity), store);
    }

    private async Task StoreOrEnd(ResponseCacheContext exchange, LookupResult lookup, ResponseCapture recording, OriginCall call)
    {
        if (recording.IsWorthKeeping)
            await Store(exchange, lookup, recording, call);
        else
            call.End(CollapsedFetchEnds.Of(exchange.Context, recording.Forbidden));
    }

    /// <returns>False when the app has thrown and what is stored is to be the answer.</returns>
    private async Task<bool> Run(
        ResponseCacheContext exchange,
        LookupResult lookup,
        ReuseVerdict verdict,
        OriginCall call,
        Conditions conditions,
        ResponseCapture recording,
        ForwardReason reason,
        EarlyStore atLastByte)
    {
        var context = exchange.Context;
        using var features = FeatureScope.Begin(context, exchange.Serving);
        try
        {
            using (exchange.Coding?.AskPlain())
            using (new ConditionalHeadersScope(context.Request.Headers, conditions))
                await next(context);

            if (!await atLastByte.EndAsync())
                recording.Complete();

            return true;
        }
        catch (Exception failure) when (
            verdict.MayServeOnError && !recording.IsPassedOn && failure is not BadHttpRequestException && !context.RequestAborted.IsCancellationRequested)
        {
            call.End(CollapsedFetchEnd.Failed);
            recording.Withdraw();
            parts.Report.AppFailed(exchange.Path, failure);
            return false;
        }
        catch
        {
            // A whole body that its origin takes back by an exception is not kept.
            if (await atLastByte.EndAsync() && recording.IsWorthKeeping)
                await store.TryForgetAsync(exchange.Question, lookup, recording.Names);

            // A call that its own client cut short says nothing about the origin.
            call.End(context.RequestAborted.IsCancellationRequested ? CollapsedFetchEnd.Inconclusive : CollapsedFetchEnd.Failed);
            recording.Fail();
            atLastByte.Dispose();
            parts.Report.NotStored(exchange.Path, NoStoreReason.Failed.Token());
            parts.Report.Answered(exchange.Path, ResponseOutcome.Forwarded, reason);
            throw;
        }
        finally
        {
            recording.Detach();
        }
    }

    /// <summary>The app has spoken to this cache and not to the client: it has confirmed what is stored, or it has failed.</summary>
    private async Task AnswerInstead(
        ResponseCacheContext exchange, LookupResult lookup, ReuseVerdict verdict, OriginCall call, Conditions conditions, ResponseCapture recording)
    {
        var status = exchange.Context.Response.StatusCode;
        var fields = recording.Withdraw();
        if (status != StatusCodes.Status304NotModified)
        {
            call.End(CollapsedFetchEnd.Failed);
            await ServeOnErrorAsync(exchange, lookup, verdict, status);
        }
        else if (!await freshening.TryServeAsync(exchange, lookup, conditions, lookup.RefineReason(verdict.Reason!.Value), fields, call))
        {
            await AskAsync(exchange.ForAnotherRun(), lookup, verdict, call, Conditions.None);
        }
    }

    private async Task Store(ResponseCacheContext exchange, LookupResult lookup, ResponseCapture recording, OriginCall call)
    {
        var (combined, body) = PartialContent.Combine(lookup, recording.Response!, recording.Body.ToSequence(), parts.Storable.Options.MaximumBodySize);
        if (PartialContent.IsLessThanStored(lookup, combined))
        {
            parts.Report.NotStored(exchange.Path, NoStoreReason.PartialContent.Token());
            call.End(CollapsedFetchEnd.NotShareable);
            return;
        }

        var response = WithETag(combined, body);
        if (recording.NotStored is null)
            await store.TryStoreAsync(exchange, lookup, response, recording.Names, recording.Lifetime, body);

        // Followers have found the generations that the leader has: what was evicted since answers them as it answers the leader's client.
        if (call.HasFollowers)
            call.End(CollapsedFetchEnd.Shared, new SharedResponse(
                response with { Rules = response.Rules with { BodyLength = body.Length } }, body.ToArray(), recording.Names, keys.DigestOf(exchange.Question, recording.Names)));
        else
            call.End(CollapsedFetchEnd.Shared);
    }

    /// <summary>A strong validator from the bytes, for a response that lacks one: so that clients get a 304 from the next hit on.</summary>
    private static CachedResponse WithETag(CachedResponse response, in ReadOnlySequence<byte> body)
    {
        if (response.StatusCode != StatusCodes.Status200OK || response.Rules.ETag is not null)
            return response;

        var hash = new XxHash128();
        foreach (var segment in body)
            hash.Append(segment.Span);

        var tag = $"\"{Base64Url.EncodeToString(hash.GetCurrentHash())}\"";
        return new CachedResponse([.. response.Fields, new("ETag", tag)], response.Rules with { ETag = tag, IsETagOurs = true });
    }

    private string? Status(string cacheStatus) => parts.Storable.Options.EmitCacheStatus ? cacheStatus : null;
}
