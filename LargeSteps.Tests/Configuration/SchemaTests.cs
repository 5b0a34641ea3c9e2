using CsCheck;
using LargeSteps.Configuration;
using LargeSteps.Experiments.Commands;
using LargeSteps.Forms;
using LargeSteps.Tests.Commands;

namespace LargeSteps.Tests.Configuration;

/// <summary>The JSON schema, which editors show and check while a config is written, says the same as the decoder.</summary>
public class SchemaTests
{
    private static readonly JsonSchema Schema = new(ExperimentYaml.Schema());

    /// <summary>Broken configs whose YAML is fine and whose fault the schema does not see, and why.</summary>
    private static readonly Dictionary<string, string[]> Unseen = new()
    {
        ["what does not hold between stages, runs and figures"] =
        [
            "averaged_without_averaging", "balanced_deep", "batch_too_large", "batch_too_large_for_images", "batch_too_large_for_run",
            "bounce_of_the_average", "checkpoint_metric_unknown", "dataset_too_large", "deep_network_averaged",
                "deep_network_options",
            "deep_network_probes", "deep_network_with_replacement", "deep_network_without_images", "drop_after_end", "drop_after_end_epoch",
            "drop_in_inner_schedule_after_end", "eigenvalues_too_many", "figure_labels_unknown", "figure_limits_empty",
                "figure_limits_of_logarithm", "figure_limits_reversed",
            "figure_measurement_without_snapshot", "figure_runs_twice", "figure_runs_unknown", "figure_size_too_small",
                "figure_sweep_runs_unknown",
            "figure_without_snapshots", "figures_twice", "hessian_too_large",
            "images_all_held_out", "images_of_no_fraction", "images_partial_without_number", "images_too_many", "json",
                "label_noise_after_end",
            "label_noise_of_sgd_itself", "labels_twice", "layers_do_not_fit", "length_below_one_step", "length_huge",
            "log_y_without_panel", "logistic_label_noise", "logistic_real_labels", "many_between_stages", "metric_twice",
            "outer_derivative_without_per_sample", "panel_unknown", "rank_without_test_samples", "rules_together", "run_overlay_excludes",
                "run_overlays_nothing",
            "run_without_stage", "run_without_stages", "sampling_of_diagonal", "sampling_shuffled", "sharpness_of_too_many_samples",
                "snapshot_after_end", "stages_missing",
            "support_too_large", "surface_normalised_without_filters", "surface_path_of_other_width", "surface_path_reflected_without_path",
            "surface_run_unknown", "surface_samples_of_small_model", "surface_without_its_end",
            "sweep_between_stages", "sweep_log_of_words",
            "table_metric_unknown", "table_without_labels", "thresholds_twice", "twin_lost_in_float32",
            "weights_at_without_weights",
        ],
        ["paths of a sweep, and what the key there takes"] = ["sweep_of_nothing", "sweep_word_unknown"],
        ["numbers of a list that are equal"] = ["snapshot_twice"],
        ["numbers that are whole from 1 on"] = ["images_held_out_in_part"],
        ["numbers that are whole in JSON, and words that YAML takes for true"] = ["whole_number_with_exponent", "flag_capital"],
    };

    public static TheoryData<string> Configs => [.. Directory.GetFiles(Cli.Configs, "*.yaml").Select(file => Path.GetFileName(file))];

    [Fact]
    public void The_schema_in_docs_is_what_the_program_writes()
    {
        var stored = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "experiment.schema.json"));
        Assert.True(Snapshot.Difference(stored, SchemaCommand.Text() + "\n") is null,
            "Write it again: schema > docs/experiment.schema.json");
        Assert.Equal(new Said(0, stored.ReplaceLineEndings("\n"), ""), Cli.Run("schema"));
    }

    [Fact]
    public void The_reference_in_docs_is_what_the_program_writes()
    {
        var stored = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "configuration.md"));
        Assert.True(Snapshot.Difference(stored, ReferencePage.Of(ExperimentYaml.Schema())) is null,
            "Write it again: schema --markdown > docs/configuration.md");
        Assert.Equal(new Said(0, stored.ReplaceLineEndings("\n"), ""), Cli.Run("schema", "--markdown"));
    }

    [Fact]
    public void Defaults_and_examples_are_valid() => Assert.All(
        JsonSchema.All(ExperimentYaml.Schema()).SelectMany(s => (s.Schema["examples"]?.AsArray() ?? [])
            .Concat(s.Schema.ContainsKey("default") ? [s.Schema["default"]] : []).Select(value => (s.Path, s.Schema, Value: value))),
        each => Assert.True(Schema.Accepts(each.Value, each.Schema), each.Path));

    [Fact]
    public void The_reference_shows_an_example_of_each_kind_and_the_decoder_reads_it()
    {
        var page = Docs.Pages.FencesOf("configuration.md", ReferencePage.Of(ExperimentYaml.Schema()));
        var examples = page.Select(fence => fence.Code.Text).Where(text => !text.StartsWith('#')).ToArray();
        Assert.All(examples, example =>
        {
            var root = (MappingNode)Parsed(Cli.Small)!;
            foreach (var (key, value) in ((MappingNode)Parsed(example)!).Entries)
            {
                root = (MappingNode)root.With(
                key.Text switch { "at" => "probes.at", "label_noise" => "optimizer.label_noise", _ => key.Text }, value)!;
            }
            // What does not go together with the stages of another experiment is no fault of the example.
            Assert.All(ExperimentYaml.Parse(YamlWriter.Write(root), "").Match(_ => [], problems => problems),
                problem => Assert.Matches("^LS(0109|0111|02..)$", problem.Code));
        });
        var kinds = JsonSchema.All(ExperimentYaml.Schema()).Select(s => s.Schema["properties"]?["kind"]?["const"]?.GetValue<string>())
            .OfType<string>().Distinct();
        Assert.All(kinds, kind => Assert.Contains(examples, example => example.Contains($"kind: {kind}", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Configs))]
    public void A_config_names_the_schema_in_its_first_line_and_is_valid_by_it(string config)
    {
        var text = File.ReadAllText(Path.Combine(Cli.Configs, config));
        Assert.StartsWith("# yaml-language-server: $schema=../docs/experiment.schema.json\n", text.ReplaceLineEndings("\n"),
            StringComparison.Ordinal);
        Assert.True(Schema.Accepts(NodeJson.Of(Parsed(text)!)));
    }

    [Fact]
    public void Every_key_has_a_description() => Assert.All(
        JsonSchema.All(ExperimentYaml.Schema()).SelectMany(s => (s.Schema["properties"]?.AsObject() ?? [])
            .Select(p => ($"{s.Path}/{p.Key}", p.Value!["description"]))),
        key => Assert.False(string.IsNullOrWhiteSpace(key.Item2?.GetValue<string>()), key.Item1));

    [Fact]
    public void Every_key_that_the_schema_allows_beside_others_is_all_that_it_allows() => Assert.All(
        JsonSchema.All(ExperimentYaml.Schema()).Where(s => s.Schema.ContainsKey("properties")), s =>
            Assert.Equal("false", s.Schema["additionalProperties"]?.ToJsonString()));

    [Fact]
    public void Of_the_broken_configs_the_schema_rejects_all_but_those_whose_fault_it_cannot_express()
    {
        string[] accepted = [.. Directory.GetFiles(Fixture.PathOf("broken"), "*.yaml").Order(StringComparer.Ordinal)
            .Where(file => ParsedFile(file) is { } root && Schema.Accepts(NodeJson.Of(root)))
                .Select(file => Path.GetFileNameWithoutExtension(file))];
        Assert.Equal(Unseen.Values.SelectMany(names => names).Order(StringComparer.Ordinal), accepted);
    }

    [Fact]
    public void What_the_decoder_accepts_the_schema_accepts() =>
        Generators.Experiments.Sample(experiment => Schema.Accepts(NodeJson.Of(Parsed(ExperimentYaml.Write(experiment))!)),
            print: ExperimentYaml.Write);

    [Fact]
    public void What_the_schema_rejects_the_decoder_rejects()
    {
        string[] texts = ["", "0", "-1", "1", "0.5", "1.5", "1e300", "abc", "losses", "constant", "sgd", "\"0.5\"", "true", "[]", "[1]",
            "[abc]", "{}", "{ kind: gd }", "{ rate: 1 }", "{ step: 3 }", "{ every: 3 }"];
        var edits = Gen.Select(Gen.Int[0, int.MaxValue], Gen.OneOf<string?>([.. texts, null])).Array[1, 2];
        var rejected = 0;
        Gen.Select(Generators.Experiments, edits).Sample((experiment, changes) =>
        {
            var root = Parsed(ExperimentYaml.Write(experiment))!;
            foreach (var (at, text) in changes)
            {
                string[] paths = [.. Paths(root, "")];
                var path = paths[at % paths.Length];
                root = text is null ? Without(root, path) : root.With(path, Parsed(text) ?? new ScalarNode("", Plain: true)) ?? root;
            }
            if (Schema.Accepts(NodeJson.Of(root))) return;
            Interlocked.Increment(ref rejected);
            var yaml = YamlWriter.Write(root);
            Assert.True(ExperimentYaml.Parse(yaml, "edited.yaml").Match(_ => false, _ => true), yaml);
        }, iter: 300);
        Assert.InRange(rejected, 50, 300);
    }

    private static Node? ParsedFile(string file)
    {
        try
        {
            return Parsed(new System.Text.UTF8Encoding(false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(file)));
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    // Null where the YAML itself is at fault.
    private static Node? Parsed(string text)
    {
        var report = new Report("schema");
        var root = text.Contains('\0', StringComparison.Ordinal) ? null : YamlReader.Read(text, report);
        return report.Count == 0 ? root : null;
    }

    private static IEnumerable<string> Paths(Node node, string path) => node switch
    {
        // A key with a dot (a metric named by a threshold) is nothing that a path can name.
        MappingNode mapping => mapping.Entries.Where(e => e.Key.Text.AsSpan().IndexOfAny('.', '[') < 0)
            .SelectMany(e => Paths(e.Value, $"{path}.{e.Key.Text}").Prepend($"{path}.{e.Key.Text}")),
        SequenceNode list => list.Items.SelectMany((item, i) => Paths(item, $"{path}[{i}]").Prepend($"{path}[{i}]")),
        _ => [],
    };

    private static Node Without(Node root, string path)
    {
        var steps = NodeEdits.Steps(path);
        var parent = string.Join('.', steps.SkipLast(1));
        return steps[^1].StartsWith('[') ? root
            : parent.Length == 0 ? Removed(root)
            : root.With(parent, Removed(root.At(parent.Replace(".[", "[", StringComparison.Ordinal))))!;

        Node Removed(Node from) => from is MappingNode mapping
            ? mapping with { Entries = [.. mapping.Entries.Where(e => e.Key.Text != steps[^1])] } : from;
    }
}
