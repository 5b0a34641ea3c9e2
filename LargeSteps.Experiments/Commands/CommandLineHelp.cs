using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Reflection;

namespace LargeSteps.Experiments.Commands;

/// <summary>The version of the program alone.</summary>
internal sealed class Version(Terminal terminal) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var version = typeof(Program).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        terminal.Out.WriteLine($"LargeSteps {version.Split('+')[0]}");
        return ExitCode.Done;
    }
}

/// <summary>The help of a verb, then its examples.</summary>
internal sealed class HelpWithExamples(HelpAction help, Argument rootArgument, string program) : SynchronousCommandLineAction
{
    // A terminal of 80 columns shows all of it unbroken.
    private const int Width = 80;

    private const string ExitCodes = """

        Exit codes:
          0  done
          1  a bug of the program
          2  bad input: the command line, a config, a folder that cannot be written to
          3  stopped by the user; the same command does the rest, run with --resume
          4  data or device not available
          5  of reproduce: a number that should reproduce misses

        """;

    private static readonly Dictionary<string, string[]> Examples = new()
    {
        ["run"] =
        [
            "configs/diagonal_sgd.yaml", "configs/diagonal_sgd.yaml --smoke --output /tmp/results",
                "configs/diagonal_sgd.yaml --seeds 0..49 --resume",
            "configs/diagonal_sgd.yaml --set optimizer.steps=20000",
        ],
        ["validate"] = ["validate configs/*.yaml"],
        ["plot"] = ["plot results/diagonal_sgd"],
        ["view"] = ["view", "view results --port 8080", "view /shared/results --host 0.0.0.0"],
        ["compare"] =
        [
            "compare results/resnet18_large results/resnet18_small",
            "compare results/a results/b --metrics train_loss l0_norm --x epoch",
        ],
        ["gather"] = ["gather results/diagonal_sgd", "gather configs/diagonal_sgd.yaml --output /shared/results"],
        ["submit"] =
        [
            "submit configs/diagonal_sgd.yaml --seeds 0..999 --partition short --time 00:30:00",
            "submit configs/diagonal_sgd.yaml --seeds 0..999 --engine local",
            "submit configs/resnet18_large.yaml --gpus 1 --dry-run",
        ],
        ["status"] = ["status results/diagonal_sgd --watch"],
        ["cancel"] = ["cancel results/diagonal_sgd"],
        ["new"] = ["new my_experiment", "new my_network --from resnet18_cpu_large --output configs/"],
        ["list"] = ["list", "list configs"],
        ["export"] = ["export results/resnet18_cpu_large/checkpoints/*/best.safetensors resnet18.pth"],
        ["why"] = ["why configs/diagonal_sgd.yaml results/diagonal_sgd"],
        ["prune"] = ["prune results/diagonal_sgd --dry-run"],
        ["reproduce"] = ["reproduce", "reproduce --quick", "reproduce --only diagonal_sgd two_layer"],
        ["docs"] = ["docs", "docs --only diagonal_sgd", "docs --long --only resnet18_cpu"],
        ["schema"] = ["schema > docs/experiment.schema.json", "schema --markdown > docs/configuration.md"],
        ["explain"] = ["explain LS0105", "explain", "explain --markdown > docs/errors.md"],
        ["completion"] = ["completion bash >> ~/.bashrc", "completion zsh >> ~/.zshrc", "completion pwsh >> $PROFILE"],
    };

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var (command, output) = (parseResult.CommandResult.Command, parseResult.InvocationConfiguration.Output);
        help.MaxWidth = Width;
        // A verb stands in place of the root's own argument, not after it.
        rootArgument.Hidden = command is not RootCommand;
        var text = new StringWriter();
        parseResult.InvocationConfiguration.Output = text;
        help.Invoke(parseResult);
        // The library takes it for the name of its file.
        foreach (var line in text.ToString().TrimEnd().ReplaceLineEndings("\n")
            .Replace($"\n  {RootCommand.ExecutableName} ", $"\n  {program} ", StringComparison.Ordinal)
            .Replace("<CONFIG> [command] [options]", $"<CONFIG> [options]\n  {program} <command> …", StringComparison.Ordinal)
            .Split('\n'))
        {
            output.WriteLine(line.TrimEnd());
        }

        output.WriteLine();
        output.WriteLine("Examples:");
        var examples = command is RootCommand ? Examples["run"].Concat([.. Examples["validate"], .. Examples["plot"],
            "completion bash >> ~/.bashrc"]) : Examples[command.Name];
        foreach (var example in examples) output.WriteLine($"  {program} {example}");
        if (command is RootCommand || command.Name is "run" or "reproduce") output.Write(ExitCodes);
        return ExitCode.Done;
    }
}
