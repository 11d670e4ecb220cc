using RedisExpiryCache.Redis;

namespace RedisExpiryCache.Tests.Redis;

/// <summary>What a generation's key holds: the current id, retired ones, a note.</summary>
public sealed class GenerationsTests
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
        Assert.Equal(One, Generations.IdOf(value));
        Assert.Equal(note, Generations.NoteOf(value));
    }

    [Fact]
    public void Retired_ids_are_known_the_latest_first() =>
        Assert.Equal([Two, Three], Generations.RetiredIn($"{One}~{Two}~{Three}note"));

    [Fact]
    public void Another_note_leaves_the_ids_alone()
    {
        Assert.Equal($"{One}~{Two}new", Generations.WithNote($"{One}~{Two}old", "new"));
        Assert.Equal($"{One}new", Generations.WithNote(One, "new"));
    }

    [Fact]
    public void What_was_made_under_an_id_stands_as_that_does()
    {
        Assert.Equal(Standing.Current, Generations.StandingOf(One, $"{One}~{Two}"));
        Assert.Equal(Standing.Retired, Generations.StandingOf(Two, $"{One}~{Two}"));
        Assert.Equal(Standing.Gone, Generations.StandingOf(Three, $"{One}~{Two}"));
        Assert.Equal(Standing.Gone, Generations.StandingOf(One, null));
        Assert.Equal(Standing.Gone, Generations.StandingOf(Two, $"{One}{Two}"));
    }
}
