using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http.Features;

namespace RedisExpiryCache.ResponseCaching.Origin;

/// <summary>Finds out whether the origin uses the visitor's session, by standing in for it.</summary>
/// <remarks>Loading and committing a session do not count: they show nothing of it to a page.</remarks>
internal sealed class SessionUseDetector : ISessionFeature, ISession
{
    private readonly HttpContext context;
    private readonly ISessionFeature inner;

    private SessionUseDetector(HttpContext context, ISessionFeature inner) => (this.context, this.inner) = (context, inner);

    /// <summary>Something of the session has been read or changed.</summary>
    public bool WasUsed { get; private set; }

    public ISession Session
    {
        get => this;
        set => inner.Session = value;
    }

    public bool IsAvailable => inner.Session.IsAvailable;

    public string Id => Used.Id;

    public IEnumerable<string> Keys => Used.Keys;

    private ISession Used
    {
        get
        {
            WasUsed = true;
            return inner.Session;
        }
    }

    /// <returns>Null: there is no session in front of the cache.</returns>
    public static SessionUseDetector? Begin(HttpContext context)
    {
        if (context.Features.Get<ISessionFeature>() is not { Session: not null } inner)
            return null;

        var watch = new SessionUseDetector(context, inner);
        context.Features.Set<ISessionFeature>(watch);
        return watch;
    }

    public void End()
    {
        if (context.Features.Get<ISessionFeature>() == this)
            context.Features.Set(inner);
    }

    public bool TryGetValue(string key, [NotNullWhen(true)] out byte[]? value) => Used.TryGetValue(key, out value);

    public void Set(string key, byte[] value) => Used.Set(key, value);

    public void Remove(string key) => Used.Remove(key);

    public void Clear() => Used.Clear();

    public Task LoadAsync(CancellationToken cancellationToken = default) => inner.Session.LoadAsync(cancellationToken);

    public Task CommitAsync(CancellationToken cancellationToken = default) => inner.Session.CommitAsync(cancellationToken);
}
