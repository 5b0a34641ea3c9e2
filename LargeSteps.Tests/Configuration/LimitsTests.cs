using System.Text;
using CsCheck;
using LargeSteps.Configuration;
using LargeSteps.Pipelines;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Tests.Configuration;

/// <summary>What is too large for an experiment, or acts on terminals, is refused with its number and in a moment.</summary>
public class LimitsTests
{
    private const string Shared = """
        dataset: { kind: sparse_regression, samples: 8, dimensions: 20, support: 2 }
        model: { kind: diagonal_linear }
        schedule: { kind: constant, rate: 0.1 }
        optimizer: { kind: sgd, steps: 1000000000000, seed: 1 }
        probes: { at: { every: 1, end: true }, measure: [losses] }

        """;

    private static string[] Problems(string text) => ExperimentYaml.Parse(text, "x.yaml").Match(
        experiment => (string[])[], problems => [.. problems.Select(problem => problem.ToString())]);

    private static string Small(string more) => "name: x\n" + Shared.Replace("1000000000000", "100", StringComparison.Ordinal) + more;

    [Theory]
    [InlineData("{ every: 50 }", "20000000000 measurements are asked for, of 1.92E+03 GB")]
    [InlineData("{ first: 2147483647, evenly: 2147483647 }", "4294967294 measurements are asked for, of 412 GB")]
    [InlineData("{ first: 1, logarithmic: 2147483647 }", "2147483648 measurements are asked for, of 206 GB")]
    [InlineData("{ every_epochs: 1e-9 }", "1000000000000 measurements are asked for, of 9.6E+04 GB")]
    public void More_measurements_than_memory_holds_are_refused_before_any_is_planned(string at, string said) =>
        Assert.Equal($"x.yaml(6,15): error LS0227: {said}; the most is 5000000, of 8 GB", Assert.Single(Problems("name: x\n"
            + Shared.Replace("{ every: 1, end: true }, measure: [losses]", $"{at}, measure: [losses], snapshots: {{ measurements: [0] }}",
            StringComparison.Ordinal))));

    [Fact]
    public void So_are_those_of_all_runs_and_seeds_together_and_snapshots()
    {
        Assert.Equal("x.yaml(6,15): error LS0227: the measurements of 1 runs with 1000000 seeds have 9.7 GB; the most is 8 GB",
            Assert.Single(Problems(Small("seeds: { count: 1000000 }\n"))));
        Assert.Equal(
            "x.yaml(6,15): error LS0227: 1000000 measurements are asked for, of 8.1 GB; the most is 5000000, of 8 GB",
            Assert.Single(Problems("name: x\n" + Shared.Replace("1000000000000", "1000000", StringComparison.Ordinal)
                .Replace("dimensions: 20", "dimensions: 500", StringComparison.Ordinal)
                .Replace("every: 1, end: true }, measure", "every: 1 }, snapshots: all, measure", StringComparison.Ordinal))));
    }

    [Fact]
    public void Checkpoints_of_every_step_of_the_longest_run_are_no_list() => Cadence.EveryEpochs(0.37, end: true).Match(
        _ => throw new InvalidOperationException(), every =>
        {
            var horizon = new Horizon(PipelineChecks.MaxSteps, 7);
            Assert.True(every.Has(PipelineChecks.MaxSteps, horizon));
            Assert.Equal(Cadence.EveryEpochs(0.37).Iterations(new Horizon(1000, 7)),
                Enumerable.Range(0, 1000).Select(i => (long)i).Where(i => every.Has(i, horizon)));
            return 0;
        }, _ => throw new InvalidOperationException());

    [Fact]
    public void Seeds_end_at_the_last_one()
    {
        Assert.Equal("x.yaml(7,35): error LS0106: 2 seeds from 4294967295 go beyond the last one, 4294967295",
            Assert.Single(Problems(Small("seeds: { from: 4294967295, count: 2 }\n"))));
        Assert.Empty(Problems(Small("seeds: { from: 4294967295, count: 1 }\n")));
    }

    public static TheoryData<string, string> TooMany => new()
    {
        { "runs:\n" + Many(15_000, i => $" - {{ label: a{i} }}\n"),
        "x.yaml(8,2): error LS0228: an experiment has at most 10000 runs, not 15000" },
        { "figures:\n" + Many(1500, i => $" - {{ file: f{i}, panels: [train_loss] }}\n"),
            "x.yaml(8,2): error LS0228: an experiment has at most 1000 figures, not 1500" },
        { "sweep: { schedule.rate: { log: [0.01, 0.1, 10000] } }\nruns: [{ label: a }, { label: b }]\n",
            "x.yaml(7,8): error LS0228: 2 runs at each point of the grid are 20000 runs; an experiment has at most 10000" },
        { "seeds: { count: 1000000 }\nruns: [{ label: a }, { label: b }]\n",
            "x.yaml(7,17): error LS0228: 2 runs with 1000000 seeds are 2000000; an experiment has at most 1000000" },
        { $"sweep: {{ schedule.rate: {{ log: [0.01, 0.1, 1000] }} }}\nruns: [{{ label: a, schedule: {{ kind: drops, rate: 1, at: [{Many(1000,
            i => $"{{ step: {i + 1}, divide_by: 2 }}, ")}] }} }}]\n",
            "x.yaml(7,8): error LS0228: 1000 points of a grid with 3004 values each have more than 2000000" },
    };

    [Theory]
    [MemberData(nameof(TooMany), DisableDiscoveryEnumeration = true)]
    public void More_than_fits_into_tables_is_refused_with_the_number(string text, string problem) =>
        Assert.Equal(problem, string.Join("\n", Problems(Small(text))));

    [Fact]
    public void What_all_runs_take_over_from_what_is_shared_counts_for_each()
    {
        var text = "name: x\n" + Shared.Replace("1000000000000", "1000", StringComparison.Ordinal).Replace("kind: constant, rate: 0.1",
            $"kind: drops, rate: 0.1, at: [{Many(900, i => $"{{ step: {i + 1}, divide_by: 1.01 }}, ")}]", StringComparison.Ordinal)
            + "runs:\n" + Many(1500, i => $" - {{ label: a{i}, schedule: {{ rate: 0.{i + 1} }} }}\n");
        Assert.Equal("x.yaml(1,1): error LS0228: the runs, with all that they take over from what is shared, have more than 2000000 values",
            Assert.Single(Problems(text)));
    }

    [Fact]
    public void So_does_what_is_looked_at_for_each_of_them_and_the_paths_of_a_grid()
    {
        var table = string.Join(", ", Enumerable.Repeat("[0]", 10_000));
        var text = Small("runs:\n" + string.Concat(Enumerable.Range(0, 3000).Select(i => $"- {{ label: r{i} }}\n"))).Replace(
            "{ kind: sparse_regression, samples: 8, dimensions: 20, support: 2 }", $"{{ kind: table, features: [{table}], labels: [] }}",
            StringComparison.Ordinal);
        Assert.StartsWith("x.yaml(1,1): error LS0228: all runs together have more than 20000000 values", Assert.Single(Problems(text)),
            StringComparison.Ordinal);
        Assert.Equal("x.yaml(8,3): error LS0228: a grid has at most 20 paths, not 21", Assert.Single(Problems(Small("sweep:\n"
            + string.Concat(Enumerable.Range(0, 21).Select(i => $"  schedule.rate{i}: [1]\n"))))));
        // Nobody reads a list of a thousand names, and none is sought in it.
        var thresholds = string.Join(", ", Enumerable.Range(1, 2000));
        Assert.EndsWith(": error LS0109: no run measures 'nothing'", Assert.Single(Problems(Small(
            "figures: [{ file: f, panels: [nothing] }]\n").Replace("[losses]", $"[losses, {{ l0_norm: {{ threshold: [{thresholds}] }} }}]",
            StringComparison.Ordinal))), StringComparison.Ordinal);
    }

    [Fact]
    public void At_most_a_hundred_problems_are_told_each_of_at_most_300_characters()
    {
        var problems = Problems(Small(Many(5000, i => $"k{i}: 1\n")));
        Assert.Equal((101, "x.yaml: error LS0008: 4900 more are not told"), (problems.Length, problems[^1]));
        var longest = Problems(Small($"figures: [{{ file: f, panels: [{new string('m', 1000)}] }}]\n"));
        Assert.Equal(300, Assert.Single(longest).Length - "x.yaml(7,31): error LS0109: ".Length);
    }

    [Theory]
    [InlineData("\\n", "U+000A")]
    [InlineData("\\e[31m", "U+001B")]
    [InlineData("\\u202E", "U+202E")]
    [InlineData("\\x9b", "U+009B")]
    public void Characters_on_which_terminals_act_are_in_no_text(string escaped, string name)
    {
        foreach (var text in (string[])[$"runs: [{{ label: \"a{escaped}b\" }}]\n",
        $"figures: [{{ file: f, panels: [\"train{escaped}loss\"] }}]\n",
            $"figures: [{{ file: f, panels: [train_loss], title: \"x.yaml(1,1): error LS9999{escaped}forged\" }}]\n"])
        {
            var problems = Problems(Small(text));
            Assert.Contains(problems, problem =>
                problem.EndsWith($"has the character {name}, on which terminals act", StringComparison.Ordinal));
            Assert.All(problems, problem => Assert.DoesNotContain(problem, PlainText.Acts));
        }
        Assert.All(Problems(Small($"\"k{escaped}\": 1\n")), problem => Assert.DoesNotContain(problem, PlainText.Acts));
    }

    [Theory]
    [InlineData("CON")]
    [InlineData("nul.txt")]
    [InlineData("com7")]
    [InlineData("a.")]
    [InlineData("-rf")]
    public void Names_that_a_system_does_not_like_are_refused(string name)
    {
        Assert.Contains("error LS0106: ", Assert.Single(Problems(Small("").Replace("name: x", $"name: {name}", StringComparison.Ordinal))),
            StringComparison.Ordinal);
        Assert.Contains("error LS0106: ", Assert.Single(Problems(Small($"figures: [{{ file: {name}, panels: [train_loss] }}]\n"))),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ kind: piecewise_05epochs, rate: 0.05, warmup_base: 1e308 }")]
    [InlineData("{ kind: piecewise_05epochs, rate: 1e308, warmup_factor: 1e10 }")]
    [InlineData("{ kind: piecewise_01epochs, rate: 1e-320 }")]
    public void Presets_are_of_numbers_that_can_be_written(string schedule) => Assert.Contains("error LS0106: ", Assert.Single(Problems(
        Small("").Replace("{ kind: constant, rate: 0.1 }", schedule, StringComparison.Ordinal))), StringComparison.Ordinal);

    [Fact]
    public void A_table_that_is_read_is_written_with_its_data()
    {
        string Table(int numbers) => Small("").Replace("{ kind: sparse_regression, samples: 8, dimensions: 20, support: 2 }",
            $"{{ kind: table, features: [{Many(numbers / 2, i => $"[{i}.5], ")}], labels: [{Many(numbers / 2, i => $"{i}, ")}] }}",
            StringComparison.Ordinal);
        var largest = ExperimentYaml.Parse(Table(40_000), "x.yaml").OrThrow();
        Assert.Equal(largest, ExperimentYaml.Parse(ExperimentYaml.Write(largest), "x.yaml").OrThrow());
        Assert.Contains("error LS0106: a mapping has too many numbers for a table in a file: at most 40000, labels included",
            Assert.Single(Problems(Table(40_002))), StringComparison.Ordinal);
    }

    private static string Many(int count, Func<int, string> text) => Enumerable.Range(0, count).Aggregate(new StringBuilder(), (all, i) =>
        all.Append(text(i))).ToString();
}
