using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using LargeSteps.Pipelines;

namespace LargeSteps.Experiments.Commands;

/// <summary>Options that several verbs have, and how their values are read.</summary>
internal static class CommandOptions
{
    public static Option<string> Output() => new("--output", "-o")
    {
        Description = "The folder of the results.",
        HelpName = "DIR",
        DefaultValueFactory = _ => "results"
    };

    public static Option<int> Workers() =>
        new("--workers")
        {
            Description = "Runs at a time; changes no result. [default: one for each core]",
            HelpName = "N",
            CustomParser = WorkerCount
        };

    public static int WorkersOf(int given) => given > 0 ? given : Environment.ProcessorCount;

    public static Option<string?> Data() =>
        new("--data")
        {
            Description = "The folder of image datasets, where they are fetched to. [default: LARGESTEPS_DATA, or data beside " +
        "the folder of the config]",
            HelpName = "DIR"
        };

    public static Option<bool> Quiet() => new("--quiet", "-q") { Description = "Say nothing but errors." };

    public static Seeds? SeedRange(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        var ends = text.Split("..");
        if (ends.Length <= 2 && Seed(ends[0]) is { } from && Seed(ends[^1]) is { } to && from <= to && to - from < 1_000_000)
            return Seeds.OfSampling(from, (int)(to - from + 1));
        result.AddError($"--seeds expects a range of at most a million seeds like 0..49, or one seed, not '{text}'.");
        return null;

        static uint? Seed(string text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seed) ? seed : null;
    }

    public static Uri? Address(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is ("http" or "https")) return address;
        result.AddError($"--mirror expects an address that begins with http:// or https://, not '{text}'.");
        return null;
    }

    public static int PortNumber(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port)) return port;
        result.AddError($"--port expects a whole number from 0 to 65535, not '{text}'.");
        return 0;
    }

    private static int WorkerCount(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0) return count;
        result.AddError($"--workers expects a whole number of at least 1, not '{text}'.");
        return 0;
    }

    public static Option<string[]> Overrides() => new("--set")
    {
        Description = "Change the config: optimizer.steps=20000, runs[0].schedule.rate=0.3. Can be given several times.",
        HelpName = "PATH=VALUE"
    };

    public static Option<string[]> Only(string description) => new("--only")
    {
        Description = description,
        HelpName = "NAME",
        AllowMultipleArgumentsPerToken = true
    };

    public static Option<string> DocsFolder(string description) => new("--docs")
    {
        Description = description,
        HelpName = "DIR",
        DefaultValueFactory = _ => "docs"
    };
}
