using LargeSteps.Experiments;
using LargeSteps.Experiments.Cluster;
using LargeSteps.Values;

namespace LargeSteps.Tests.Commands;

/// <summary>How units are divided among tasks, and what is asked of a cluster.</summary>
public class SubmitTests
{
    [Fact]
    public void Parts_are_those_in_which_something_is_left()
    {
        bool[] done = [true, false, true, true, false, true, true, true];
        Assert.Equal(new TaskPlan(4, [0, 1], 2), TaskPlan.Of(done, 2));
        Assert.Equal(new TaskPlan(8, [1, 4], 2), TaskPlan.Of(done, 1));
        Assert.Equal(new TaskPlan(1, [0], 2), TaskPlan.Of(done, 100));
        Assert.Equal(new TaskPlan(3, [0, 1, 2], 8), TaskPlan.Of(new bool[8], 3));
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("0-3,7,9-10", 0, 1, 2, 3, 7, 9, 10)]
    [InlineData("1,3,5", 1, 3, 5)]
    public void An_array_is_written_in_ranges(string text, params int[] parts) =>
        Assert.Equal(text, new TaskPlan(20, Items.From(parts), parts.Length).Array);

    [Theory]
    [InlineData(0.1, 2, 6000)]
    [InlineData(60, 1, 5)]
    [InlineData(3600, 4, 1)]
    [InlineData(1e-9, 1, 10_000)]
    [InlineData(double.PositiveInfinity, 8, 1)]
    public void A_task_takes_some_minutes(double seconds, int workers, int units) =>
        Assert.Equal(units, TaskPlan.PerTask(seconds, workers));

    [Fact]
    public void The_script_of_a_job_is_short_and_says_what_it_does() => Snapshot.Matches("job_sbatch", SlurmScript.Of("sweep",
        "/shared/my results/sweep/slurm", "/home/me",
        ["dotnet", "/opt/LargeSteps.Experiments.dll", "run", "config.yaml", "--shard", "auto/16", "--set", "runs[0].label=it's"],
        new(16, [0, 1, 2, 7], 40), new([("partition", "short"), ("time", "00:30:00")], 64)));

    [Fact]
    public void A_manifest_for_Kubernetes_is_an_indexed_job_with_its_config() => Cli.InFolder(folder =>
    {
        string[] words = ["submit", Path.Combine(folder, "small.yaml"), "--output", folder, "--engine", "kubernetes", "--units-per-task",
            "1"];
        Assert.Contains("--engine kubernetes needs --container and --claim", Cli.Run(words).Error, StringComparison.Ordinal);
        var said = Cli.Run([.. words, "--container", "registry/largesteps:1", "--claim", "results", "--cpus", "2", "--memory", "4Gi",
            "--set", "optimizer.steps=300", "--dry-run"]);
        Assert.Equal(ExitCode.Done, said.Code);
        Snapshot.Matches("job_kubernetes", said.Out);
        // It is YAML, and the config in it the config.
        var documents = new YamlDotNet.RepresentationModel.YamlStream();
        documents.Load(new StringReader(said.Out));
        var map = (YamlDotNet.RepresentationModel.YamlMappingNode)documents.Documents[0].RootNode;
        Assert.Equal(File.ReadAllText(Path.Combine(folder, "small.yaml")).TrimEnd('\n') + "\n", map["data"]["config.yaml"].ToString());
        var spec = documents.Documents[1].RootNode["spec"];
        Assert.Equal(("Indexed", "4"), (spec["completionMode"].ToString(), spec["completions"].ToString()));
    });

    [Fact]
    public void Tasks_of_a_job_run_in_a_container_that_sees_the_results_and_the_data() => Cli.InFolder(folder =>
    {
        foreach (var each in (string[])["out", "images"]) Directory.CreateDirectory(Path.Combine(folder, each));
        string[] words = ["submit", Path.Combine(folder, "small.yaml"), "--output", Path.Combine(folder, "out"), "--data",
            Path.Combine(folder, "images"), "--units-per-task", "2", "--container", "my image.sif", "--dry-run"];
        string Line(string with, params string[] more) => Cli.Run([.. words, .. more]).Out.Split('\n')
            .Single(line => line.StartsWith(with, StringComparison.Ordinal));
        Assert.StartsWith($"apptainer run --bind {folder}/out,{folder}/images 'my image.sif' run {folder}/out/small/slurm/config.yaml ",
            Line("apptainer"), StringComparison.Ordinal);
        foreach (var more in (string[][])[["--gpus", "1"], ["--sbatch", "gres=gpu:a100:1"], ["--sbatch", "gpus-per-node=2"]])
            Assert.StartsWith($"apptainer run --nv --bind {folder}/out,", Line("apptainer", more), StringComparison.Ordinal);
        Assert.StartsWith("apptainer run --bind ", Line("apptainer", "--sbatch", "gres=lustre"), StringComparison.Ordinal);
        Assert.Contains($"apptainer run --bind {folder}/out,{folder}/images '\\''my image.sif'\\'' gather {folder}/out/small ",
            Line("# sbatch --dependency"), StringComparison.Ordinal);
        Assert.Contains(" --device cuda ", Line("apptainer", "--gpus", "1"), StringComparison.Ordinal);
        Assert.Contains(" --device auto ", Line("apptainer"), StringComparison.Ordinal);
        Assert.Contains("must have neither", Cli.Run([.. words.Take(3), Path.Combine(folder, "a,b"), .. words.Skip(4)]).Error,
            StringComparison.Ordinal);
        // What is not there cannot be seen.
        Directory.Delete(Path.Combine(folder, "images"));
        Assert.StartsWith($"apptainer run --bind {folder}/out 'my image.sif' ", Line("apptainer"), StringComparison.Ordinal);
        Assert.Contains("--engine local runs this program", Cli.Run([.. words, "--engine", "local"]).Error, StringComparison.Ordinal);
    });

    [Theory]
    [InlineData("--sbatch array is what the script says by itself", "--sbatch", "array=0-3")]
    [InlineData("--time is for Slurm, and not for --engine local", "--engine", "local", "--time", "01:00:00")]
    [InlineData("--sbatch is for Slurm, and not for --engine kubernetes", "--engine", "kubernetes", "--container", "i", "--claim", "v",
        "--sbatch", "constraint=a")]
    public void What_would_be_passed_over_is_refused(string error, params string[] more) => Cli.InFolder(folder =>
    {
        var said = Cli.Run(["submit", Path.Combine(folder, "small.yaml"), "--output", folder, "--dry-run", .. more]);
        Assert.Equal(ExitCode.BadInput, said.Code);
        Assert.Contains(error, said.Error, StringComparison.Ordinal);
    });

    [Fact]
    public void On_this_machine_parts_are_processes_and_their_results_those_of_one() => Cli.InFolder(folder =>
    {
        var whole = Cli.RunSmall(folder);
        var (config, output) = (Path.Combine(folder, "small.yaml"), Path.Combine(folder, "parts"));
        var dry = Cli.Run("submit", config, "--output", output, "--engine", "local", "--units-per-task", "1", "--dry-run");
        Assert.Equal(ExitCode.Done, dry.Code);
        Assert.StartsWith("4 of 4 units in 4 of 4 parts", dry.Out, StringComparison.Ordinal);
        Assert.False(Directory.Exists(output));
        var said = Cli.Run("submit", config, "--output", output, "--engine", "local", "--units-per-task", "2", "--quiet");
        Assert.True(said.Code == ExitCode.Done, said.Error);
        var results = Path.Combine(output, "small");
        Assert.Equal($"4 of 4 units are gathered in {results}\n", said.Out.ReplaceLineEndings("\n"));
        foreach (var table in (string[])["metrics.csv", "summary.csv"])
            Assert.Equal(File.ReadAllText(Path.Combine(whole, table)), File.ReadAllText(Path.Combine(results, table)));
        Assert.Equal("small: 4 of 4 units are done\n", Cli.Run("status", results).Out);
        Assert.StartsWith("all 4 units are done", Cli.Run("submit", config, "--output", output, "--engine", "local").Out,
            StringComparison.Ordinal);
        // What is deleted is made again, and nothing else.
        var lost = Directory.GetFiles(Path.Combine(results, "units"), "*.arrow").Order(StringComparer.Ordinal).First();
        File.Delete(lost);
        Assert.Equal("small: 3 of 4 units are done\n", Cli.Run("status", results).Out);
        Assert.StartsWith("1 of 4 units in 1 of 4 parts",
            Cli.Run("submit", config, "--output", output, "--engine", "local", "--units-per-task", "1", "--dry-run").Out,
            StringComparison.Ordinal);
        Assert.Equal(ExitCode.Done, Cli.Run("submit", config, "--output", output, "--engine", "local", "--units-per-task", "auto").Code);
        Assert.True(File.Exists(lost));
        Assert.Equal(ExitCode.BadInput, Cli.Run("cancel", results).Code);
        // Numbers of jobs that cannot be read are told, and not forgotten.
        File.WriteAllText(Path.Combine(results, "slurm", "jobs.json"), "[{");
        Assert.StartsWith("error LS0301: '", Cli.Run("status", results).Error, StringComparison.Ordinal);
        // A copy of the config, in the folder of the jobs, can be submitted too.
        Assert.Equal(ExitCode.Done, Cli.Run("submit", Path.Combine(results, "slurm", "config.yaml"), "--output", output, "--engine",
            "local", "--units-per-task", "4").Code);
    });

    [Fact]
    public void A_dry_run_shows_the_script_and_a_machine_without_Slurm_says_so() => Cli.InFolder(folder =>
    {
        var config = Path.Combine(folder, "small.yaml");
        var dry = Cli.Run("submit", config, "--output", folder, "--units-per-task", "1", "--partition", "short", "--sbatch", "nice=100",
            "--dry-run");
        Assert.Equal(ExitCode.Done, dry.Code);
        foreach (var line in (string[])["#SBATCH --array=0-3%64\n", "#SBATCH --partition=short\n#SBATCH --nice=100\n", "--shard auto/4",
            "--dependency=afterany:JOB"])
        {
            Assert.Contains(line, dry.Out, StringComparison.Ordinal);
        }
        foreach (var wrong in (string[][])[["--units-per-task", "0"], ["--sbatch", "x"], ["--sbatch", "x=1\n#SBATCH --y"],
            ["--engine", "ray"], ["--array-limit", "none"]])
        {
            Assert.Equal(ExitCode.BadInput, Cli.Run(["submit", config, "--output", folder, .. wrong]).Code);
        }
    });
}
