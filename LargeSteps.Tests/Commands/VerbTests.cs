using LargeSteps.Experiments;

namespace LargeSteps.Tests.Commands;

public class VerbTests
{
    [Fact]
    public void Validate_has_a_line_for_each_good_config_and_every_diagnostic_of_the_others() => Cli.InFolder(folder =>
    {
        string[] broken = ["many_between_stages.yaml", "key_misspelled.yaml", "unclosed_quote.yaml", "empty.yaml"];
        foreach (var file in broken) File.Copy(Fixture.PathOf(Path.Combine("broken", file)), Path.Combine(folder, file));
        var said = Cli.Run(["validate", .. ((string[])["small.yaml", .. broken, "nowhere.yaml"])
            .Select(file => Path.Combine(folder, file))]);
        Snapshot.Matches("validate", said.Text(folder));
    });

    [Fact]
    public void All_configs_of_the_project_are_valid()
    {
        string[] files = Directory.GetFiles(Cli.Configs, "*.yaml");
        var said = Cli.Run(["validate", .. files]);
        Assert.Equal((ExitCode.Done, ""), (said.Code, said.Error));
        Assert.Equal(files.Length, said.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public void List_shows_what_the_configs_of_a_folder_are_for() => Cli.InFolder(folder =>
    {
        File.WriteAllText(Path.Combine(folder, "bare.yaml"), "name: bare\n");
        File.WriteAllText(Path.Combine(folder, "schema.yaml"),
            "# yaml-language-server: $schema=../schema.json\n# One line.\nname: schema\n# no header\n");
        File.WriteAllText(Path.Combine(folder, "notes.txt"), "# no config\n");
        Snapshot.Matches("list", Cli.Run("list", folder).Text(folder));
    });

    [Fact]
    public void List_tells_of_a_folder_that_is_not_there_or_has_no_configs() => Cli.InFolder(folder =>
    {
        var (missing, empty) = (Path.Combine(folder, "missing"), Directory.CreateDirectory(Path.Combine(folder, "empty")).FullName);
        Assert.Equal(new Said(ExitCode.BadInput, "", $"error LS0303: there is no folder '{missing}'{Environment.NewLine}"),
            Cli.Run("list", missing));
        Assert.Equal(new Said(ExitCode.BadInput, "", $"error LS0303: there is no config (*.yaml) in '{empty}'{Environment.NewLine}"),
            Cli.Run("list", empty));
    });

    [Fact]
    public void Plot_draws_edited_figures_and_trains_nothing() => Cli.InFolder(folder =>
    {
        var results = Cli.RunSmall(folder);
        var before = Cli.Times(results);
        Assert.Contains(Path.Combine("figures", "losses.png"), before.Keys);
        Cli.Edit(Path.Combine(results, "experiment.yaml"), "file: losses, panels: [train_loss]",
            "file: norms, panels: [l1_norm, test_loss]");
        var said = Cli.Run("plot", results);
        Assert.Equal((ExitCode.Done, ""), (said.Code, said.Error));
        var after = Cli.Times(results);
        Assert.Equal(
            new[] { Path.Combine("figures", "norms.pdf"), Path.Combine("figures", "norms.png"), Path.Combine("figures", "norms.svg") },
                after.Keys.Except(before.Keys).Order());
        foreach (var file in before.Keys.Where(file => file is not ("experiment.yaml" or "report.html")))
        {
            Assert.Equal(before[file],
            after[file]);
        }

        Assert.Contains("norms", said.Out, StringComparison.Ordinal);
        Assert.Contains("l1", File.ReadAllText(Path.Combine(results, "report.html")), StringComparison.Ordinal);
    });

    [Fact]
    public void Plot_and_resume_draw_weights_from_the_units() => Cli.InFolder(folder =>
    {
        const string pictures = """
            name: small
            dataset:   { kind: teacher_student, samples: 10, inputs: 2, teacher: [3], seed: 1 }
            model:     { kind: relu_network, hidden: [4], biases: [false, false], seed: 1 }
            schedule:  { kind: constant, rate: 0.05 }
            optimizer: { kind: sgd, steps: 100, seed: 1, sampling: without_replacement }
            probes:    { at: { evenly: 5 }, measure: [losses], snapshots: ends }
            runs:      [{ label: a }, { label: b, schedule: { rate: 0.1 } }]
            figures:   [{ kind: neurons, file: neurons }]
            """;
        var config = Path.Combine(folder, "small.yaml");
        File.WriteAllText(config, pictures);
        Assert.Equal(ExitCode.Done, Cli.Run(config, "--output", folder, "--quiet").Code);
        var svg = Path.Combine(folder, "small", "figures", "neurons.svg");
        var first = File.ReadAllBytes(svg);
        var units = Cli.Times(Path.Combine(folder, "small", "units"));
        foreach (var again in (string[][])[["plot", Path.Combine(folder, "small")], [config, "--output", folder, "--resume", "--quiet"]])
        {
            File.Delete(svg);
            Assert.Equal(ExitCode.Done, Cli.Run(again).Code);
            Assert.Equal(first, File.ReadAllBytes(svg));
        }
        Assert.Equal(units, Cli.Times(Path.Combine(folder, "small", "units")));
    });

    [Fact]
    public void Plot_of_the_same_figures_gives_the_same_bytes() => Cli.InFolder(folder =>
    {
        var results = Cli.RunSmall(folder);
        string[] files = ["figures/losses.png", "figures/losses.svg", "figures/losses.pdf", "report.html"];
        var before = files.Select(file => File.ReadAllBytes(Path.Combine(results, file))).ToArray();
        Assert.Equal(ExitCode.Done, Cli.Run("plot", results).Code);
        Assert.Equal(before, files.Select(file => File.ReadAllBytes(Path.Combine(results, file))));
    });

    [Fact]
    public void Plot_without_results_tells_what_is_missing() => Cli.InFolder(folder =>
    {
        var results = Path.Combine(folder, "results");
        Assert.Equal(new Said(ExitCode.BadInput, "", $"error LS0303: there is no folder '{results}'{Environment.NewLine}"),
            Cli.Run("plot", results));
        Directory.CreateDirectory(results);
        Assert.Equal(
            new Said(ExitCode.BadInput, "",
                $"{Path.Combine(results, "experiment.yaml")}: error LS0001: there is no such file{Environment.NewLine}"),
                Cli.Run("plot", results));
        Assert.Empty(Directory.GetFileSystemEntries(results));
        File.Copy(Path.Combine(folder, "small.yaml"), Path.Combine(results, "experiment.yaml"));
        var said = Cli.Run("plot", results);
        Assert.Equal(ExitCode.BadInput, said.Code);
        Assert.Equal($"error LS0304: 4 of 4 results are not in '{results}': run 'a', seed 0; run 'a', seed 1; run 'b', seed 0; run 'b', seed 1. " +
            $"Run the experiment with --resume{Environment.NewLine}", said.Error);
    });

    [Fact]
    public void Plot_of_a_part_of_the_results_shows_that_part() => Cli.InFolder(folder =>
    {
        var results = Cli.RunSmall(folder);
        File.Delete(Directory.GetFiles(Path.Combine(results, "units"), "*.arrow")[0]);
        var said = Cli.Run("plot", results);
        Assert.Equal(ExitCode.Done, said.Code);
        Assert.StartsWith("warning LS0304: 1 of 4 results are not in ", said.Error, StringComparison.Ordinal);
    });
}
