using LargeSteps.Experiments;
using LargeSteps.Experiments.Commands;
using LargeSteps.Formats;
using LargeSteps.Values;

namespace LargeSteps.Tests.Commands;

/// <summary>An experiment in parts, by several programs, and what is gathered of them.</summary>
public class ShardTests
{
    [Theory]
    [InlineData("0/16", 0, 16)]
    [InlineData("15/16", 15, 16)]
    [InlineData("0/1", 0, 1)]
    public void A_part_is_its_number_and_that_of_all(string text, int index, int count)
    {
        Assert.Equal(new Shard(index, count), Shard.Parse(text, _ => "7", out var problem));
        Assert.Null(problem);
    }

    [Theory]
    [InlineData("SLURM_ARRAY_TASK_ID", "3", 3)]
    [InlineData("JOB_COMPLETION_INDEX", "0", 0)]
    [InlineData("AWS_BATCH_JOB_ARRAY_INDEX", "15", 15)]
    [InlineData("SGE_TASK_ID", "16", 15)]
    public void Schedulers_tell_it_by_a_variable(string variable, string value, int index) => Assert.Equal(new Shard(index, 16),
        Shard.Parse("auto/16", name => name == variable ? value : name == "SGE_TASK_ID" ? "undefined" : null, out _));

    [Theory]
    [InlineData("16/16", null, "--shard expects a part from 0 to 15, or auto, not '16/16'.")]
    [InlineData("3", null, "--shard expects a part and the number of parts, at most a million, like 0/16 or auto/16, not '3'.")]
    [InlineData("-1/4", null, "--shard expects a part from 0 to 3, or auto, not '-1/4'.")]
    [InlineData("0/0", null, "--shard expects a part and the number of parts")]
    [InlineData("0/2000000", null, "--shard expects a part and the number of parts")]
    [InlineData("1/2/3", null, "--shard expects a part and the number of parts")]
    [InlineData("auto/4", null,
        "--shard auto/4: none of SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX, AWS_BATCH_JOB_ARRAY_INDEX, SGE_TASK_ID says")]
    [InlineData("auto/4", "4", "--shard auto/4: SLURM_ARRAY_TASK_ID is 4, which is none of the 4 parts from 0 on.")]
    public void What_is_no_part_is_told(string text, string? slurm, string told)
    {
        Assert.Null(Shard.Parse(text, name => name == "SLURM_ARRAY_TASK_ID" ? slurm : null, out var problem));
        Assert.StartsWith(told, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_unit_is_in_one_part()
    {
        var units = Items.From(Enumerable.Range(0, 23));
        Assert.Equal(units, Enumerable.Range(0, 5).SelectMany(i => new Shard(i, 5).Of(units)).Order());
        Assert.Equal([1, 6, 11, 16, 21], new Shard(1, 5).Of(units));
        Assert.Empty(new Shard(24, 30).Of(units));
    }

    [Fact]
    public void Parts_that_are_gathered_have_the_bytes_of_one_program() => Cli.InFolder(folder =>
    {
        var whole = Cli.RunSmall(folder);
        var (config, output) = (Path.Combine(folder, "small.yaml"), Path.Combine(folder, "parts"));
        var results = Path.Combine(output, "small");
        Said Part(string shard) => Cli.Run(config, "--output", output, "--shard", shard);
        var first = Part("0/3");
        Assert.Equal(ExitCode.Done, first.Code);
        Assert.Contains("part 0/3: 2 units are done; 'gather", first.Out, StringComparison.Ordinal);
        // Units alone, and what the program said.
        Assert.Equal(["experiment.yaml", "logs/part-0-of-3.txt", "units.txt"], Cli.Times(results).Keys
            .Select(file => file.Replace('\\', '/'))
            .Where(file => !file.StartsWith("units/", StringComparison.Ordinal) && !file.EndsWith(".lock", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal));
        Assert.Equal(2, Directory.GetFiles(Path.Combine(results, "units"), "*.arrow").Length);
        Part("1/3");
        var early = Cli.Run("gather", config, "--output", output);
        Assert.Equal(ExitCode.Stopped, early.Code);
        Assert.Equal($"3 of 4 units are gathered in {results}\n", early.Out.ReplaceLineEndings("\n"));
        Assert.Equal($"warning LS0304: 1 of 4 results are not in '{results}': run 'b', seed 0\n", early.Error.ReplaceLineEndings("\n"));
        // A part that is made again makes nothing again.
        var times = Cli.Times(Path.Combine(results, "units"));
        Part("1/3");
        Assert.Equal(times, Cli.Times(Path.Combine(results, "units")));
        Part("2/3");
        Assert.Equal(ExitCode.Done, Cli.Run("gather", results).Code);
        foreach (var table in (string[])["metrics.csv", "summary.csv", "metrics.arrow", "figures/losses.svg"])
            Assert.Equal(File.ReadAllBytes(Path.Combine(whole, table)), File.ReadAllBytes(Path.Combine(results, table)));
        Assert.True(File.Exists(Path.Combine(results, "report.html")));
    });

    [Theory]
    [InlineData(null)]
    [InlineData("units of another experiment")]
    [InlineData("exchanged")]
    [InlineData("x")]
    public void Units_are_found_by_their_names_and_without_them_by_what_they_depend_on(string? damage) => Cli.InFolder(folder =>
    {
        var results = Cli.RunSmall(folder);
        var (names, metrics) = (Path.Combine(results, "units.txt"), File.ReadAllText(Path.Combine(results, "metrics.csv")));
        Assert.Equal(1 + 4, File.ReadAllLines(names).Length);
        Assert.Contains("small: 4 of 4 units are done", Cli.Run("status", results).Out, StringComparison.Ordinal);
        // By the names alone, and then without them.
        var texts = Directory.GetFiles(Path.Combine(results, "units"), "*.yaml");
        foreach (var text in texts) File.Move(text, text + ".aside");
        Assert.Equal(ExitCode.Done, Cli.Run("gather", results).Code);
        Assert.Equal(metrics, File.ReadAllText(Path.Combine(results, "metrics.csv")));
        foreach (var text in texts) File.Move(text + ".aside", text);
        var lines = File.ReadAllLines(names);
        if (damage is null) File.Delete(names);
        else File.WriteAllLines(names, damage == "exchanged" ? [lines[0], lines[2], lines[1], .. lines[3..]] : [damage]);
        Assert.Contains("small: 4 of 4 units are done", Cli.Run("status", results).Out, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Done, Cli.Run("gather", results).Code);
        Assert.Equal(metrics, File.ReadAllText(Path.Combine(results, "metrics.csv")));
        // The next run writes them down again, and takes what is there for its own.
        Cli.RunSmall(folder, "--resume");
        Assert.Equal(1 + 4, File.ReadAllLines(names).Length);
        Assert.False(Directory.Exists(Path.Combine(results, "history")));
        File.Delete(Directory.GetFiles(Path.Combine(results, "units"), "*.arrow")[0]);
        Assert.Contains("small: 3 of 4 units are done", Cli.Run("status", results).Out, StringComparison.Ordinal);
    });

    [Fact]
    public void Parts_that_begin_together_do_not_refuse_one_another() => Cli.InFolder(folder =>
    {
        var config = Path.Combine(folder, "small.yaml");
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, part =>
        {
            var said = Cli.Run(config, "--output", folder, "--shard", FormattableString.Invariant($"{part % 4}/4"), "--quiet");
            Assert.True(said.Code == ExitCode.Done, said.Error);
        });
        Assert.Equal(ExitCode.Done, Cli.Run("gather", Path.Combine(folder, "small")).Code);
    });

    [Fact]
    public void A_part_of_many_units_puts_them_where_all_together_stand() => Cli.InFolder(folder =>
    {
        var said = Cli.Run(Path.Combine(folder, "small.yaml"), "--output", folder, "--seeds", "0..6000", "--shard", "0/6000", "--quiet");
        Assert.True(said.Code == ExitCode.Done, said.Error);
        var units = Path.Combine(folder, "small", "units");
        Assert.Empty(Directory.GetFiles(units));
        Assert.Equal(3, Directory.GetFiles(units, "*.arrow", SearchOption.AllDirectories).Length);
    });

    [Fact]
    public void A_part_that_another_program_makes_is_waited_for() => Cli.InFolder(folder =>
    {
        var log = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "small", "logs")).FullName, "part-0-of-2.txt");
        using var other = FileClaim.Alone(log + FileClaim.Ending);
        var waiting = Task.Run(() => Cli.Run(Path.Combine(folder, "small.yaml"), "--output", folder, "--shard", "0/2"));
        Assert.False(waiting.Wait(TimeSpan.FromSeconds(2)));
        Assert.False(Directory.Exists(Path.Combine(folder, "small", "units")) && Directory.GetFiles(Path.Combine(folder, "small", "units"),
            "*.arrow").Length > 0);
        other!.Dispose();
        var said = waiting.Result;
        Assert.Equal(ExitCode.Done, said.Code);
        Assert.StartsWith("another program makes this part: waiting until it has ended", said.Error, StringComparison.Ordinal);
    });

    [Fact]
    public void Forks_and_their_parents_may_be_in_several_parts() => TemporaryFolder.In(folder =>
    {
        var config = Path.Combine(folder, "forks.yaml");
        const string From = "from: { run: a, step: 80 }, probes: { measure: [losses, l1_norm, distance: { to: { run: a } }] }";
        File.WriteAllText(config, Cli.Small.Replace("  - { label: b, schedule", $"  - {{ label: b, {From}, schedule",
            StringComparison.Ordinal));
        var (one, parts) = (Path.Combine(folder, "one"), Path.Combine(folder, "parts"));
        Assert.Equal(ExitCode.Done, Cli.Run(config, "--output", one, "--quiet").Code);
        foreach (var part in (string[])["3/4", "1/4", "2/4", "0/4"])
            Assert.Equal(ExitCode.Done, Cli.Run(config, "--output", parts, "--quiet", "--shard", part).Code);
        Assert.Equal(ExitCode.Done, Cli.Run("gather", Path.Combine(parts, "small")).Code);
        Assert.Equal(File.ReadAllText(Path.Combine(one, "small", "metrics.csv")),
            File.ReadAllText(Path.Combine(parts, "small", "metrics.csv")));
    });

    [Fact]
    public void Without_units_or_folder_there_is_nothing_to_gather() => Cli.InFolder(folder =>
    {
        var config = Path.Combine(folder, "small.yaml");
        var none = Cli.Run("gather", config, "--output", Path.Combine(folder, "nowhere"));
        Assert.Equal(ExitCode.BadInput, none.Code);
        Assert.StartsWith("error LS0303: there is no folder", none.Error, StringComparison.Ordinal);
        Cli.Run(config, "--output", folder, "--shard", "39/40");
        var empty = Cli.Run("gather", Path.Combine(folder, "small"));
        Assert.Equal(ExitCode.BadInput, empty.Code);
        Assert.StartsWith("error LS0304: 4 of 4 results are not in", empty.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.BadInput, Cli.Run("gather", Path.Combine(folder, "small"), "--set", "optimizer.steps=2").Code);
        Assert.Equal(ExitCode.BadInput, Cli.Run(config, "--shard", "4/4").Code);
    });

    [Fact]
    public void Tables_are_those_of_the_experiment_of_the_folder() => Cli.InFolder(folder =>
    {
        var (config, results) = (Path.Combine(folder, "small.yaml"), Cli.RunSmall(folder, "--seeds", "0..3"));
        var before = Cli.Times(results);
        var said = Cli.Run("gather", config, "--output", Path.Combine(folder, "results"));
        Assert.Equal(ExitCode.BadInput, said.Code);
        Assert.StartsWith($"error LS0304: the experiment in '{results}' is another one than '{config}'", said.Error, StringComparison.Ordinal);
        Assert.Equal(before, Cli.Times(results));
        Assert.Equal(ExitCode.Done, Cli.Run("gather", results).Code);
    });
}
