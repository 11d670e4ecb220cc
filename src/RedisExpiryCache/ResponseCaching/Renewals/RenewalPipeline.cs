using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Features;

namespace RedisExpiryCache.ResponseCaching.Renewals;

/// <summary>The application's whole pipeline, in which a renewal runs as a client's request does.</summary>
/// <remarks>
/// As the first startup filter it stands before all middleware. It captures requests only once a renewal may be needed: until then a
/// request costs one read of a flag. See docs/design/renewals.md.
/// </remarks>
internal sealed class RenewalPipeline : IStartupFilter
{
    /// <summary>For so long after capturing began there may be requests that came before.</summary>
    private static readonly TimeSpan Transition = TimeSpan.FromSeconds(30);

    // Kestrel reads all requests of a connection, or of a pooled HTTP/2 stream, into the same feature.
    private readonly ConditionalWeakTable<IHttpRequestFeature, OriginalRequest> originals = [];
    private volatile bool isCapturing;
    private long capturingSince;
    private RequestDelegate? application;

    /// <summary>Everything that a request runs through; null: the host does not run startup filters.</summary>
    public RequestDelegate? Application => application;

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => builder =>
    {
        builder.Use(Enclose);
        next(builder);
    };

    /// <summary>Captures requests from now on: a stored response may be renewed in the background.</summary>
    public void StartCapturing()
    {
        if (isCapturing)
            return;

        Volatile.Write(ref capturingSince, Stopwatch.GetTimestamp());
        isCapturing = true;
    }

    /// <param name="context">The client's request.</param>
    /// <param name="original">The request as the server received it; null: it came before capturing began.</param>
    /// <returns>False: the request did not come through this pipeline, so it cannot be renewed in the background.</returns>
    public bool TryFindOriginal(HttpContext context, out OriginalRequest? original)
    {
        StartCapturing();
        original = context.Features.Get<OriginalRequest>();
        if (original is not null)
            return true;

        return application is not null && Stopwatch.GetElapsedTime(Volatile.Read(ref capturingSince)) < Transition;
    }

    private RequestDelegate Enclose(RequestDelegate next)
    {
        application = next;
        return context =>
        {
            if (isCapturing)
                Capture(context.Features);

            return next(context);
        };
    }

    private void Capture(IFeatureCollection features)
    {
        if (features.Get<IHttpRequestFeature>() is not { } request)
            return;

        var original = originals.GetValue(request, static _ => new OriginalRequest());
        original.Capture(request, features.Get<IHttpConnectionFeature>());
        features.Set(original);
    }
}
