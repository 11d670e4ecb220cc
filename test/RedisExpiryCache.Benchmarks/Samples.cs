using System.Globalization;

namespace RedisExpiryCache.Benchmarks;

/// <summary>What was measured of one candidate, round by round.</summary>
internal sealed class Samples
{
    private readonly List<double> values = [];

    public double Median => Sorted[values.Count / 2];

    private double[] Sorted => [.. values.Order()];

    public void Add(double value) => values.Add(value);

    /// <summary>
    /// The median of the ratios round by round: what was measured at nearly the same time is compared. In brackets the lowest and the highest.
    /// </summary>
    public string RatioTo(Samples other)
    {
        double[] ratios = [.. values.Zip(other.values, static (one, two) => one / two).Order()];
        return string.Create(CultureInfo.InvariantCulture, $"{ratios[ratios.Length / 2]:0.00} ({ratios[0]:0.00}-{ratios[^1]:0.00})");
    }
}
