using System.Globalization;

namespace RedisExpiryCache.ChaosTests.NearCache;

/// <summary>What is cached, by number: entries of the data cache, pages behind them, and one entry more for who watches it closely.</summary>
internal static class Things
{
    public const int Data = 64;
    public const int Pages = 16;
    public const int Watched = Data + Pages;
    public const int Count = Watched + 1;

    private static readonly string[] Names = [.. Enumerable.Range(0, Count).Select(static thing => IsPage(thing) ? $"/page/{thing}" : $"data-{thing}")];
    private static readonly string[] Starts = [.. Names.Select(static name => $"{name} version ")];

    public static IReadOnlyList<int> AllData { get; } = [.. Enumerable.Range(0, Data)];

    public static IReadOnlyList<int> AllPages { get; } = [.. Enumerable.Range(Data, Pages)];

    /// <summary>The data that has a tag.</summary>
    public static IReadOnlyList<int> Tagged { get; } = [.. AllData.Where(IsTagged)];

    public static bool IsTagged(int thing) => thing < Data && thing % 4 == 0;

    public static bool IsPage(int thing) => thing is >= Data and < Watched;

    /// <summary>A key, or a path.</summary>
    public static string NameOf(int thing) => Names[thing];

    /// <summary>What is cached under its name.</summary>
    public static string TextOf(int thing, long version) => string.Create(CultureInfo.InvariantCulture, $"{Starts[thing]}{version}");

    /// <summary>Null: that is not this thing's text.</summary>
    public static long? VersionIn(int thing, string text) =>
        text.StartsWith(Starts[thing], StringComparison.Ordinal) && long.TryParse(text.AsSpan(Starts[thing].Length), CultureInfo.InvariantCulture, out var version)
            ? version
            : null;
}
