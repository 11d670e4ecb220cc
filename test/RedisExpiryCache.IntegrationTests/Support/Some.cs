namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>Values that do not matter to the test, different each time.</summary>
public static class Some
{
    /// <summary>Twelve lower-case letters and digits.</summary>
    public static string Word() => Random.Shared.GetString("abcdefghijklmnopqrstuvwxyz0123456789", 12);

    public static string Key() => $"key-{Word()}";

    public static string Text() => $"text {Word()}";

    public static byte[] Bytes(int length = 64)
    {
        var bytes = new byte[length];
        Random.Shared.NextBytes(bytes);
        return bytes;
    }
}
