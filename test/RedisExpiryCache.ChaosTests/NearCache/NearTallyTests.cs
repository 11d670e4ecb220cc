using System.Diagnostics;
using RedisExpiryCache.IntegrationTests.Support;

namespace RedisExpiryCache.ChaosTests.NearCache;

/// <summary>The checker bites.</summary>
public sealed class NearTallyTests : IDisposable
{
    private const int Thing = 3;

    private static readonly long Start = Stopwatch.GetTimestamp();

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("redis-expiry-cache-");
    private readonly VersionBoard _board;
    private readonly NearTally _tally;

    public NearTallyTests()
    {
        _board = VersionBoard.Open(Path.Combine(_folder.FullName, "versions"), Things.Count);
        _tally = new NearTally(_board);
    }

    public void Dispose()
    {
        _tally.Dispose();
        _board.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData(0.9, 0)]
    [InlineData(1.1, 1)]
    public void What_was_replaced_more_than_a_second_before_the_read_began_is_a_violation(double seconds, int violations)
    {
        Change(At(0));
        Change(At(5));
        Found(version: 1, At(5 + seconds));
        Assert.Equal((violations, 1), (_tally.Report.Violations, _tally.Report.Reads));
        Assert.Equal(seconds * 1000, _tally.Report.WorstMs, tolerance: 1);
    }

    [Fact]
    public void It_has_been_out_of_date_since_the_first_of_the_newer_versions()
    {
        for (var i = 0; i < 3000; i++)
            Change(At(i * 0.01));

        Found(version: 3000, At(100));
        Assert.Equal(0, _tally.Report.WorstMs);
        Found(version: 2700, At(30));
        Assert.Equal(3000, _tally.Report.WorstMs, tolerance: 1);
    }

    [Fact]
    public void What_nobody_has_acknowledged_makes_nothing_old()
    {
        Change(At(0));
        _board.Bump(Thing);
        Found(version: 1, At(10));
        Found(version: 2, At(10));
        Assert.Equal((0, 0.0), (_tally.Report.Violations, _tally.Report.WorstMs));
    }

    [Fact]
    public void Another_things_text_is_a_violation()
    {
        _tally.Found(Thing, Things.TextOf(Thing + 1, 1), At(0), NearTally.Bound);
        _tally.Found(Thing, Some.Text(), At(0), NearTally.Bound);
        Assert.Equal(2, _tally.Report.Violations);
    }

    [Fact]
    public void All_who_open_a_board_see_the_same()
    {
        using var other = VersionBoard.Open(Path.Combine(_folder.FullName, "versions"), Things.Count);
        Change(At(0));
        Change(At(1));
        Assert.Equal((2, At(0), TimeSpan.FromSeconds(2)), (other.Current(Thing), other.AcknowledgedAt(Thing, 1), other.StalenessOf(Thing, 1, At(3))));
    }

    private static long At(double seconds) => Start + (long)(seconds * Stopwatch.Frequency);

    private void Change(long acknowledgedAt) => _board.Acknowledge(Thing, _board.Bump(Thing), acknowledgedAt);

    private void Found(long version, long began) => _tally.Found(Thing, Things.TextOf(Thing, version), began, NearTally.Bound);
}
