using System.CommandLine;
using LargeSteps.Pipelines;
using LargeSteps.Values;
using static LargeSteps.Experiments.Commands.CommandOptions;

namespace LargeSteps.Experiments.Commands;

/// <summary>The options of a run on one command line.</summary>
internal sealed class RunOptions
{
    private readonly Option<string> _output = Output();
    private readonly Option<int> _workers = Workers();
    private readonly Option<string?> _data = Data();
    private readonly Option<bool> _quiet = Quiet();
    private readonly Option<string[]> _set = Overrides();

    private readonly Option<string> _device = new("--device")
    {
        Description = "Where autograd runs: auto, cpu, cuda:N, or cuda, all of them. Runs of deep networks are spread over several with " +
            "commas: cuda:0,cuda:1; cpu:2,cpu:2 are two workers of two threads each.",
        HelpName = "DEVICE",
        DefaultValueFactory = _ => "auto"
    };

    private readonly Option<Seeds?> _seeds = new("--seeds")
    {
        Description = "Repeat every run over the seeds A to B.",
        HelpName = "A..B",
        CustomParser = SeedRange
    };

    private readonly Option<bool> _resume = new("--resume")
    {
        Description = "Keep the runs that are done already, and go on from checkpoints."
    };

    private readonly Option<bool> _exact = new("--exact")
    {
        Description = "Refuse to go on from a checkpoint of another kind of processor, which would give other last digits."
    };

    private readonly Option<Shard?> _shard = new("--shard")
    {
        Description = "Make the units alone whose place in the list is I modulo N, for one of several programs that share a folder; " +
            "'gather' makes the rest. auto/N takes I from the scheduler's array. Implies --resume.",
        HelpName = "I/N",
        CustomParser = Shard.Parse
    };

    private readonly Option<Uri?> _mirror = new("--mirror")
    {
        Description = "Fetch image datasets from here instead of where they were published.",
        HelpName = "URL",
        CustomParser = Address
    };

    private readonly Option<bool> _board = new("--tensorboard") { Description = "Write event files for TensorBoard besides." };

    private readonly Option<bool> _smoke = new("--smoke")
    {
        Description = "Shrink the experiment to a moment: less data, fewer steps, measurements and seeds."
    };

    public RunOptions() => _device.CompletionSources.Add("auto", "cpu", "cuda");

    /// <summary>The config.</summary>
    public Argument<string> Config { get; } = new("CONFIG") { Description = "The YAML file of the experiment." };

    /// <summary>All options.</summary>
    public Option[] All => [_output, _device, _set, _seeds, _workers, _resume, _shard, _exact, _data, _mirror, _board, _smoke, _quiet];

    /// <summary>Those that hold for every part of an experiment that is divided.</summary>
    public Option[] OfParts => [_output, _device, _set, _seeds, _workers, _exact, _data, _mirror, _smoke, _quiet];

    /// <summary>What a command line asks for.</summary>
    public RunRequest Of(ParseResult parsed) => new(
        parsed.GetValue(Config)!, parsed.GetValue(_set) ?? [], parsed.GetValue(_output)!, parsed.GetValue(_device)!,
        parsed.GetValue(_seeds), WorkersOf(parsed.GetValue(_workers)), parsed.GetValue(_resume), parsed.GetValue(_smoke),
        parsed.GetValue(_quiet), parsed.GetValue(_data), parsed.GetValue(_mirror), parsed.GetValue(_board),
        Items.From(parsed.Tokens.Select(token => token.Value)), parsed.GetValue(_exact), parsed.GetValue(_shard))
    {
        GivenWorkers = parsed.GetValue(_workers) is > 0 and var given ? given : null,
    };
}
