using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using LargeSteps.Datasets;
using LargeSteps.Experiments.Docs;
using LargeSteps.Numerics;
using LargeSteps.Values;
using static LargeSteps.Experiments.Commands.CommandOptions;

namespace LargeSteps.Experiments.Commands;

/// <summary>The command line: parses it and calls the command.</summary>
internal static class CommandLine
{
    public static int Run(IReadOnlyList<string> arguments, Terminal terminal)
    {
        try
        {
            var parsed = Create(terminal).Parse(arguments);
            // Not so for --help, --version and completion, which do with what there is.
            if (parsed.Action is ParseErrorAction)
            {
                foreach (var error in ErrorsOf(parsed)) terminal.Error.WriteLine($"error LS0300: {error}");
                terminal.Error.WriteLine("Try --help.");
                return ExitCode.BadInput;
            }
            return parsed.Invoke(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                Output = terminal.Out,
                Error = terminal.Error
            });
        }
        catch (Exception e)
        {
            return Tell(e, terminal.Error);
        }
    }

    // What a user can do something about is told in a sentence; a stack trace is for bugs.
    internal static int Tell(Exception exception, TextWriter error)
    {
        // What stopped one worker comes together with what stopped the others.
        var (exitCode, message) = ((exception as AggregateException)?.InnerException ?? exception) switch
        {
            CommandException e => (e.ExitCode, e.Message),
            NativeLibraryException e => (ExitCode.NotAvailable, $"error LS0401: {e.Message}"),
            DataException e => (ExitCode.NotAvailable, e.Message),
            OutOfMemoryException => (ExitCode.NotAvailable, "error LS0403: there is not enough memory for this"),
            (IOException or UnauthorizedAccessException) and var e => (ExitCode.BadInput, $"error LS0301: {e.Message}"),
            _ => (ExitCode.Bug, $"error LS0399: this is a bug of the program: {exception}"),
        };
        error.WriteLine(message);
        return exitCode;
    }

    private static IEnumerable<string> ErrorsOf(ParseResult parsed)
    {
        if (UnknownWord(parsed) is { } unknown) return [unknown];
        if (parsed.CommandResult.Command.Arguments is [{ Arity.MinimumNumberOfValues: > 0 } argument] && !ArgumentsOf(parsed)
            .Any())
        {
            return [$"{argument.Name} is missing: {argument.Description}"];
        }

        return parsed.Errors.Select(error => string.Join(' ', error.Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
    }

    private static IEnumerable<string> ArgumentsOf(ParseResult parsed) =>
        parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens).Select(token => token.Value);

    /// <summary>What to say where a word looks like an option or stands where a verb could, and is none; null where there is no such
    /// word.</summary>
    private static string? UnknownWord(ParseResult parsed)
    {
        var options = parsed.CommandResult.Command.Options.Select(option => option.Name).Append("--help").ToArray();
        if (ArgumentsOf(parsed).Concat(parsed.UnmatchedTokens).FirstOrDefault(token => token is ['-', _, ..]) is { } misspelled)
            return $"there is no option '{misspelled}'{(Nearest.Of(misspelled, options) is { } near ? $"; did you mean '{near}'?" : "")}";
        if (parsed.CommandResult.Command is not RootCommand root || ArgumentsOf(parsed).FirstOrDefault() is not { } word) return null;
        string[] verbs = [.. root.Subcommands.Select(verb => verb.Name)];
        return word.IndexOfAny(['.', '/', '\\']) >= 0 || Path.Exists(word) ? null
            : $"'{word}' is no file and no verb{Nearest.Suggestion(word, verbs)}";
    }

    private static RootCommand Create(Terminal terminal)
    {
        var root = new RootCommand("LargeSteps: the training dynamics of SGD with large step sizes.");
        var run = new Command("run", "Runs an experiment (what happens without a verb).");
        foreach (var command in (Command[])[root, run]) AddRun(command, terminal);
        root.Subcommands.Add(run);

        var configs = new Argument<string[]>("CONFIG") { Description = "YAML files of experiments.", Arity = ArgumentArity.OneOrMore };
        var validate = new Command("validate", "Checks configs without running them.") { configs };
        validate.SetAction(parsed => ValidateCommand.Run(parsed.GetValue(configs)!, terminal));
        root.Subcommands.Add(validate);

        var folder = new Argument<string>("RESULT_DIR") { Description = "A folder of results, like results/diagonal_sgd." };
        var images = new Option<string?>("--data")
        {
            Description = "The folder of image datasets, which loss surfaces of deep networks " +
            "may need. [default: LARGESTEPS_DATA, or data]",
            HelpName = "DIR"
        };
        var plot = new Command("plot", "Draws the charts of its experiment.yaml again, without training.") { folder, images };
        plot.SetAction(parsed => PlotCommand.Run(parsed.GetValue(folder)!, parsed.GetValue(images), terminal));
        root.Subcommands.Add(plot);

        root.Subcommands.Add(View(terminal));
        root.Subcommands.Add(CompareCommand.Verb(terminal));
        root.Subcommands.Add(Gather(terminal));
        foreach (var verb in ClusterVerbs.All(terminal)) root.Subcommands.Add(verb);

        root.Subcommands.Add(NewCommand.Verb(terminal));
        var configFolder = new Argument<string?>("FOLDER")
        {
            Description = "The folder of the configs. [default: configs, or where there is none, those that the program carries]",
            Arity = ArgumentArity.ZeroOrOne
        };
        var list = new Command("list", "Lists the configs of a folder, with what they show.") { configFolder };
        list.SetAction(parsed => ListCommand.Run(parsed.GetValue(configFolder), terminal));
        root.Subcommands.Add(list);

        var checkpoint = new Argument<string>("CHECKPOINT")
        {
            Description = "A checkpoint, like " +
            "results/NAME/checkpoints/…/step-0000001000.safetensors."
        };
        var target = new Argument<string>("FILE") { Description = "The file to write, like resnet18.pth." };
        var averaged = new Option<bool>("--averaged")
        {
            Description = "The averaged weights of the checkpoint instead of its " +
            "current ones."
        };
        var place = new Option<string?>("--at")
        {
            Description = "Where in the file the weights are, like state_dict, where there are " +
            "several.",
            HelpName = "PLACE"
        };
        var export = new Command("export", "Writes the weights of a checkpoint into a file for PyTorch's torch.load.") { checkpoint, target,
            averaged, place };
        export.SetAction(parsed => ExportCommand.Run(
            parsed.GetValue(checkpoint)!, parsed.GetValue(target)!, parsed.GetValue(averaged), parsed.GetValue(place), terminal));
        root.Subcommands.Add(export);

        var (first, second) = (new Argument<string>("FIRST") { Description = "A unit, like results/NAME/units/….arrow, or a config." },
            new Argument<string>("SECOND") { Description = "A unit, or a folder of results." });
        var inputs = new Option<string?>("--data")
        {
            Description = "The folder of image datasets, whose content names the units of a config. [default: LARGESTEPS_DATA, or data " +
            "beside the folder of the config]",
            HelpName = "DIR"
        };
        var why = new Command("why", "Names the keys and files in which units differ: two, or a config's and a folder's.") { first, second,
            inputs };
        why.SetAction(parsed => WhyCommand.Run(parsed.GetValue(first)!, parsed.GetValue(second)!, parsed.GetValue(inputs), terminal));
        root.Subcommands.Add(why);

        var pruned = new Argument<string>("RESULT_DIR") { Description = "A folder of results, like results/diagonal_sgd." };
        var dry = new Option<bool>("--dry-run") { Description = "Say what would be deleted, and delete nothing." };
        var prune = new Command("prune", "Deletes units and checkpoints that neither its experiment nor its history uses " +
            "(reproduce makes those again that it made over more seeds).") { pruned, dry };
        prune.SetAction(parsed => PruneCommand.Run(parsed.GetValue(pruned)!, parsed.GetValue(dry), terminal));
        root.Subcommands.Add(prune);

        root.Subcommands.Add(Reproduce(terminal));
        root.Subcommands.Add(Docs(terminal));

        var markdown = new Option<bool>("--markdown") { Description = "Write the reference of all keys as a page in Markdown instead." };
        var schema = new Command("schema", "Writes the JSON schema of the configs, for editors.") { markdown };
        schema.SetAction(parsed => SchemaCommand.Run(parsed.GetValue(markdown), terminal));
        root.Subcommands.Add(schema);

        root.Subcommands.Add(Explain(terminal));

        var shell = new Argument<string>("SHELL") { Description = "The shell." };
        shell.AcceptOnlyFromAmong([.. CompletionCommand.Shells]);
        var completion = new Command("completion", "Writes a script that completes the command line in a shell.") { shell };
        completion.SetAction(parsed => CompletionCommand.Run(parsed.GetValue(shell)!, terminal));
        root.Subcommands.Add(completion);

        var help = root.Options.OfType<HelpOption>().Single();
        foreach (var alias in (string[])["/?", "/h", "-?"]) help.Aliases.Remove(alias);
        foreach (var option in root.Options)
        {
            option.Action = option switch
            {
                HelpOption => new HelpWithExamples((HelpAction)option.Action!, root.Arguments[0], terminal.Program),
                VersionOption => new Version(terminal),
                _ => option.Action,
            };
        }

        return root;
    }

    private static void AddRun(Command command, Terminal terminal)
    {
        var options = new RunOptions();
        command.Arguments.Add(options.Config);
        foreach (var option in options.All) command.Options.Add(option);
        command.SetAction(parsed => UnknownWord(parsed) is { } unknown
            ? throw new CommandException(ExitCode.BadInput, $"error LS0300: {unknown}")
            : RunCommand.Run(options.Of(parsed), terminal));
    }

    private static Command View(Terminal terminal)
    {
        var folder = new Argument<string>("RESULTS_DIR")
        {
            Description = "The folder below which results are, or a folder of results.",
            DefaultValueFactory = _ => "results"
        };
        var port = new Option<int>("--port")
        {
            Description = "The port; 0: one that is free.",
            HelpName = "N",
            DefaultValueFactory = _ => 6060,
            CustomParser = PortNumber
        };
        var host = new Option<string>("--host")
        {
            Description = "The address that is listened to; of any other than this machine's own the printed address has a token, which " +
                "whoever looks must have.",
            HelpName = "ADDRESS",
            DefaultValueFactory = _ => "127.0.0.1"
        };
        var command = new Command("view", "Shows results in the browser, and follows those that are being made.") { folder, port, host };
        command.SetAction(parsed => ViewCommand.Run(parsed.GetValue(folder)!, parsed.GetValue(host)!, parsed.GetValue(port), terminal));
        return command;
    }

    private static Command Gather(Terminal terminal)
    {
        var path = new Argument<string>("CONFIG_OR_RESULT_DIR") { Description = "A config, or a folder of results." };
        var (output, data, set) = (Output(), Data(), Overrides());
        var command = new Command("gather", "Makes tables, figures and the report of the units that are there, and says which are missing.")
        {
            path, output, data, set
        };
        command.SetAction(parsed => GatherCommand.Run(new(parsed.GetValue(path)!, parsed.GetValue(set) ?? [], parsed.GetValue(output)!,
            parsed.GetValue(data), Items.From(parsed.Tokens.Select(token => token.Value))), terminal));
        return command;
    }

    private static Command Reproduce(Terminal terminal)
    {
        var quick = new Option<bool>("--quick") { Description = "At most ten seeds of each run, and nothing that takes hours." };
        var only = Only("The experiments that are run; the others are shown where their results are there.");
        var docs = DocsFolder("The folder with published.yaml, where reproduction.md goes (with --quick or --only: to the results); " +
            "beside it is the folder configs.");
        var (kept, options) = Kept();
        var command = new Command("reproduce", "Runs every published experiment and writes the published numbers beside ours.");
        foreach (var option in (Option[])[quick, only, docs, .. options]) command.Options.Add(option);
        command.SetAction(parsed => ReproduceCommand.Run(
            new(parsed.GetValue(docs)!, Items.From(parsed.GetValue(only) ?? []), parsed.GetValue(quick),
                kept(parsed, parsed.GetValue(docs)!)), terminal));
        return command;
    }

    private static Command Explain(Terminal terminal)
    {
        var codes = new Argument<string[]>("CODE")
        {
            Description = "A code, like LS0105, or several; without one all codes are listed.",
            HelpName = "CODE",
            Arity = ArgumentArity.ZeroOrMore
        };
        codes.CompletionSources.Add([.. ErrorCodes.All.Select(each => each.Code)]);
        var markdown = new Option<bool>("--markdown") { Description = "Write the page of all codes in Markdown instead." };
        var command = new Command("explain", "Says what an error code means, and what to do.") { codes, markdown };
        command.SetAction(parsed => ExplainCommand.Run(parsed.GetValue(codes) ?? [], parsed.GetValue(markdown), terminal));
        return command;
    }

    private static Command Docs(Terminal terminal)
    {
        var only = Only("The figures that are drawn, without ending, or configs: all figures of these.");
        var @long = new Option<bool>("--long")
        {
            Description = "Make the runs that take hours as well; else their figures are drawn where " +
            "their results are there."
        };
        var docs = DocsFolder("The folder with figures.yaml and the folder figures; beside it is the folder configs.");
        var (kept, options) = Kept();
        var command = new Command("docs", "Draws the figures of docs/ again, with the runs that they show.");
        foreach (var option in (Option[])[only, @long, docs, .. options]) command.Options.Add(option);
        command.SetAction(parsed => DocsCommand.Run(
            new(parsed.GetValue(docs)!, Items.From(parsed.GetValue(only) ?? []), parsed.GetValue(@long),
                kept(parsed, parsed.GetValue(docs)!)), terminal));
        return command;
    }

    private static (Func<ParseResult, string, KeptRuns> Of, Option[] Options) Kept()
    {
        var (output, data, workers, quiet) = (Output(), Data(), Workers(), Quiet());
        var fresh = new Option<bool>("--fresh") { Description = "Run again what the folder of the results has." };
        return (
            (parsed, docs) => new(
                parsed.GetValue(output)!, RunCommand.DataFolder(parsed.GetValue(data), docs),
                WorkersOf(parsed.GetValue(workers)), parsed.GetValue(fresh), parsed.GetValue(quiet)),
            [output, data, workers, fresh, quiet]);
    }
}
