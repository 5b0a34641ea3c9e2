using System.CommandLine;
using LargeSteps.Numerics;
using LargeSteps.Pipelines;

namespace LargeSteps.Experiments.Commands;

/// <summary>The command line: parses it and calls the command.</summary>
internal static class CommandLine
{
    private const string Examples = """

        Examples:
          largesteps configs/diagonal_sgd.yaml
          largesteps configs/diagonal_sgd.yaml --seeds 0..49 --resume
          largesteps configs/diagonal_sgd.yaml --set optimizer.steps=20000 --output /tmp/results
          largesteps validate configs/*.yaml
          largesteps plot results/diagonal_sgd

        Exit codes: 0 done, 1 a bug, 2 bad input, 3 stopped (continue with --resume), 4 data or device not available.
        """;

    public static int Run(IReadOnlyList<string> arguments, Terminal terminal)
    {
        try
        {
            var parsed = Create(terminal).Parse(arguments);
            if (parsed.Errors.Count > 0)
            {
                foreach (var error in parsed.Errors) terminal.Error.WriteLine($"error LS0300: {error.Message}");
                terminal.Error.WriteLine("Try --help.");
                return ExitCode.BadInput;
            }
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = terminal.Out, Error = terminal.Error });
        }
        catch (CommandException e)
        {
            terminal.Error.WriteLine(e.Message);
            return e.ExitCode;
        }
        catch (NativeLibraryException e)
        {
            terminal.Error.WriteLine($"error LS0401: {e.Message}");
            return ExitCode.NotAvailable;
        }
    }

    private static RootCommand Create(Terminal terminal)
    {
        var root = new RootCommand($"LargeSteps: the training dynamics of SGD with large step sizes.{Environment.NewLine}{Examples}");
        var run = new Command("run", "Runs an experiment (what happens without a verb).");
        foreach (var command in (Command[])[root, run]) AddRun(command, terminal);
        root.Subcommands.Add(run);

        var configs = new Argument<string[]>("CONFIG") { Description = "YAML files of experiments.", Arity = ArgumentArity.OneOrMore };
        var validate = new Command("validate", "Checks configs without running them.") { configs };
        validate.SetAction(parsed => ValidateCommand.Run(parsed.GetValue(configs)!, terminal));
        root.Subcommands.Add(validate);

        var configFolder = new Argument<string>("FOLDER") { Description = "The folder of the configs.", DefaultValueFactory = _ => "configs" };
        var list = new Command("list", "Lists the configs of a folder, with what they show.") { configFolder };
        list.SetAction(parsed => ListCommand.Run(parsed.GetValue(configFolder)!, terminal));
        root.Subcommands.Add(list);

        var schema = new Command("schema", "Writes the JSON schema of the configs, for editors.");
        schema.SetAction(_ => SchemaCommand.Run(terminal));
        root.Subcommands.Add(schema);

        var folder = new Argument<string>("RESULT_DIR") { Description = "A folder of results, like results/diagonal_sgd." };
        var plot = new Command("plot", "Draws the charts of its experiment.yaml again, without training.") { folder };
        plot.SetAction(parsed => PlotCommand.Run(parsed.GetValue(folder)!, terminal));
        root.Subcommands.Add(plot);
        return root;
    }

    private static void AddRun(Command command, Terminal terminal)
    {
        var config = new Argument<string>("CONFIG") { Description = "The YAML file of the experiment." };
        var output = new Option<string>("--output", "-o") { Description = "The folder of the results.", HelpName = "DIR", DefaultValueFactory = _ => "results" };
        var device = new Option<string>("--device") { Description = "Where autograd runs: auto, cpu, cuda or cuda:N.", HelpName = "DEVICE", DefaultValueFactory = _ => "auto" };
        var set = new Option<string[]>("--set") { Description = "Change the config: optimizer.steps=20000, runs[0].schedule.rate=0.3. Can be given several times.", HelpName = "PATH=VALUE" };
        var seeds = new Option<Seeds?>("--seeds") { Description = "Repeat every run over the seeds A to B.", HelpName = "A..B", CustomParser = SeedRange };
        var workers = new Option<int>("--workers") { Description = "Runs at a time; changes no result.", HelpName = "N", DefaultValueFactory = _ => Environment.ProcessorCount };
        var resume = new Option<bool>("--resume") { Description = "Keep the runs that are done already." };
        var smoke = new Option<bool>("--smoke") { Description = "Shrink the experiment to a moment: fewer steps, measurements and seeds." };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Say nothing but errors." };
        workers.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.GetValue(workers) < 1) result.AddError("--workers must be at least 1.");
        });
        command.Arguments.Add(config);
        foreach (var option in (Option[])[output, device, set, seeds, workers, resume, smoke, quiet]) command.Options.Add(option);
        command.SetAction(parsed => RunCommand.Run(
            new RunRequest(
                parsed.GetValue(config)!, parsed.GetValue(set) ?? [], parsed.GetValue(output)!, parsed.GetValue(device)!, parsed.GetValue(seeds), parsed.GetValue(workers),
                parsed.GetValue(resume), parsed.GetValue(smoke), parsed.GetValue(quiet)),
            terminal));
    }

    private static Seeds? SeedRange(System.CommandLine.Parsing.ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        var ends = text.Split("..");
        if (ends.Length <= 2 && uint.TryParse(ends[0], out var from) && uint.TryParse(ends[^1], out var to) && from <= to && to - from < 1_000_000)
            return Seeds.OfSampling(from, (int)(to - from + 1));
        result.AddError($"--seeds expects a range of seeds like 0..49 (or one seed), not '{text}'.");
        return null;
    }
}
