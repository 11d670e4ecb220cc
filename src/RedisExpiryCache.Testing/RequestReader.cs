using System.Buffers.Text;

namespace RedisExpiryCache.Testing;

/// <summary>Reads commands in RESP from bytes that arrive in pieces.</summary>
internal sealed class RequestReader
{
    private byte[] buffer = new byte[4096];
    private int start;
    private int end;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (buffer.Length - end < bytes.Length)
            MakeRoom(bytes.Length);

        bytes.CopyTo(buffer.AsSpan(end));
        end += bytes.Length;
    }

    /// <returns>False: the command is not complete yet.</returns>
    /// <exception cref="InvalidDataException">The bytes are not a command in RESP.</exception>
    public bool TryRead(out Words words)
    {
        words = default;
        var at = start;
        if (!TryReadLength(ref at, (byte)'*', out var count))
            return false;

        var read = new byte[count][];
        for (var i = 0; i < count; i++)
        {
            if (!TryReadLength(ref at, (byte)'$', out var length) || end - at < length + 2)
                return false;

            read[i] = buffer.AsSpan(at, length).ToArray();
            at += length + 2;
        }

        (start, words) = (at, new Words(read));
        return true;
    }

    private bool TryReadLength(ref int at, byte type, out int length)
    {
        length = 0;
        var line = buffer.AsSpan(at, end - at);
        var lineEnd = line.IndexOf("\r\n"u8);
        if (lineEnd < 0)
            return false;

        if (line[0] != type || !Utf8Parser.TryParse(line[1..lineEnd], out length, out var used) || used != lineEnd - 1 || length < 0)
            throw new InvalidDataException("The client sent something else than a command in RESP.");

        at += lineEnd + 2;
        return true;
    }

    private void MakeRoom(int size)
    {
        var unread = buffer.AsSpan(start, end - start);
        var target = unread.Length + size > buffer.Length ? new byte[Math.Max(unread.Length + size, buffer.Length * 2)] : buffer;
        unread.CopyTo(target);
        (buffer, start, end) = (target, 0, unread.Length);
    }
}
