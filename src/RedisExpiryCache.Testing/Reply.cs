using System.Buffers;
using System.Globalization;
using System.Text;

namespace RedisExpiryCache.Testing;

/// <summary>A reply in RESP2.</summary>
internal abstract record Reply
{
    private Reply()
    {
    }

    public static Reply Ok { get; } = new Status("OK");

    public static Reply Nil { get; } = new Bulk(Value: null);

    public abstract void WriteTo(IBufferWriter<byte> output);

    public static Reply Of(bool isTrue) => new Integer(isTrue ? 1 : 0);

    public static Reply Of(byte[]? value) => new Bulk(value);

    public static Reply Of(IEnumerable<byte[]?> values) => new Array([.. values.Select(Of)]);

    private static void Line(IBufferWriter<byte> output, char type, string text)
    {
        Encoding.UTF8.GetBytes($"{type}{text}\r\n", output);
    }

    private static void Line(IBufferWriter<byte> output, char type, long number) =>
        Line(output, type, number.ToString(CultureInfo.InvariantCulture));

    public sealed record Status(string Text) : Reply
    {
        public override void WriteTo(IBufferWriter<byte> output) => Line(output, '+', Text);
    }

    public sealed record Error(string Text) : Reply
    {
        public override void WriteTo(IBufferWriter<byte> output) => Line(output, '-', Text.ReplaceLineEndings(" "));
    }

    public sealed record Integer(long Value) : Reply
    {
        public override void WriteTo(IBufferWriter<byte> output) => Line(output, ':', Value);
    }

    public sealed record Bulk(byte[]? Value) : Reply
    {
        public override void WriteTo(IBufferWriter<byte> output)
        {
            Line(output, '$', Value?.Length ?? -1);
            if (Value is null)
                return;

            output.Write(Value);
            output.Write("\r\n"u8);
        }
    }

    public sealed record Array(Reply[] Items) : Reply
    {
        public override void WriteTo(IBufferWriter<byte> output)
        {
            Line(output, '*', Items.Length);
            foreach (var item in Items)
                item.WriteTo(output);
        }
    }
}
