using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using RedisExpiryCache.Redis.Execution;
using StackExchange.Redis;

namespace RedisExpiryCache.Tests.Redis.Execution;

public sealed class RepliesTests
{
    private const string Secret = "the value of another key";

    private static readonly RedisResult[] Wrong =
    [
        RedisResult.Create(Secret, ResultType.BulkString),
        RedisResult.Create(Secret, ResultType.SimpleString),
        RedisResult.Create([(RedisValue)Secret, (RedisValue)Secret]),
        RedisResult.Create([RedisResult.Create([(RedisValue)Secret])]),
        RedisResult.Create(RedisValue.Null),
        RedisResult.Create(Secret, ResultType.Error),
    ];

    [Fact]
    public void No_reply_of_another_kind_is_in_an_exception()
    {
        Action<RedisResult>[] readers =
        [
            static reply => Replies.Integer(reply), static reply => Replies.Number(reply), static reply => Replies.Bytes(reply),
            static reply => Replies.Text(reply), static reply => Replies.Value(reply), Replies.Ok,
            static reply => Replies.Array(reply, atLeast: 3), static reply => Replies.TryNumber(reply, out _),
        ];
        foreach (var reply in Wrong)
        {
            foreach (var reader in readers)
            {
                if (Record.Exception(() => reader(reply)) is not { } failure)
                    continue;

                Assert.IsType<RedisException>(failure);
                Assert.DoesNotContain("value of another", failure.ToString(), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void A_number_is_read_from_an_integer_and_from_its_digits()
    {
        Assert.Equal(7, Replies.Integer(RedisResult.Create(7, ResultType.Integer)));
        Assert.Equal(7, Replies.Number(RedisResult.Create("7", ResultType.BulkString)));
        Assert.Throws<RedisException>(() => Replies.Integer(RedisResult.Create("7", ResultType.BulkString)));
        Assert.Throws<RedisException>(() => Replies.Number(RedisResult.Create("7x", ResultType.BulkString)));
    }

    [Fact]
    public void Null_is_an_empty_array_no_text_and_no_bytes()
    {
        var none = RedisResult.Create(RedisValue.Null);
        Assert.Empty(Replies.Array(none));
        Assert.Null(Replies.Text(none));
        Assert.True(Replies.Bytes(none).IsEmpty);
        Assert.Throws<RedisException>(() => Replies.Ok(none));
    }

    /// <summary>In the compiled library, where a cast of the client library is a call of its conversion.</summary>
    [Fact]
    public void Only_one_type_converts_replies()
    {
        using var file = new PEReader(File.OpenRead(typeof(Replies).Assembly.Location));
        var metadata = file.GetMetadataReader();
        var conversions = metadata.MemberReferences.Where(handle =>
        {
            var member = metadata.GetMemberReference(handle);
            return metadata.GetString(member.Name) == "op_Explicit" && member.Parent.Kind == HandleKind.TypeReference
                && metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)member.Parent).Name) == nameof(RedisResult);
        }).Select(static handle => BitConverter.GetBytes(MetadataTokens.GetToken(handle))).ToArray();
        var converting = metadata.TypeDefinitions.Where(type => metadata.GetTypeDefinition(type).GetMethods().Any(handle =>
        {
            var address = metadata.GetMethodDefinition(handle).RelativeVirtualAddress;
            var code = address == 0 ? [] : file.GetMethodBody(address).GetILBytes()!;
            return conversions.Any(token => code.AsSpan().IndexOf((ReadOnlySpan<byte>)(byte[])[0x28, .. token]) >= 0);
        })).Select(type => metadata.GetString(metadata.GetTypeDefinition(type).Name));

        Assert.Equal([nameof(Replies)], converting);
    }
}
