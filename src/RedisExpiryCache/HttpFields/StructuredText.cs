using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace RedisExpiryCache.HttpFields;

/// <summary>What stands between the delimiters of a Byte Sequence and of a Display String, RFC 9651 4.2.7 and 4.2.10.</summary>
internal static class StructuredText
{
    private const string LowerHex = "0123456789abcdef";

    private static readonly SearchValues<char> Base64Characters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

    /// <summary>RFC 9651 4.2.7 asks to accept what lacks its padding; padding that is there has to fit.</summary>
    public static bool IsBase64(ReadOnlySpan<char> content)
    {
        var data = content.TrimEnd('=');
        if (data.IndexOfAnyExcept(Base64Characters) >= 0)
            return false;

        return (content.Length - data.Length) switch
        {
            0 => data.Length % 4 != 1,
            1 or 2 => content.Length % 4 == 0,
            _ => false,
        };
    }

    /// <summary>Printable ASCII, where "%" and two digits in lower case stand for a byte, and all the bytes for UTF-8.</summary>
    public static bool TryDecodeDisplayString(ReadOnlySpan<char> content, out string decoded)
    {
        decoded = "";
        var bytes = new byte[content.Length];
        var count = 0;
        for (var i = 0; i < content.Length; i++)
        {
            var value = (int)content[i];
            if (value is < ' ' or > '~')
                return false;

            if (value == '%')
            {
                value = HexByte(content[(i + 1)..]);
                if (value < 0)
                    return false;
                i += 2;
            }

            bytes[count++] = (byte)value;
        }

        if (!Utf8.IsValid(bytes.AsSpan(0, count)))
            return false;
        decoded = Encoding.UTF8.GetString(bytes, 0, count);
        return true;
    }

    /// <summary>The byte that two digits stand for; negative where the text does not begin with two.</summary>
    private static int HexByte(ReadOnlySpan<char> digits) => digits is [var high, var low, ..]
        ? (LowerHex.IndexOf(high, StringComparison.Ordinal) << 4) | LowerHex.IndexOf(low, StringComparison.Ordinal)
        : -1;
}
