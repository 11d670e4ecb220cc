namespace RedisExpiryCache.Tests.HouseRules;

/// <summary>The rules bite: each of them finds what it is there to find, and leaves its neighbours alone.</summary>
public sealed class RuleTests
{
    [Theory]
    [InlineData("try { } catch { }", true)]
    [InlineData("catch (Exception e) when (Known(e)) { }", true)]
    [InlineData("catch (Exception)\n{\n    // never mind\n}", true)]
    [InlineData("catch (Exception) { /* \" */ }", true)]
    [InlineData("catch (Exception) { count++; }", false)]
    [InlineData("catch (Exception) { throw; } finally { }", false)]
    public void An_empty_catch_is_found(string code, bool found) => Assert.Equal(found, Rule.EmptyCatch().IsMatch(File(code).Names));

    [Theory]
    [InlineData("server.Keys(pattern: prefix)", true)]
    [InlineData("server.KeysAsync()", true)]
    [InlineData("database.Execute(\"keys\", prefix)", true)]
    [InlineData("await database.ExecuteAsync(\"SCAN\", 0)", true)]
    [InlineData("const string Script = \"return redis.call('keys', ARGV[1])\";", true)]
    [InlineData("redis.pcall(\"SCAN\", 0)", true)]
    [InlineData("return redis.call('GET', KEYS[1])", false)]
    [InlineData("foreach (var key in entries.Keys)", false)]
    [InlineData("tags.Add(\"keys\", count)", false)]
    public void A_walk_over_the_keys_is_found(string code, bool found) => Assert.Equal(found, Rule.KeyWalk().IsMatch(File(code).Code));

    [Theory]
    [InlineData("[Fact(Skip = \"later\")]", true)]
    [InlineData("[Fact(SkipUnless=nameof(HasRedis))]", true)]
    [InlineData("Assert.SkipWhen(noRedis, \"no Redis\");", true)]
    [InlineData("entries.Skip(1)", false)]
    [InlineData("var text = \"Skip = no\"; // Skip = never", false)]
    public void A_skipped_test_is_found(string code, bool found) => Assert.Equal(found, Rule.SkippedTest().IsMatch(File(code).Names));

    [Theory]
    [InlineData("var a = @\"c:\\\"; // StackExchange", "var a = \"\";  ")]
    [InlineData("var q = '\"'; Thread.Sleep(1); // \"", "var q = \"\"; Thread.Sleep(1);  ")]
    [InlineData("var url = \"http://host\"; /* a\nb */ Go();", "var url = \"\";   Go();")]
    [InlineData("var raw = \"\"\"say \"hi\" // here\"\"\"; Go();", "var raw = \"\"; Go();")]
    [InlineData("var e = '\\u00e9'; var s = '\\''; Go();", "var e = \"\"; var s = \"\"; Go();")]
    public void Names_are_what_is_left_without_comments_and_strings(string code, string names) => Assert.Equal(names, File(code).Names);

    [Fact]
    public void Every_folder_with_code_is_visited()
    {
        Assert.Contains(SourceTree.Files("test"), file => file.Path == "test/RedisExpiryCache.Tests/HouseRules/RuleTests.cs");
        Assert.Contains(SourceTree.Files(SourceTree.Library), file => file.Path == $"{SourceTree.Library}/RedisExpiryCache.csproj");
        Assert.DoesNotContain(SourceTree.Files("test"), file => file.Path.Contains("/obj/", StringComparison.Ordinal));
    }

    private static SourceFile File(string code) => new("somewhere.cs", code);
}
