using Microsoft.AspNetCore.ResponseCaching;

namespace RedisExpiryCache.ResponseCaching.Policies;

/// <summary>The features that the origin finds on a request, until it is disposed; then those from before are back.</summary>
internal readonly struct FeatureScope : IDisposable
{
    private readonly HttpContext context;
    private readonly IResponseCacheFeature? own;
    private readonly IResponseCachingFeature? mvc;

    private FeatureScope(HttpContext context)
    {
        this.context = context;
        (own, mvc) = (context.Features.Get<IResponseCacheFeature>(), context.Features.Get<IResponseCachingFeature>());
    }

    /// <param name="context">The request.</param>
    /// <param name="serving">Null: the response is not one to store.</param>
    public static FeatureScope Begin(HttpContext context, IResponseCacheFeature? serving)
    {
        var scope = new FeatureScope(context);
        context.Features.Set(serving);

        // MVC requires it before it runs an action that names query keys, whatever the request's method.
        context.Features.Set<IResponseCachingFeature>(new VaryByQueryKeysFeature());
        return scope;
    }

    public void Dispose()
    {
        context.Features.Set(own);
        context.Features.Set(mvc);
    }

    private sealed class VaryByQueryKeysFeature : IResponseCachingFeature
    {
        /// <summary>Heeded where the attribute says it; from here it is not needed, because without it the whole query counts.</summary>
        /// <exception cref="ArgumentException">One of several keys is null or empty, as for Microsoft's.</exception>
        public string[]? VaryByQueryKeys
        {
            get;
            set => field = value is not { Length: > 1 } || !Array.Exists(value, string.IsNullOrEmpty)
                ? value
                : throw new ArgumentException("One of several query keys is null or empty.", nameof(value));
        }
    }
}
