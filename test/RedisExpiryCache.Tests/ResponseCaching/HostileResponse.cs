using System.Buffers.Binary;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace RedisExpiryCache.Tests.ResponseCaching;

/// <summary>Payloads of stored responses, of which only the layout is right.</summary>
internal static class HostileResponse
{
    private const int Lifetime = 2, InitialAge = 2048, WhileRevalidate = 256, IfError = 512, IsPart = 128;

    /// <summary>By what is wrong with it, or not.</summary>
    public static byte[] With(string what) => what switch
    {
        "nothing else" => Of(200, []),
        "a body" => Of(200, [], "body"),
        "a status of 199" => Of(199, []),
        "a status of 600" => Of(600, []),
        "a status of 304" => Of(304, []),
        "a body with 204" => Of(204, [], "body"),
        "a body with 205" => Of(205, [], "body"),
        "a part beyond its whole" => OfPart(206, 0, 10, 10),
        "a part that ends before it begins" => OfPart(206, 5, 4, 10),
        "a part of a negative position" => OfPart(206, -5, 4, 10),
        "more bytes than its part" => OfPart(206, 0, 2, 10),
        "a part with 200" => OfPart(200, 0, 3, 10),
        "CR LF in a value" => Of(200, [new("X-Field", "one\r\nSet-Cookie: a=b")]),
        "NUL in a value" => Of(200, [new("X-Field", "one\0")]),
        "DEL in a value" => Of(200, [new("X-Field", "one\x7f")]),
        "ESC in a value" => Of(200, [new("X-Field", "one\x1b[2J")]),
        "a value beyond ASCII" => Of(200, [new("X-Field", "Grüße")]),
        "a name beyond ASCII" => Of(200, [new("X-Fülle", "one")]),
        "an empty name" => Of(200, [new("", "one")]),
        "a blank in a name" => Of(200, [new("X Field", "one")]),
        "a colon in a name" => Of(200, [new("X:Field", "one")]),
        "Content-Length" => Of(200, [new("Content-Length", "3")], "body"),
        "Transfer-Encoding" => Of(200, [new("Transfer-Encoding", "chunked")], "body"),
        "1,000 lines" => Of(200, [new("X-Field", Lines(1_000))]),
        "1,001 lines" => Of(200, [new("X-Field", Lines(1_001))]),
        "65,535 lines of one name" => Of(200, [new("X-Field", Lines(65_535))]),
        "a value of 256 KiB" => Of(200, [new("X-Field", new string('x', 256 * 1024))]),
        _ => throw new ArgumentOutOfRangeException(nameof(what), what, null),
    };

    public static byte[] Of(int status, KeyValuePair<string, StringValues>[] fields, string body = "") =>
        Of(status, fields, body, Lifetime, Day);

    /// <summary>With a time that has this place among the numbers of the format.</summary>
    public static byte[] WithTime(int number, long ticks) => number switch
    {
        2 => Of(200, [], "", Lifetime, [ticks, Day[0]], hasMakingTime: true),
        3 => Of(200, [], "", InitialAge | Lifetime, [ticks, Day[0]]),
        4 => Of(200, [], "", Lifetime, [ticks]),
        5 => Of(200, [], "", Lifetime | WhileRevalidate, [Day[0], ticks]),
        _ => Of(200, [], "", Lifetime | IfError, [Day[0], ticks]),
    };

    private static long[] Day => [TimeSpan.TicksPerDay];

    private static byte[] OfPart(int status, long first, long last, long length) =>
        Of(status, [], "body", Lifetime | IsPart, [.. Day, first, last, length]);

    private static byte[] Of(
        int status, KeyValuePair<string, StringValues>[] fields, string body, int flags, long[] numbers, bool hasMakingTime = false)
    {
        var now = TimeProvider.System.GetUtcNow().UtcTicks;
        var bytes = new List<byte> { 5 };
        Add(bytes, (ushort)flags);
        Add(bytes, (ushort)status);
        foreach (var number in (long[])[now, now, .. hasMakingTime ? [] : new long[1], .. numbers])
        {
            var eight = new byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(eight, number);
            bytes.AddRange(eight);
        }

        Add(bytes, (ushort)fields.Sum(static field => field.Value.Count));
        foreach (var (name, lines) in fields)
        {
            foreach (var line in lines)
            {
                var (nameBytes, value) = (Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(line!));
                Add(bytes, (ushort)nameBytes.Length);
                bytes.AddRange(nameBytes);
                Add(bytes, (ushort)Math.Min(value.Length, ushort.MaxValue));
                if (value.Length >= ushort.MaxValue)
                    bytes.AddRange(BitConverter.GetBytes(value.Length));

                bytes.AddRange(value);
            }
        }

        bytes.AddRange(Encoding.UTF8.GetBytes(body));
        return [.. bytes];
    }

    private static string[] Lines(int count) => [.. Enumerable.Repeat("x", count)];

    private static void Add(List<byte> bytes, ushort number)
    {
        bytes.Add((byte)number);
        bytes.Add((byte)(number >> 8));
    }
}
