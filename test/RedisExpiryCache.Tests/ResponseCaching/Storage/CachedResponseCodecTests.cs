using CsCheck;
using Microsoft.Extensions.Primitives;
using RedisExpiryCache.HttpFields;
using RedisExpiryCache.ResponseCaching.Storage;
using RedisExpiryCache.Rfc9111;

namespace RedisExpiryCache.Tests.ResponseCaching.Storage;

public class CachedResponseCodecTests
{
    private static readonly Gen<DateTimeOffset> Moments = Gen.Long[0, DateTimeOffset.MaxValue.Ticks].Select(ticks => new DateTimeOffset(ticks, TimeSpan.Zero));
    private static readonly Gen<TimeSpan> Spans = Gen.Long[0, DeltaSeconds.Max.Ticks].Select(TimeSpan.FromTicks);
    private static readonly Gen<string> Values = Gen.String[Gen.Char["ab ,;=\"\t~"], 0, 20];
    private static readonly Gen<KeyValuePair<string, StringValues>> Fields = Gen.Select(
        Gen.String[Gen.Char["abXY-"], 1, 10], Values.Array[1, 3], (name, lines) => new KeyValuePair<string, StringValues>(name, lines));

    private static readonly Gen<StoredRange> Parts = Gen.Select(
        Gen.Long[0, 1_000], Gen.Long[200, long.MaxValue / 4], Gen.Long[1, 1_000],
        (first, length, rest) => new StoredRange(new ByteRange(first, first + length - 1), first + length + rest));

    private static readonly Gen<StoredResponse> Rules = Gen.Select(
        Gen.Int[206, 599].Where(static status => status != 304),
        Gen.Select(Moments, Moments, Moments.Nullable()),
        Gen.Select(Spans, Spans.Nullable(), Spans.Nullable(), Spans.Nullable(), Spans),
        Parts.Nullable(),
        Gen.Bool.Array[6],
        (status, moments, spans, part, flags) => new StoredResponse
        {
            StatusCode = part is null ? status : 206,
            ResponseTime = moments.Item1,
            Date = moments.Item2,
            LastModified = moments.Item3,
            CorrectedInitialAge = spans.Item1,
            FreshnessLifetime = spans.Item2,
            StaleWhileRevalidate = spans.Item3,
            StaleIfError = spans.Item4,
            MakingTime = spans.Item5,
            Part = part,
            NoCache = flags[0],
            MustRevalidate = flags[1],
            AllowsEverybody = flags[2],
            AllowsAuthorization = flags[3],
            IsETagOurs = flags[4],
            IsCacheControlOurs = flags[5],
        });

    private static readonly Gen<(CachedResponse Response, byte[] Body)> Responses = Gen.Select(
        Rules, Fields.Array[0, 6], Gen.Byte.Array[0, 200],
        (rules, fields, body) => (new CachedResponse([.. fields.DistinctBy(field => field.Key)], rules), body));

    [Fact]
    public void What_was_encoded_comes_back() => Responses.Sample(one =>
    {
        var (decoded, body) = CachedResponseCodec.TryDecode(Encode(one))!.Value;

        Assert.Equal(one.Response.StatusCode, decoded.StatusCode);
        Assert.Equal(one.Response.Fields, decoded.Fields);
        Assert.Equal(one.Response.Rules with { BodyLength = one.Body.Length }, decoded.Rules with { ETag = null });
        Assert.Equal(one.Body, body.ToArray());
    });

    /// <summary>Zero is a value, and not the same as none.</summary>
    [Fact]
    public void No_time_is_told_from_one_of_zero()
    {
        var zero = Plain() with
        {
            FreshnessLifetime = TimeSpan.Zero,
            StaleWhileRevalidate = TimeSpan.Zero,
            StaleIfError = TimeSpan.Zero,
            LastModified = DateTimeOffset.MinValue,
        };

        Assert.Equal(zero, CachedResponseCodec.TryDecode(Encode((new CachedResponse([], zero), [])))!.Value.Response.Rules);
        Assert.Equal(Plain(), CachedResponseCodec.TryDecode(Encode((new CachedResponse([], Plain()), [])))!.Value.Response.Rules);
    }

    /// <summary>What is in Redis already has to be read by the next version of this code: a change here asks for a new number.</summary>
    [Fact]
    public void The_bytes_are_those_of_version_5()
    {
        var rules = Plain() with { StatusCode = 206, NoCache = true, Part = new StoredRange(new ByteRange(1, 2), 3), StaleIfError = TimeSpan.FromTicks(4), MakingTime = TimeSpan.FromTicks(5) };
        var bytes = Encode((new CachedResponse([new("A", "b")], rules), [9]));

        var epoch = Convert.ToHexString(BitConverter.GetBytes(DateTimeOffset.UnixEpoch.Ticks));
        Assert.Equal(
            $"05A002CE00{epoch}{epoch}05000000000000000400000000000000010000000000000002000000000000000300000000000000010001004101006209",
            Convert.ToHexString(bytes));
    }

    [Fact]
    public void Whose_Cache_Control_it_is_is_the_eleventh_flag()
    {
        var (app, ours) = (Encode((new CachedResponse([], Plain()), [])), Encode((new CachedResponse([], Plain() with { IsCacheControlOurs = true }), [])));
        var at = Enumerable.Range(0, app.Length).Where(at => app[at] != ours[at]);

        Assert.Equal([2], at);
        Assert.Equal(1024 >> 8, ours[2] - app[2]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void The_length_of_the_body_is_counted_and_not_written_down(int length)
    {
        var claimed = new CachedResponse([], Plain() with { BodyLength = 99 });
        var bytes = Encode((claimed, new byte[length]));

        Assert.Equal(Encode((new CachedResponse([], Plain()), new byte[length])), bytes);
        Assert.Equal(length, CachedResponseCodec.TryDecode(bytes)!.Value.Response.Rules.BodyLength);
    }

    [Theory]
    [InlineData("ETag")]
    [InlineData("etag")]
    public void The_validator_is_found_among_the_fields(string name)
    {
        var response = new CachedResponse([new("X-Any", "1"), new(name, "W/\"1\"")], Plain());
        Assert.Equal("W/\"1\"", CachedResponseCodec.TryDecode(Encode((response, [])))!.Value.Response.Rules.ETag);
    }

    [Fact]
    public void Names_that_stand_in_most_responses_are_numbers()
    {
        string[] names = ["Content-Type", "Date", "Cache-Control", "ETag", "Last-Modified", "Vary", "Expires", "Content-Language"];
        var empty = Encode((new CachedResponse([], Plain()), []));
        for (var i = 0; i < names.Length; i++)
        {
            var bytes = Encode((new CachedResponse([new(names[i], "")], Plain()), []));
            Assert.Equal([(byte)i, 0xFF, 0, 0], bytes[empty.Length..]);
            Assert.Equal(names[i], Assert.Single(CachedResponseCodec.TryDecode(bytes)!.Value.Response.Fields).Key);
        }

        // In the app's own spelling, where that is another one; and no number that stands for none is taken for a name.
        var spelled = Encode((new CachedResponse([new("date", "")], Plain()), []));
        Assert.Equal("date", Assert.Single(CachedResponseCodec.TryDecode(spelled)!.Value.Response.Fields).Key);
        var unknown = Encode((new CachedResponse([new("Date", "")], Plain()), []));
        unknown[empty.Length] = (byte)names.Length;
        Assert.Null(CachedResponseCodec.TryDecode(unknown));
    }

    [Fact]
    public void A_name_that_the_format_has_no_room_for_is_refused_and_one_that_just_fits_comes_back()
    {
        var longest = new CachedResponse([new(new string('x', 0xFEFF), "1")], Plain());
        Assert.Equal(longest.Fields, CachedResponseCodec.TryDecode(Encode((longest, [])))!.Value.Response.Fields);
        Assert.Throws<OverflowException>(() => Encode((new CachedResponse([new(new string('x', 0xFF00), "1")], Plain()), [])));
    }

    [Fact]
    public void What_the_header_of_a_field_can_hold_comes_back()
    {
        StringValues several = new(["one", "", "one", "tab\tand ~"]);
        var response = new CachedResponse([new("X-Several", several), new("X-Long", new string('x', 70_000)), new("X-Edge", new string('x', 65_534)), new("X-Over", new string('x', 65_535))], Plain());
        Assert.Equal(response.Fields, CachedResponseCodec.TryDecode(Encode((response, [])))!.Value.Response.Fields);
    }

    [Fact]
    public void No_bytes_make_it_throw() => Gen.Byte.Array[0, 300].Sample(bytes =>
    {
        _ = CachedResponseCodec.TryDecode(bytes);
        if (bytes.Length > 0)
            bytes[0] = 5;

        return CachedResponseCodec.TryDecode(bytes) is not var (_, body) || body.Length <= bytes.Length;
    }, iter: 5_000);

    [Fact]
    public void No_damage_makes_it_throw() => Gen.Select(Responses, Gen.Int[0, 5_000], Gen.Byte).Sample((one, at, value) =>
    {
        var bytes = Encode(one);
        _ = CachedResponseCodec.TryDecode(bytes.AsMemory(0, at % bytes.Length));
        bytes[at % bytes.Length] = value;
        _ = CachedResponseCodec.TryDecode(bytes);
        return true;
    }, iter: 5_000);

    [Fact]
    public void Another_version_and_too_few_bytes_are_no_response()
    {
        var bytes = Encode((new CachedResponse([], Plain()), []));
        Assert.NotNull(CachedResponseCodec.TryDecode(bytes));
        Assert.Null(CachedResponseCodec.TryDecode(bytes.AsMemory(0, bytes.Length - 1)));
        bytes[0] = 2;
        Assert.Null(CachedResponseCodec.TryDecode(bytes));
    }

    public static TheoryData<string, bool> Responses200 => new()
    {
        { "nothing else", true },
        { "a body", true },
        { "a status of 199", false },
        { "a status of 600", false },
        { "a status of 304", false },
        { "a body with 204", false },
        { "a body with 205", false },
        { "a part beyond its whole", false },
        { "a part that ends before it begins", false },
        { "a part of a negative position", false },
        { "more bytes than its part", false },
        { "a part with 200", false },
        { "CR LF in a value", false },
        { "NUL in a value", false },
        { "DEL in a value", false },
        { "ESC in a value", false },
        { "a value beyond ASCII", false },
        { "a name beyond ASCII", false },
        { "an empty name", false },
        { "a blank in a name", false },
        { "a colon in a name", false },
        { "Content-Length", false },
        { "Transfer-Encoding", false },
        { "1,000 lines", true },
        { "1,001 lines", false },
        { "65,535 lines of one name", false },
        { "a value of 256 KiB", false },
    };

    /// <summary>An entry whose checksum holds may have been written by another program, or by a version with a mistake.</summary>
    [Theory]
    [MemberData(nameof(Responses200))]
    public void A_response_with_content_that_cannot_be_sent_does_not_decode(string what, bool decodes) =>
        Assert.Equal(decodes, CachedResponseCodec.TryDecode(HostileResponse.With(what)) is not null);

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void A_time_out_of_range_does_not_decode(int number)
    {
        Assert.NotNull(CachedResponseCodec.TryDecode(HostileResponse.WithTime(number, 0)));
        Assert.NotNull(CachedResponseCodec.TryDecode(HostileResponse.WithTime(number, DeltaSeconds.Max.Ticks)));
        foreach (var ticks in new[] { -1, long.MinValue, long.MaxValue, DeltaSeconds.Max.Ticks + 1 })
            Assert.Null(CachedResponseCodec.TryDecode(HostileResponse.WithTime(number, ticks)));
    }

    [Fact]
    public void Fields_that_the_decoder_refuses_are_not_stored()
    {
        var texts = Gen.String[Gen.Char["ab-:\r\n\0\té~ "], 0, 4];
        Gen.Select(texts, texts.Array[1, 3]).Array[0, 4].Sample(fields =>
        {
            KeyValuePair<string, StringValues>[] all =
                [.. fields.Select(static field => new KeyValuePair<string, StringValues>(field.Item1, field.Item2))];
            return FieldLines.CanHold(all) == (CachedResponseCodec.TryDecode(HostileResponse.Of(200, all)) is not null);
        });
    }

    [Fact]
    public void Fields_at_the_bounds_are_stored_and_come_back()
    {
        KeyValuePair<string, StringValues>[] lines = [new("X", Enumerable.Repeat("", FieldLines.MaximumLines).ToArray())];
        KeyValuePair<string, StringValues>[] tooMany = [new("X", Enumerable.Repeat("", FieldLines.MaximumLines + 1).ToArray())];
        KeyValuePair<string, StringValues>[] size = [new("X", new string('x', FieldLines.MaximumFieldsSize - 9))];
        KeyValuePair<string, StringValues>[] tooLong = [new("X", new string('x', FieldLines.MaximumFieldsSize - 8))];

        Assert.True(FieldLines.CanHold(lines) && FieldLines.CanHold(size));
        Assert.False(FieldLines.CanHold(tooMany) || FieldLines.CanHold(tooLong));
        Assert.Equal(lines, CachedResponseCodec.TryDecode(Encode((new CachedResponse(lines, Plain()), [])))!.Value.Response.Fields);
        Assert.Equal(size, CachedResponseCodec.TryDecode(Encode((new CachedResponse(size, Plain()), [])))!.Value.Response.Fields);
    }

    [Fact]
    public void A_time_beyond_what_the_rules_count_is_stored_as_the_longest_one()
    {
        var rules = Plain() with { StaleWhileRevalidate = TimeSpan.MaxValue, StaleIfError = TimeSpan.MaxValue };
        var decoded = CachedResponseCodec.TryDecode(Encode((new CachedResponse([], rules), [])))!.Value.Response.Rules;
        Assert.Equal((DeltaSeconds.Max, DeltaSeconds.Max), (decoded.StaleWhileRevalidate, decoded.StaleIfError));
    }

    private static byte[] Encode((CachedResponse Response, byte[] Body) one) => [.. CachedResponseCodec.EncodeHead(one.Response).Span, .. one.Body];

    private static StoredResponse Plain() => new() { ResponseTime = DateTimeOffset.UnixEpoch, Date = DateTimeOffset.UnixEpoch };
}
