namespace RedisExpiryCache.Benchmarks;

/// <summary>What was measured of one candidate, round by round.</summary>
internal sealed class Samples
{
    private readonly List<double> values = [];

    public void Add(double value) => values.Add(value);

    /// <summary>The median; a dash where nothing could be measured.</summary>
    public string Text(string format = "0") => values.Count == 0 ? "-" : MedianOf(values).ToString(format, null);

    /// <summary>
    /// The median of the ratios round by round: what was measured at nearly the same time is compared. In brackets the lowest and the highest.
    /// A dash where there is nothing to compare with.
    /// </summary>
    public string RatioTo(Samples? other)
    {
        if (other is null)
            return "-";

        var ratios = Ratios(other);
        return $"{MedianOf(ratios):0.00} ({ratios.Min():0.00}-{ratios.Max():0.00})";
    }

    public double MedianRatioTo(Samples other) => MedianOf(Ratios(other));

    private double[] Ratios(Samples other) => [.. values.Zip(other.values, static (one, two) => one / two)];

    private static double MedianOf(IReadOnlyCollection<double> values) => values.Order().ElementAt(values.Count / 2);
}
