namespace RedisExpiryCache.Benchmarks.Load;

/// <summary>What tells wrk to ask for more than one thing (Lua).</summary>
internal static class Script
{
    /// <summary>Each of so many numbers in turn, in a field of the request.</summary>
    public static string Variants(int count) =>
        $$"""
        local number = 0
        function request()
            number = (number + 1) % {{count}}
            return wrk.format(nil, nil, { ["{{BenchmarkEndpoints.VariantField}}"] = number })
        end
        """;

    /// <summary>The path, and below it one of so many numbers at random.</summary>
    public static string AnyOf(string path, int count) =>
        $"""
        function request()
            return wrk.format(nil, "{path}/" .. math.random(0, {count - 1}))
        end
        """;

    /// <summary>The path, and below it a number that has never been asked for.</summary>
    public static string New(string path) =>
        $"""
        local number = os.time() * 1000000
        function request()
            number = number + 1
            return wrk.format(nil, ("{path}/%d"):format(number))
        end
        """;
}
