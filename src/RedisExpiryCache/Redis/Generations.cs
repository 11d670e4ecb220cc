using System.Buffers.Text;
using System.Security.Cryptography;
using RedisExpiryCache.Expiry;
using StackExchange.Redis;

namespace RedisExpiryCache.Redis;

/// <summary>
/// Small keys that hold a random id each, a tag's or a URL's current generation. What was made under an id may be served while the id
/// is still there: so DEL of one key evicts all of it, at once and on every node. A lost key means misses, nothing else.
/// <para>Behind its id a key can carry a note, which is exchanged only while the id stands.</para>
/// <para>Failure policy: throws what <see cref="RedisConnection"/> throws.</para>
/// </summary>
internal sealed class Generations(RedisConnection connection)
{
    /// <summary>The length of an id: 96 random bits in base64url.</summary>
    public const int IdLength = 16;

    /// <summary>
    /// How much longer than what it vouches for a generation lasts, so that it never goes first; and how long one lasts that vouches for
    /// nothing yet: whatever is being made under it has that much time.
    /// </summary>
    public static readonly TimeSpan Slack = TimeSpan.FromMinutes(10);

    public static string IdOf(string value) => value[..IdLength];

    public static string NoteOf(string value) => value[IdLength..];

    /// <summary>The values under the keys, null where there is none, in one round trip.</summary>
    public async ValueTask<string?[]> ReadAsync(IReadOnlyList<string> keys, Call call) =>
        keys.Count == 0 ? [] : await ReceiveAsync(await SendAsync(keys, call), call);

    /// <summary>The question alone, for a caller that has another one for the same round trip.</summary>
    public async ValueTask<Task<RedisValue>[]> SendAsync(IReadOnlyList<string> keys, Call call)
    {
        var database = await connection.OpenAsync(call);
        return [.. keys.Select(key => database.StringGetAsync(key))];
    }

    /// <summary>The answer to <see cref="SendAsync"/>.</summary>
    public async ValueTask<string?[]> ReceiveAsync(Task<RedisValue>[] replies, Call call)
    {
        try
        {
            await connection.Complete(Task.WhenAll(replies), call);
        }
        catch (RedisServerException) when (Array.TrueForAll(replies, static reply => reply.IsCompletedSuccessfully || IsOfWrongType(reply)))
        {
            // A list or a hash under the key is no generation either.
            return Array.ConvertAll(replies, static reply => reply.IsCompletedSuccessfully ? Checked(reply.Result) : null);
        }

        return Array.ConvertAll(replies, static reply => Checked(reply.Result));
    }

    /// <summary>The values under the keys, made where there are none, or what no generation has, in one round trip. Each lasts for <paramref name="atLeast"/> from now.</summary>
    public async ValueTask<string?[]> ReadOrCreateAsync(IReadOnlyList<string> keys, TimeSpan atLeast, Call call)
    {
        if (keys.Count == 0)
            return [];

        var database = await connection.OpenAsync(call);
        var ttlMs = Ttl.ToMilliseconds(atLeast);
        var replies = await connection.Complete(Task.WhenAll(keys.Select(key => Scripts.Generation(database, key, NewId(), ttlMs))), call);
        return Array.ConvertAll(replies, static reply => Checked((RedisValue)reply));
    }

    /// <summary>
    /// Makes a generation last for <paramref name="atLeast"/> from now (null: for ever) and gives it its note (null: leaves it its own), if it is still current.
    /// </summary>
    /// <returns>False when the generation is no longer <paramref name="id"/>: what was made under it can never be served.</returns>
    public async ValueTask<bool> KeepAsync(string key, string id, string? note, TimeSpan? atLeast, Call call)
    {
        var database = await connection.OpenAsync(call);
        var kept = await connection.Complete(
            Scripts.Keep(database, key, id, note is null ? "" : id + note, atLeast is { } span ? Ttl.ToMilliseconds(span) : null), call);
        return (int)kept == 1;
    }

    /// <summary>Ends a generation and begins the next in one step, for <see cref="Slack"/>, so that nothing can come in between.</summary>
    /// <returns>The new one; null when the generation was no longer <paramref name="id"/>: then there is none.</returns>
    public async ValueTask<string?> RenewAsync(string key, string id, Call call)
    {
        var database = await connection.OpenAsync(call);
        var newId = NewId();
        return (int)await connection.Complete(Scripts.Renew(database, key, id, newId, Ttl.ToMilliseconds(Slack)), call) == 1 ? newId : null;
    }

    /// <summary>Exchanges the note behind a generation for a new random one, so that whoever knows the old one can tell; nothing where there is no generation.</summary>
    public async ValueTask NoteAsync(string key, Call call)
    {
        var database = await connection.OpenAsync(call);
        await connection.Complete(Scripts.Note(database, key, IdLength, NewId()), call);
    }

    /// <summary>Ends a generation: one DEL, however much was made under it.</summary>
    /// <returns>False when there was none.</returns>
    public async ValueTask<bool> RemoveAsync(string key, Call call)
    {
        var database = await connection.OpenAsync(call);
        return (long)await connection.Complete(Commands.Delete(database, key), call) > 0;
    }

    private static bool IsOfWrongType(Task reply) => reply.Exception?.InnerException is { } failure && RedisErrors.IsWrongType(failure);

    /// <summary>Bytes under the key that no generation has are no generation.</summary>
    private static string? Checked(RedisValue value)
    {
        var text = (string?)value;
        return text is { Length: >= IdLength } ? text : null;
    }

    private static string NewId()
    {
        Span<byte> random = stackalloc byte[IdLength * 3 / 4];
        RandomNumberGenerator.Fill(random);
        return Base64Url.EncodeToString(random);
    }
}
