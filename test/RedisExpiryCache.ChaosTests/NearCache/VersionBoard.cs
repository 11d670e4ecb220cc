using System.Diagnostics;
using System.IO.MemoryMappedFiles;

namespace RedisExpiryCache.ChaosTests.NearCache;

/// <summary>
/// The versions of things, which only grow, and since when each of them is acknowledged, in memory that several processes share. One process writes, and changes a thing
/// only once its last change is acknowledged or given up. Moments are timestamps of <see cref="Stopwatch"/>, which all processes of a machine count alike.
/// <code>
///   of each thing:   VERSION  ACKNOWLEDGEMENTS  VERSION MOMENT  VERSION MOMENT …       a ring of the last ones
/// </code>
/// </summary>
internal sealed class VersionBoard : IDisposable
{
    private const int History = 1024;

    /// <summary>Those that are about to be overwritten are not looked at.</summary>
    private const int Readable = History - 24;

    private const int Head = 2;
    private const int Row = Head + (2 * History);

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _longs;

    private VersionBoard(MemoryMappedFile file) => (_file, _longs) = (file, file.CreateViewAccessor());

    /// <summary>All who name the same file share it. It is made if it is not there.</summary>
    public static VersionBoard Open(string path, int things)
    {
        var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        return new VersionBoard(MemoryMappedFile.CreateFromFile(
            stream, mapName: null, (long)things * Row * sizeof(long), MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false));
    }

    /// <summary>What the database says.</summary>
    public long Current(int thing)
    {
        Volatile.ReadBarrier();
        return Read(thing, 0);
    }

    /// <summary>To be called before anybody is told of the change.</summary>
    public long Bump(int thing)
    {
        var version = Read(thing, 0) + 1;
        Write(thing, 0, version);
        return version;
    }

    /// <summary>From this moment on, lower versions are out of date.</summary>
    public void Acknowledge(int thing, long version, long at)
    {
        var count = Read(thing, 1);
        Write(thing, PlaceOf(count), version);
        Write(thing, PlaceOf(count) + 1, at);
        Write(thing, 1, count + 1);
    }

    /// <summary>When this version was; null: not yet, or too long ago.</summary>
    public long? AcknowledgedAt(int thing, long version)
    {
        foreach (var (other, at) in LatestFirst(thing))
        {
            if (other == version)
                return at;
        }

        return null;
    }

    /// <summary>For how long a newer version had been acknowledged when a read began that gave this one; zero: there was none.</summary>
    public TimeSpan StalenessOf(int thing, long version, long began)
    {
        var since = began;
        foreach (var (other, at) in LatestFirst(thing))
        {
            if (other <= version)
                break;

            since = at;
        }

        return since < began ? Stopwatch.GetElapsedTime(since, began) : TimeSpan.Zero;
    }

    public void Dispose()
    {
        _longs.Dispose();
        _file.Dispose();
    }

    private static int PlaceOf(long acknowledgement) => Head + (2 * (int)(acknowledgement % History));

    private IEnumerable<(long Version, long At)> LatestFirst(int thing)
    {
        var count = Read(thing, 1);
        Volatile.ReadBarrier();
        for (var i = count - 1; i >= Math.Max(0, count - Readable); i--)
            yield return (Read(thing, PlaceOf(i)), Read(thing, PlaceOf(i) + 1));
    }

    private long Read(int thing, int place) => _longs.ReadInt64(((thing * Row) + place) * sizeof(long));

    private void Write(int thing, int place, long value)
    {
        Volatile.WriteBarrier();
        _longs.Write(((thing * Row) + place) * sizeof(long), value);
    }
}
