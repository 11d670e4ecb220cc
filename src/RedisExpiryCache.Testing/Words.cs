using System.Globalization;
using System.Text;

namespace RedisExpiryCache.Testing;

/// <summary>The words of a command: its name, and its arguments from index 1 on.</summary>
internal readonly struct Words(byte[][] all)
{
    public int Count => all.Length;

    public byte[] this[int index] => all[index];

    /// <summary>A key as text, from <see cref="Key"/>.</summary>
    public static string TextOf(string key) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(key));

    public string Name => Upper(0);

    /// <summary>A key or a field as the dictionaries have it: each byte is one character.</summary>
    public string Key(int index) => Encoding.Latin1.GetString(all[index]);

    public IEnumerable<string> Keys(int from)
    {
        for (var i = from; i < all.Length; i++)
            yield return Encoding.Latin1.GetString(all[i]);
    }

    public string Upper(int index) => Encoding.UTF8.GetString(all[index]).ToUpperInvariant();

    public string Text(int index) => Encoding.UTF8.GetString(all[index]);

    /// <exception cref="CommandException">The word is no integer.</exception>
    public long Number(int index) =>
        long.TryParse(all[index], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : throw CommandException.NotAnInteger();

    public byte[][] Slice(int from, int to) => all[from..to];
}
