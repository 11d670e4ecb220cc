using RedisExpiryCache.Redis.Generations;

namespace RedisExpiryCache.Tests.Redis.Generations;

/// <summary>What a generation's key holds: the current id, retired ones, a note.</summary>
public sealed class GenerationValueTests
{
    private const string One = "0123456789abcdef", Two = "ABCDEF-_01234567", Three = "zyxwvutsrqponmlk";

    [Theory]
    [InlineData(One, "")]
    [InlineData($"{One}a note", "a note")]
    [InlineData($"{One}~{Two}", "")]
    [InlineData($"{One}~{Two}~{Three}|names\nlines", "|names\nlines")]
    [InlineData($"{One}~too short", "~too short")]
    public void The_note_is_what_stands_behind_all_ids(string value, string note)
    {
        Assert.Equal(One, GenerationValue.IdOf(value));
        Assert.Equal(note, GenerationValue.NoteOf(value));
    }

    [Fact]
    public void Retired_ids_are_known_the_latest_first() =>
        Assert.Equal([Two, Three], GenerationValue.StaleIn($"{One}~{Two}~{Three}note"));

    [Fact]
    public void Another_note_leaves_the_ids_alone()
    {
        Assert.Equal($"{One}~{Two}new", GenerationValue.WithNote($"{One}~{Two}old", "new"));
        Assert.Equal($"{One}new", GenerationValue.WithNote(One, "new"));
    }

    [Fact]
    public void What_was_made_under_an_id_stands_as_that_does()
    {
        Assert.Equal(GenerationStatus.Current, GenerationValue.StatusOf(One, $"{One}~{Two}"));
        Assert.Equal(GenerationStatus.Stale, GenerationValue.StatusOf(Two, $"{One}~{Two}"));
        Assert.Equal(GenerationStatus.Evicted, GenerationValue.StatusOf(Three, $"{One}~{Two}"));
        Assert.Equal(GenerationStatus.Evicted, GenerationValue.StatusOf(One, null));
        Assert.Equal(GenerationStatus.Evicted, GenerationValue.StatusOf(Two, $"{One}{Two}"));
    }
}
