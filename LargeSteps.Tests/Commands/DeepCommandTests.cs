using System.Diagnostics;
using System.Text.Json.Nodes;
using LargeSteps.Datasets.Images;
using LargeSteps.Experiments;
using LargeSteps.Formats;
using LargeSteps.Tests.Datasets.Images;
using LargeSteps.Tests.Formats;
using TorchSharp;

namespace LargeSteps.Tests.Commands;

/// <summary>Deep networks by the command line: what a run leaves behind, and where its images and initial weights come from.</summary>
public class DeepCommandTests
{
    internal const string Config = """
        name: deep
        dataset:   { kind: images, source: shapes, samples: 64, test_samples: 32 }
        model:     { kind: deep_network, architecture: resnet_tiny, width: 2, seed: 0 }
        schedule:  { kind: constant, rate: 0.05 }
        optimizer: { kind: sgd, batch_size: 16, steps: 6, seed: 0, sampling: shuffled, momentum: 0.5 }
        probes:    { at: { every: 4, end: true }, measure: [losses, parameter_norm] }
        checkpoints: { every: 2, best: test_loss }
        runs:
          - { label: "a: b/c" }

        """;

    private const string Cifar = """
        name: deep
        dataset:   { kind: images, source: cifar10, samples: 64, test_samples: 32, allow_partial: true }
        model:     { kind: deep_network, architecture: linear, seed: 0 }
        schedule:  { kind: constant, rate: 0.05 }
        optimizer: { kind: sgd, batch_size: 16, steps: 2, seed: 0, sampling: shuffled }
        probes:    { at: { every: 4, end: true }, measure: [losses] }
        runs:
          - { label: a }

        """;

    [Fact]
    public void A_run_leaves_its_speed_its_memory_its_checkpoints_and_event_files_and_tells_every_row() =>
        InFolder(Config, (config, folder) =>
    {
        var said = Cli.Run(config, "--output", folder, "--tensorboard");
        Assert.True(said.Code == ExitCode.Done, said.Error);
        var lines = said.Error.ReplaceLineEndings("\n").Split('\n');
        Assert.Contains("a: b/c, seed 0", lines);
        Assert.Matches(@"^\s+iteration\s+epoch\s+learning_rate\s+train_loss\s+test_loss\s+train_error\s+test_error\s+parameter_norm$",
            lines.Single(line => line.Contains("iteration ", StringComparison.Ordinal)));
        Assert.Equal(["0", "4", "6"], lines.Where(line => line.StartsWith(' ') && line.Contains(" 0.05 ", StringComparison.Ordinal))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[0]));

        var results = Path.Combine(folder, "deep");
        var info = JsonNode.Parse(File.ReadAllText(Path.Combine(results, "run.json")))!;
        Assert.Equal(torch.get_num_threads(), (int)info["torch_threads"]!);
        Assert.InRange((long)info["peak_memory_bytes"]!, 10_000_000, 100_000_000_000);
        Assert.Equal("winograd", (string?)info["convolutions"]);
        var run = info["runs"]![0]!;
        // The seconds are rounded to a ten thousandth.
        var speed = 6 * 16 / (double)run["training_seconds"]!;
        Assert.Equal(speed, (double)run["images_per_second"]!, 0.01 * speed + 0.1);

        string[] rows = [.. File.ReadAllLines(Path.Combine(results, "metrics.csv")).Skip(1)];
        var events = Directory.GetFiles(Path.Combine(results, "tensorboard"), "events.out.tfevents.*", SearchOption.AllDirectories);
        Assert.Equal(Path.Combine(results, "tensorboard", "a: b_c", "seed 0"), Path.GetDirectoryName(Assert.Single(events)));
        string[] written = [.. EventFileTests.Events(File.ReadAllBytes(events[0]))
            .Where(line => line.Contains("train_loss", StringComparison.Ordinal))];
        Assert.Equal(3, written.Length);
        Assert.All(written.Zip(rows), pair => AssertSameNumbers(pair.Second, pair.First));

        var checkpoints = Path.Combine(results, "checkpoints");
        Assert.Equal(["best.json", "best.safetensors", "step-0000000006.arrow", "step-0000000006.json", "step-0000000006.safetensors",
            "unit.yaml"],
            Directory.GetFiles(checkpoints, "*", SearchOption.AllDirectories).Select(Path.GetFileName)
                .Where(file => Path.GetExtension(file) != ".lock").Order(StringComparer.Ordinal));
    });

    [Fact]
    public void An_exported_checkpoint_is_the_state_dict_that_PyTorch_loads() => InFolder(Config, (config, folder) =>
    {
        Assert.Equal(ExitCode.Done, Cli.Run(config, "--output", folder, "--quiet").Code);
        var checkpoint = CheckpointOf(folder);
        var file = Path.Combine(folder, "weights.pth");
        var said = Cli.Run("export", checkpoint, file);
        Assert.True(said.Code == ExitCode.Done, said.Error);
        var tensors = SafetensorsFile.Read(checkpoint).OrThrow().Tensors.Where(tensor => !tensor.Name.Contains('/',
            StringComparison.Ordinal)).ToArray();
        Assert.Equal(FormattableString.Invariant($"{tensors.Length} tensors in {file}{Environment.NewLine}"), said.Out);
        using (var network = SmallNets.Network("resnet_tiny", ImageSource.Shapes.Shape, 10, 2))
        {
            Assert.Equal(network.Shapes.OrderBy(s => s.Name, StringComparer.Ordinal), tensors.Select(t => (t.Name, t.Shape))
                .OrderBy(s => s.Name, StringComparer.Ordinal));
        }

        Assert.Equal(tensors, TorchFile.ReadStateDict(file).OrThrow());

        Assert.SkipWhen(TorchLoadTests.Python.Value is null, "There is no Python with PyTorch.");
        const string script = "import sys, torch\nfor name, t in torch.load(sys.argv[1]).items(): print(name, list(t.shape), t.dtype, " +
            "t.double().sum().item(), t.double().pow(2).sum().item(), sep=';')";
        var (code, text) = TorchLoadTests.Run(TorchLoadTests.Python.Value!, "-c", script, file);
        Assert.True(code == 0, text);
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(tensors.Length, lines.Length);
        Assert.All(tensors.Zip(lines), pair =>
        {
            var (tensor, cells) = (pair.First, pair.Second.Split(';'));
            double[] values = tensor.Type == ElementType.Int64 ? [tensor.Values<long>()[0]] : [.. tensor.ToFloats().Select(x => (double)x)];
            Assert.Equal([tensor.Name, $"[{string.Join(", ", tensor.Shape)}]", $"torch.{tensor.Type}"], cells[..3]);
            Assert.Equal(values.Sum(), Number(cells[3]), 1e-9);
            Assert.Equal(values.Sum(x => x * x), Number(cells[4]), 1e-9 * (1 + values.Sum(x => x * x)));
        });
    });

    [Theory]
    [InlineData("tensors")]
    [InlineData("description")]
    [InlineData("another file")]
    [InlineData("a folder")]
    [InlineData("no description")]
    [InlineData("link")]
    public void A_damaged_checkpoint_is_neither_exported_nor_started_from(string damaged) => InFolder(Config, (config, folder) =>
    {
        Assert.Equal(ExitCode.Done, Cli.Run(config, "--output", folder).Code);
        var checkpoint = Directory.GetFiles(Path.Combine(folder, "deep", "checkpoints"), "step-*.safetensors",
            SearchOption.AllDirectories)[0];
        var (file, tensors) = (Path.ChangeExtension(checkpoint, ".json"), File.ReadAllBytes(checkpoint));
        if (damaged == "description") File.WriteAllText(file, File.ReadAllText(file)[..100]);
        if (damaged == "another file") File.WriteAllText(file, """{ "hello": 1 }""");
        if (damaged is "a folder" or "no description") File.Delete(file);
        if (damaged == "a folder") Directory.CreateDirectory(file);
        // A weight, which reads as another one.
        tensors[^5] ^= 1;
        if (damaged is "tensors" or "link") File.WriteAllBytes(checkpoint, tensors);
        if (damaged == "link")
            checkpoint = File.CreateSymbolicLink(Path.Combine(folder, "link.safetensors"), Path.GetFullPath(checkpoint)).FullName;
        var export = Cli.Run("export", checkpoint, Path.Combine(folder, "x.pth"));
        Assert.Equal((ExitCode.BadInput, false), (export.Code, File.Exists(Path.Combine(folder, "x.pth"))));
        Assert.Contains(".safetensors: error LS0709: the checkpoint is damaged: ", export.Error, StringComparison.Ordinal);
        var begun = Cli.Run(config, "--output", Path.Combine(folder, "other"), "--set", $"model.weights={checkpoint}");
        Assert.Equal(ExitCode.BadInput, begun.Code);
        Assert.Contains("error LS0709: ", begun.Error, StringComparison.Ordinal);
    });

    [Fact]
    public void A_checkpoint_is_not_exported_onto_itself_nor_onto_a_device() => InFolder(Config, (config, folder) =>
    {
        Assert.Equal(ExitCode.Done, Cli.Run(config, "--output", folder, "--quiet").Code);
        var checkpoint = CheckpointOf(folder);
        var (before, link) = (File.ReadAllBytes(checkpoint), Path.Combine(folder, "link.pth"));
        File.CreateSymbolicLink(link, Path.GetFullPath(checkpoint));
        foreach (var target in (string[])[checkpoint, Path.Combine(folder, ".", Path.GetRelativePath(folder, checkpoint)), link])
        {
            var said = Cli.Run("export", checkpoint, target);
            Assert.Equal((ExitCode.BadInput, $"error LS0300: '{target}' is the checkpoint itself, which would be lost: name another file"),
                (said.Code, said.Error.TrimEnd()));
        }
        Assert.Equal(before, File.ReadAllBytes(checkpoint));
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere nobody is asked what stands at a path.");
        Assert.True(FileKind.IsSpecial("/dev/null"));
        Assert.False(FileKind.IsSpecial(checkpoint) || FileKind.IsSpecial(folder) || FileKind.IsSpecial(Path.Combine(folder, "none")));
        // Through a link, so that a mistake here takes the link's place and not the device's.
        var device = File.CreateSymbolicLink(Path.Combine(folder, "device.pth"), "/dev/null").FullName;
        var refused = Cli.Run("export", checkpoint, device);
        Assert.Equal(ExitCode.BadInput, refused.Code);
        Assert.Contains("is a device or a pipe, and no place for a file", refused.Error, StringComparison.Ordinal);
        Assert.Equal("/dev/null", new FileInfo(device).LinkTarget);
        Assert.Contains("this is a device or a pipe, not a file", Cli.Run("export", device, link + "2").Error, StringComparison.Ordinal);
    });

    [Fact]
    public void More_tensors_than_the_format_has_room_for_are_told() => TemporaryFolder.In(folder =>
    {
        var (many, target) = (Path.Combine(folder, "many.safetensors"), Path.Combine(folder, "x.pth"));
        SafetensorsFile.Write(many, Enumerable.Range(0, 65_536).Select(i => new NamedTensor(FormattableString.Invariant($"t{i}"),
            ElementType.Float32, [1], BitConverter.GetBytes((float)i))));
        Assert.Equal(new Said(ExitCode.BadInput, "",
            $"{target}: error LS0711: a file of this format has at most 4 GiB and 65,534 tensors; safetensors files have " +
            $"room for more{Environment.NewLine}"),
            Cli.Run("export", many, target));
        Assert.Empty(Directory.GetFiles(folder, "x.pth*"));
    });

    [Fact]
    public void The_averaged_weights_of_a_checkpoint_are_exported_on_request() => InFolder(Config.Replace("momentum: 0.5", "averaging: 0.5",
        StringComparison.Ordinal), (config, folder) =>
    {
        Assert.Equal(ExitCode.Done, Cli.Run(config, "--output", folder, "--quiet").Code);
        var checkpoint = CheckpointOf(folder);
        var file = Path.Combine(folder, "weights.pth");
        var said = Cli.Run("export", checkpoint, file, "--averaged");
        Assert.Equal(ExitCode.Done, said.Code);
        Assert.StartsWith("the running statistics of batch norm are those of the current weights: ", said.Error, StringComparison.Ordinal);
        var all = SafetensorsFile.Read(checkpoint).OrThrow().Tensors.ToDictionary(tensor => tensor.Name);
        var exported = TorchFile.ReadStateDict(file).OrThrow();
        Assert.Equal(all.Keys.Where(name => !name.Contains('/', StringComparison.Ordinal)).Order(), exported.Select(tensor => tensor.Name)
            .Order());
        Assert.All(exported, tensor => Assert.Equal(all.GetValueOrDefault("averaged/" + tensor.Name)?.WithName(tensor.Name)
            ?? all[tensor.Name], tensor));
        Assert.NotEqual(all["conv1.weight"], exported.Single(tensor => tensor.Name == "conv1.weight"));

        // A file with nothing but what goes with weights has none to export.
        var other = Path.Combine(folder, "other.safetensors");
        SafetensorsFile.Write(other, [all["averaged/conv1.weight"].WithName("momentum/conv1.weight")]);
        Assert.Equal(new Said(ExitCode.BadInput, "",
            $"{other}: error LS0704: there are no weights in this file, only 'momentum'{Environment.NewLine}"), Cli.Run("export", other,
            file));
        Assert.Equal(ExitCode.Done, Cli.Run("export", other, file, "--at", "momentum").Code);
        Assert.Equal(["conv1.weight"], TorchFile.ReadStateDict(file).OrThrow().Select(tensor => tensor.Name));
        Assert.StartsWith("error LS0300: --averaged and --at exclude each other", Cli.Run("export", other, file, "--averaged", "--at",
            "momentum").Error, StringComparison.Ordinal);
    });

    [Fact]
    public void An_export_of_no_checkpoint_is_told() => Cli.InFolder(folder =>
    {
        var file = Path.Combine(folder, "none.safetensors");
        var said = Cli.Run("export", file, Path.Combine(folder, "weights.pth"));
        Assert.Equal(new Said(ExitCode.BadInput, "", $"{file}: error LS0701: there is no such file{Environment.NewLine}"), said);
        Assert.False(File.Exists(Path.Combine(folder, "weights.pth")));
    });

    [Theory]
    [InlineData("missing.pth", "error LS0701: there is no such file")]
    [InlineData("damaged.pth", "error LS0702: ")]
    [InlineData("other.pth", "error LS0706: the weights are not those of resnet_tiny of width 2 with 10 classes: " +
        "it has no 'conv1.weight' [2, 3, 3, 3]")]
    public void Initial_weights_that_do_not_fit_end_the_program_before_anything_runs(string name, string message) =>
        InFolder(Config, (config, folder) =>
    {
        var file = Path.Combine(folder, name);
        File.WriteAllText(Path.Combine(folder, "damaged.pth"), "no weights");
        TorchFile.WriteStateDict(Path.Combine(folder, "other.pth"), [NamedTensor.Of<float>("w", [1], [1])]);
        var said = Cli.Run(config, "--output", folder, "--set", $"model.weights={file}");
        Assert.Equal(ExitCode.BadInput, said.Code);
        Assert.StartsWith($"{file}: {message}", said.Error, StringComparison.Ordinal);
        Assert.Single(said.Error.TrimEnd().Split('\n'));
        Assert.False(Directory.Exists(Path.Combine(folder, "deep")));
        // A file that is not there yet may be that of a run before this one.
        File.WriteAllText(config, Config.Replace("width: 2, seed: 0", $"width: 2, weights: '{file}', seed: 0", StringComparison.Ordinal));
        var validated = Cli.Run("validate", config);
        if (name == "missing.pth") Assert.Equal((ExitCode.Done, ""), (validated.Code, validated.Error));
        else Assert.Equal((ExitCode.BadInput, said.Error), (validated.Code, validated.Error));
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Images_that_a_server_refuses_have_exit_code_4_and_nothing_runs(bool partial) =>
        InFolder(partial ? Cifar : Cifar.Replace(", allow_partial: true", "", StringComparison.Ordinal), (config, folder) =>
    {
        using var server = new TinyServer((_, _) => new("404 Not Found", []));
        var data = Path.Combine(folder, "images");
        var said = Cli.Run(config, "--output", folder, "--data", data, "--mirror", server.Address.ToString());
        Assert.Equal(ExitCode.NotAvailable, said.Code);
        Assert.Equal(["/data/cifar-10-binary.tar.gz"], server.Requests.Select(request => request.Path));
        Assert.Contains($"fetching cifar10 from {server.Address} into {data}", said.Error, StringComparison.Ordinal);
        Assert.Contains("error LS0607: ", said.Error, StringComparison.Ordinal);
        Assert.Contains("404 Not Found", said.Error, StringComparison.Ordinal);
        Assert.Contains($"{data}: error LS0601: no images of cifar10 in {data}: looked in cifar-10-batches-bin, ", said.Error,
            StringComparison.Ordinal);
        Assert.Contains(" for data_batch_1.bin, cifar-10-binary.tar.gz, data_batch_1, cifar-10-python.tar.gz; fetch ", said.Error,
            StringComparison.Ordinal);
        Assert.False(Directory.Exists(data));
        Assert.False(Directory.Exists(Path.Combine(folder, "deep")));
    });

    [Fact]
    public void A_part_of_the_images_that_is_there_is_enough_where_it_is_allowed() => InFolder(Cifar, (config, folder) =>
    {
        using var server = new TinyServer((_, _) => new("404 Not Found", []));
        var data = PartOfCifar(folder);
        var said = Cli.Run(config, "--output", folder, "--data", data, "--mirror", server.Address.ToString());
        Assert.True(said.Code == ExitCode.Done, said.Error);
        Assert.Empty(server.Requests);
        var before = Directory.GetFileSystemEntries(data, "*", SearchOption.AllDirectories);
        // More than are there are not fetched over them: it is said where there are fewer.
        said = Cli.Run(config, "--output", folder, "--data", data, "--mirror", server.Address.ToString(), "--set", "dataset.samples=90");
        Assert.Equal(ExitCode.NotAvailable, said.Code);
        Assert.EndsWith($"{Path.Combine(data, "cifar-10-batches-bin")}: error LS0610: 90 training images of cifar10 are asked for, but " +
            $"there are 80{Environment.NewLine}", said.Error, StringComparison.Ordinal);
        // Nor is a part enough where nobody says so.
        said = Cli.Run(config, "--output", folder, "--data", data, "--mirror", server.Address.ToString(), "--set",
            "dataset.allow_partial=false");
        Assert.Equal(ExitCode.NotAvailable, said.Code);
        Assert.Contains("test_batch.bin: error LS0603: has ", said.Error, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
        Assert.Equal(before, Directory.GetFileSystemEntries(data, "*", SearchOption.AllDirectories));
    });

    [Fact]
    public void The_images_lie_where_the_environment_says_or_beside_the_folder_of_the_config() => InFolder(Cifar, (config, folder) =>
    {
        var data = PartOfCifar(folder);
        var configs = Directory.CreateDirectory(Path.Combine(folder, "configs")).FullName;
        var moved = Path.Combine(configs, "deep.yaml");
        File.Copy(config, moved);
        Assert.Equal(ExitCode.Done, Start(config, data));
        Directory.Move(data, Path.Combine(folder, "data"));
        Assert.Equal(ExitCode.Done, Start(moved, null));

        int Start(string config, string? variable)
        {
            var start = new ProcessStartInfo(Program.Host, [Program.Dll, config, "--output", folder, "--quiet", "--mirror",
                "http://127.0.0.1:9/"])
            { RedirectStandardError = true };
            if (variable is null) start.Environment.Remove("LARGESTEPS_DATA");
            else start.Environment["LARGESTEPS_DATA"] = variable;
            using var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            DiagonalCases.Note($"{error}");
            return process.ExitCode;
        }
    });

    [Theory]
    [InlineData("false")]
    [InlineData("true")]
    public void Images_of_which_there_is_nothing_are_fetched_once_and_trained_on(string partial) => InFolder(Cifar, (config, folder) =>
    {
        var mnist = Path.Combine(ImageTestData.RealData(), "mnist");
        Assert.SkipUnless(ImageSource.Mnist.Files.All(file => File.Exists(Path.Combine(mnist, file.Name))), "There is no MNIST.");
        using var server = new TinyServer((path, from) => TinyServer.Ranges(File.ReadAllBytes(Path.Combine(mnist, Path.GetFileName(path))),
            from));
        string[] line = [config, "--output", folder, "--data", Path.Combine(folder, "images"), "--mirror", server.Address.ToString(),
            "--set", "dataset.source=mnist", "--set", $"dataset.allow_partial={partial}"];
        var asked = 0;
        for (var i = 0; i < 2; i++)
        {
            var said = Cli.Run(line);
            Assert.True(said.Code == ExitCode.Done, said.Error);
            Assert.Equal(i == 0, said.Error.Contains("train-images-idx3-ubyte.gz: 9 of 9 MB", StringComparison.Ordinal));
            // A connection that is cut is made again.
            Assert.Equal(ImageSource.Mnist.Files.Select(file => "/data/" + file.Name),
                server.Requests.Select(request => request.Path).Distinct());
            if (i == 0) asked = server.Requests.Count;
            Assert.Equal(asked, server.Requests.Count);
        }
    });

    [Fact]
    public void The_surface_of_a_deep_network_is_drawn_again_from_its_table_and_else_from_the_images() => InFolder(
        Cifar.Replace("measure: [losses] }", "measure: [losses], snapshots: all }", StringComparison.Ordinal) + """
        figures:
          - { kind: surface, file: f, plane: { points: { origin: initial, first: { measurement: { run: a, number: 0 } },
              second: { end: { run: a } } } },
              grid: { x: { from: -1, to: 1 }, y: { from: -1, to: 1 }, points: 2 }, samples: 8 }
          - { kind: surface, file: g, plane: { random: { origin: { end: { run: a } }, seed: 1 } },
              grid: { x: { from: -1, to: 1 }, y: { from: -1, to: 1 }, points: 2 }, samples: 8, paths: [a] }

        """, (config, folder) =>
    {
        var (data, nowhere, results) = (PartOfCifar(folder), Path.Combine(folder, "nowhere"), Path.Combine(folder, "deep"));
        var surfaces = Path.Combine(results, "surfaces");
        string[] Lines(string name) => File.ReadAllLines(Path.Combine(surfaces, name));
        var said = Cli.Run(config, "--output", folder, "--data", data);
        Assert.True(said.Code == ExitCode.Done, said.Error);
        Assert.Contains("surface g: 2 of 2 rows", said.Error, StringComparison.Ordinal);
        // The first plane is none: its first point is its origin.
        Assert.DoesNotContain("surface f", said.Error, StringComparison.Ordinal);
        Assert.Equal((1, 5), (Lines("f.csv").Length, Lines("g.csv").Length));

        var time = Cli.Times(surfaces)["g.csv"];
        said = Cli.Run("plot", results, "--data", nowhere);
        Assert.True(said.Code == ExitCode.Done, said.Error);
        Assert.Equal(time, Cli.Times(surfaces)["g.csv"]);

        Cli.Edit(Path.Combine(results, "experiment.yaml"), "seed: 1", "seed: 2");
        said = Cli.Run("plot", results, "--data", nowhere);
        Assert.Equal(ExitCode.NotAvailable, said.Code);
        Assert.Contains("error LS06", said.Error, StringComparison.Ordinal);
        Assert.Equal(time, Cli.Times(surfaces)["g.csv"]);

        said = Cli.Run("plot", results, "--data", data);
        Assert.True(said.Code == ExitCode.Done, said.Error);
        Assert.NotEqual(time, Cli.Times(surfaces)["g.csv"]);
    });

    private static string CheckpointOf(string folder) => Directory.GetFiles(Path.Combine(folder, "deep", "checkpoints"),
        "step-*.safetensors", SearchOption.AllDirectories).Single();

    private static string PartOfCifar(string folder)
    {
        var data = Path.Combine(folder, "part");
        Directory.CreateDirectory(Path.Combine(data, "cifar-10-batches-bin"));
        byte[] labels = [.. Enumerable.Range(0, 16).Select(i => (byte)(i % 10))];
        foreach (var name in (string[])["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"])
            File.WriteAllBytes(Path.Combine(data, "cifar-10-batches-bin", name + ".bin"), ImageTestData.Records(1, labels));
        File.WriteAllBytes(Path.Combine(data, "cifar-10-batches-bin", "test_batch.bin"), ImageTestData.Records(1, [.. labels, .. labels]));
        return data;
    }

    // An event has its numbers in float32; the first cells of a row are label, seed and iteration.
    private static void AssertSameNumbers(string row, string written)
    {
        var numbers = written.Split(' ').Where(word => word.Contains('=', StringComparison.Ordinal))
            .Select(word => Number(word.Split('=')[1])).ToArray();
        var cells = row.Split(',')[^5..].Select(Number).ToArray();
        Assert.Equal(6, numbers.Length);
        Assert.All(numbers.Skip(1).Zip(cells), pair => Assert.Equal(pair.Second, pair.First, 1e-6 * (1 + Math.Abs(pair.Second))));
    }

    private static double Number(string text) => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    internal static void InFolder(string text, Action<string, string> test) => Cli.InFolder(folder =>
    {
        var config = Path.Combine(folder, "deep.yaml");
        File.WriteAllText(config, text);
        test(config, folder);
    });
}
