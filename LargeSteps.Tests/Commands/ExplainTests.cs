using System.Text.RegularExpressions;
using LargeSteps.Configuration;
using LargeSteps.Experiments;
using LargeSteps.Experiments.Docs;
using LargeSteps.Tests.Rooms;

namespace LargeSteps.Tests.Commands;

/// <summary>What is said of error codes, against the sources that give them and the configs that have them.</summary>
public partial class ExplainTests
{
    public static TheoryData<string> Examples => [.. ErrorCodes.All.Where(code => code.Wrong is not null).Select(code => code.Code)];

    [Fact]
    public void Every_code_of_the_sources_is_explained_and_every_explained_code_is_one_of_them()
    {
        var sources = ((string[])["LargeSteps.Core", "LargeSteps.Experiments"]).SelectMany(Sources.Files)
            .Where(file => !file.EndsWith("Errors.cs", StringComparison.Ordinal));
        var given = sources.SelectMany(file => Code().Matches(File.ReadAllText(file)).Select(match => match.Value));
        Assert.Equal(given.Distinct().Order(StringComparer.Ordinal), ErrorCodes.All.Select(code => code.Code));
    }

    [Fact]
    public void A_group_is_a_hundred() => Assert.All(ErrorCodes.Groups, group =>
        Assert.All(group.Codes, code => Assert.StartsWith($"LS{group.Number:00}", code.Code, StringComparison.Ordinal)));

    [Fact]
    public void Each_is_said_in_sentences() => Assert.All(ErrorCodes.All, code =>
    {
        Assert.All((string[])[code.Meaning, code.Remedy], text => Assert.Matches(@"^\p{Lu}.*\.$", text));
        Assert.DoesNotMatch(@"^\p{Lu}\p{Ll}|\.$", code.Title);
    });

    [Theory]
    [MemberData(nameof(Examples))]
    public void The_wrong_lines_of_an_example_have_its_code_and_the_right_ones_have_none(string code)
    {
        var example = ErrorCodes.Find(code)!;
        Assert.Contains(code, CodesOf(example.Wrong!));
        Assert.Equal([], CodesOf(example.Right!));
        Assert.Equal(example.Wrong!.Split('\n').Length, example.Right!.Split('\n').Length);
    }

    [Fact]
    public void A_code_is_told_with_what_to_do_and_an_example()
    {
        var said = Cli.Run("explain", "LS0105");
        Assert.Equal((ExitCode.Done, ""), (said.Code, said.Error));
        Snapshot.Matches("explain_code", said.Out);
        Assert.Equal(said, Cli.Run("explain", "ls0105"));
        Assert.Equal(said, Cli.Run("explain", "105"));
        // Several, each once, in the order in which they are asked for.
        var other = Cli.Run("explain", "LS0106").Out;
        Assert.Equal($"{other}{Environment.NewLine}{said.Out}", Cli.Run("explain", "106", "105", "LS0106").Out);
        Assert.Contains("there is no error code 'LS9999'", Cli.Run("explain", "105", "LS9999").Error, StringComparison.Ordinal);
        var prose = ErrorCodes.All.SelectMany(code => Cli.Run("explain", code.Code).Out.Split('\n'))
            .Where(line => line is not ['+' or '-' or ' ', ..]);
        Assert.All(prose, line => Assert.InRange(line.TrimEnd('\r').Length, 0, 80));
    }

    [Fact]
    public void Without_a_code_all_are_listed()
    {
        var said = Cli.Run("explain");
        Assert.Equal((ExitCode.Done, ""), (said.Code, said.Error));
        Snapshot.Matches("explain_list", said.Out);
    }

    [Theory]
    [InlineData("LS0112", "there is no error code 'LS0112'; did you mean 'LS0111'? 'explain' without a code lists them")]
    [InlineData("0219", "there is no error code '0219'; did you mean 'LS0218'? 'explain' without a code lists them")]
    [InlineData("L0105", "there is no error code 'L0105'; did you mean 'LS0105'? 'explain' without a code lists them")]
    [InlineData("quotes", "there is no error code 'quotes'; 'explain' without a code lists them")]
    [InlineData("L", "there is no error code 'L'; 'explain' without a code lists them")]
    [InlineData("", "there is no error code ''; 'explain' without a code lists them")]
    public void Of_an_unknown_code_the_nearest_one_is_told(string word, string message) =>
        Assert.Equal(new Said(ExitCode.BadInput, "", $"error LS0300: {message}{Environment.NewLine}"), Cli.Run("explain", word));

    [Fact]
    public void The_page_is_of_all_codes() => Assert.Equal(ExitCode.BadInput, Cli.Run("explain", "LS0105", "--markdown").Code);

    [Fact]
    public void The_page_in_docs_is_what_the_program_writes()
    {
        var stored = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "errors.md"));
        Assert.True(Snapshot.Difference(stored, ErrorPage.Text()) is null, "Write it again: explain --markdown > docs/errors.md");
        Assert.Equal(new Said(0, stored.ReplaceLineEndings("\n"), ""), Cli.Run("explain", "--markdown"));
    }

    // The codes of the small experiment with these lines in place of its own of the same keys.
    private static IEnumerable<string> CodesOf(string lines)
    {
        string[] keys = [.. lines.Split('\n').Select(line => line[..(line.IndexOf(':', StringComparison.Ordinal) + 1)])];
        var (text, left) = (lines + "\n", false);
        foreach (var line in Cli.Small.ReplaceLineEndings("\n").Split('\n'))
        {
            if (!line.StartsWith(' ')) left = keys.Any(key => line.StartsWith(key, StringComparison.Ordinal));
            if (!left) text += line + "\n";
        }
        return ExperimentYaml.Parse(text, "").Match(_ => [], problems => problems).Select(problem => problem.Code);
    }

    [GeneratedRegex("LS[0-9]{4}")]
    private static partial Regex Code();
}
