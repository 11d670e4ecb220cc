using System.Text;
using RedisExpiryCache.Testing;

namespace RedisExpiryCache.Tests.Testing;

public class RequestReaderTests
{
    private readonly RequestReader reader = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Commands_that_arrive_in_pieces_are_read_whole_and_in_order(int pieceSize)
    {
        var bytes = Encoding.UTF8.GetBytes("*2\r\n$3\r\nGET\r\n$6\r\na\r\nbé\r\n*1\r\n$0\r\n\r\n*0\r\n");
        var read = new List<string>();
        foreach (var piece in bytes.Chunk(pieceSize))
        {
            reader.Append(piece);
            while (reader.TryRead(out var words))
                read.Add(string.Join('|', Enumerable.Range(0, words.Count).Select(words.Text)));
        }

        Assert.Equal(["GET|a\r\nbé", "", ""], read);
    }

    [Fact]
    public void A_large_word_grows_the_buffer_and_later_commands_are_read()
    {
        var large = new byte[3_000_000];
        Random.Shared.NextBytes(large);
        for (var i = 0; i < 3; i++)
        {
            reader.Append(Encoding.ASCII.GetBytes($"*1\r\n${large.Length}\r\n"));
            foreach (var piece in large.Chunk(100_000))
            {
                Assert.False(reader.TryRead(out _));
                reader.Append(piece);
            }

            reader.Append("\r\n"u8);
            Assert.True(reader.TryRead(out var words));
            Assert.Equal(large, words[0]);
        }
    }

    [Theory]
    [InlineData("PING\r\n")]
    [InlineData("*x\r\n")]
    [InlineData("*-1\r\n")]
    [InlineData("*1\r\n:5\r\n")]
    [InlineData("*1\r\n$1x\r\na\r\n")]
    public void What_is_not_a_command_in_RESP_is_refused(string text)
    {
        reader.Append(Encoding.ASCII.GetBytes(text));
        Assert.Throws<InvalidDataException>(() => reader.TryRead(out _));
    }
}
