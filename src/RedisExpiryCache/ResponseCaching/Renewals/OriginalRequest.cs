using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace RedisExpiryCache.ResponseCaching.Renewals;

/// <summary>A request as the server received it, before any middleware changed it.</summary>
/// <remarks>Requests that the server reads into the same feature share one object, so capturing allocates nothing.</remarks>
internal sealed class OriginalRequest
{
    private KeyValuePair<string, StringValues>[] fields = [];
    private int fieldCount;

    public string Scheme { get; private set; } = "";

    public string Protocol { get; private set; } = "";

    public string PathBase { get; private set; } = "";

    public string Path { get; private set; } = "";

    public string QueryString { get; private set; } = "";

    public string RawTarget { get; private set; } = "";

    public IPAddress? RemoteIpAddress { get; private set; }

    public int RemotePort { get; private set; }

    public IPAddress? LocalIpAddress { get; private set; }

    public int LocalPort { get; private set; }

    public ReadOnlySpan<KeyValuePair<string, StringValues>> Fields => fields.AsSpan(0, fieldCount);

    public void Capture(IHttpRequestFeature request, IHttpConnectionFeature? connection)
    {
        (Scheme, Protocol, PathBase) = (request.Scheme, request.Protocol, request.PathBase);
        (Path, QueryString, RawTarget) = (request.Path, request.QueryString, request.RawTarget);
        (RemoteIpAddress, RemotePort) = (connection?.RemoteIpAddress, connection?.RemotePort ?? 0);
        (LocalIpAddress, LocalPort) = (connection?.LocalIpAddress, connection?.LocalPort ?? 0);

        var headers = request.Headers;
        var before = fieldCount;
        fieldCount = headers.Count;
        if (fields.Length < fieldCount)
            fields = new KeyValuePair<string, StringValues>[fieldCount];
        else if (before > fieldCount)
            Array.Clear(fields, fieldCount, before - fieldCount);

        // Enumerating would allocate: the server's enumerator is a struct behind an interface.
        headers.CopyTo(fields, 0);
    }
}
