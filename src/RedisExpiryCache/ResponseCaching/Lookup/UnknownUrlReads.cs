using RedisExpiryCache.Redis.Execution;
using RedisExpiryCache.Redis.Generations;
using RedisExpiryCache.ResponseCaching.Keys;

namespace RedisExpiryCache.ResponseCaching.Lookup;

/// <summary>Reads the generations of URLs that this process does not know, and creates none of them.</summary>
/// <remarks>Guards and the generation of everything are created: their number is bounded.</remarks>
internal sealed class UnknownUrlReads(GenerationStore generations, ResponseKeys keys)
{
    /// <summary>One round trip in the steady state; one more creates what is missing of the keys that all URLs share.</summary>
    /// <returns> The values of the URL's key and of the tags' keys. In the place of an absent generation stands its guard, which parts
    /// requests after an eviction from those before. Null among them: nothing can be stored.
    /// </returns>
    public async ValueTask<(string?[] Values, AbsentGenerations? Absent)> ReadAsync(LookupRequest question, OperationContext call)
    {
        string[] generationKeys = [question.UrlKey, .. question.Named.Keys];
        var guardKeys = keys.GuardsOf(generationKeys);

        // A tombstone may be lifted while the reply is on its way: what was read is from before the replay then.
        var isPending = generations.ArePending(generationKeys);
        var (values, guards) = await generations.ReadAsync(generationKeys, guardKeys, call);
        if (!values.Contains(null) || isPending || generations.ArePending(generationKeys))
            return (values, null);

        var isAbsent = Array.ConvertAll(values, static value => value is null);
        var shared = await SharedAsync(generationKeys.Where((_, i) => isAbsent[i]), guardKeys, await guards, call);
        for (var i = 0; i < values.Length; i++)
        {
            if (isAbsent[i] && shared[SharedKeyOf(generationKeys[i])] is { } found)
                values[i] = keys.GuardOf(generationKeys[i]) is null ? found : GenerationValue.IdOf(found);
        }

        return (values, values.Contains(null) ? null : AbsentOf(question, isAbsent, shared));
    }

    /// <summary>What stands for each of the absent generations: the guard, or for the generation of everything that itself.</summary>
    private async ValueTask<Dictionary<string, string?>> SharedAsync(
        IEnumerable<string> absentKeys, string[] guardKeys, string?[] guards, OperationContext call)
    {
        var shared = absentKeys.Select(SharedKeyOf).Distinct().ToDictionary(
            static key => key, key => Array.IndexOf(guardKeys, key) is >= 0 and var i ? guards[i] : null);
        string[] missing = [.. shared.Where(static one => one.Value is null).Select(static one => one.Key)];
        foreach (var (key, value) in missing.Zip(await generations.ReadOrCreateAsync(missing, GenerationStore.Slack, call)))
            shared[key] = value;

        return shared;
    }

    private AbsentGenerations? AbsentOf(LookupRequest question, bool[] isAbsent, Dictionary<string, string?> shared)
    {
        string[] tags = [.. question.Tags.Where((tag, i) => isAbsent[i + 1] && tag != ResponseKeys.AllResponsesTag)];
        if (!isAbsent[0] && tags.Length == 0)
            return null;

        var guardKeys = keys.GuardsOf([.. isAbsent[0] ? [question.UrlKey] : Array.Empty<string>(), .. tags.Select(keys.TagOf)]);
        return new AbsentGenerations(isAbsent[0], tags, guardKeys, Array.ConvertAll(guardKeys, key => shared[key]!));
    }

    private string SharedKeyOf(string generationKey) => keys.GuardOf(generationKey) ?? generationKey;
}
