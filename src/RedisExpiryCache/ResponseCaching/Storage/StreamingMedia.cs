namespace RedisExpiryCache.ResponseCaching.Storage;

/// <summary>Media types of responses that do not end: server-sent events, gRPC, and parts that replace each other.</summary>
internal static class StreamingMedia
{
    public static bool Is(string? contentType)
    {
        var media = contentType.AsSpan();
        var end = media.IndexOf(';');
        media = (end < 0 ? media : media[..end]).Trim();
        return media.Equals("text/event-stream", StringComparison.OrdinalIgnoreCase)
            || media.Equals("multipart/x-mixed-replace", StringComparison.OrdinalIgnoreCase)
            || media.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase);
    }
}
