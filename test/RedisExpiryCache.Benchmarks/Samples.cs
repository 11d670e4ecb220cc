namespace RedisExpiryCache.Benchmarks;

/// <summary>What was measured of one candidate, round by round.</summary>
internal sealed class Samples
{
    private readonly List<double> values = [];

    public double Median => values.Order().ElementAt(values.Count / 2);

    public void Add(double value) => values.Add(value);

    /// <summary>The median; a dash where nothing could be measured.</summary>
    public string Text(string format = "0") => values.Count == 0 ? "-" : Median.ToString(format, null);

    /// <summary>The median, and in brackets the lowest and the highest.</summary>
    public string WithSpread(string format) => $"{Text(format)} ({values.Min().ToString(format, null)}-{values.Max().ToString(format, null)})";

    /// <summary>
    /// The median of the ratios round by round: what was measured at nearly the same time is compared. In brackets the lowest and the highest.
    /// A dash where there is nothing to compare with.
    /// </summary>
    public string RatioTo(Samples? other) => other is null ? "-" : RatiosTo(other).WithSpread("0.00");

    public Samples RatiosTo(Samples other)
    {
        var ratios = new Samples();
        ratios.values.AddRange(values.Zip(other.values, static (one, two) => one / two));
        return ratios;
    }
}
