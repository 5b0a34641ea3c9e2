using System.CommandLine.Parsing;
using System.Globalization;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Commands;

/// <summary>A part of an experiment's units, for one of several programs that share its folder: those whose place in the list is
/// <paramref name="Index"/> modulo <paramref name="Count"/>.</summary>
/// <param name="Index">Which part, from 0.</param>
/// <param name="Count">How many parts there are.</param>
internal sealed record Shard(int Index, int Count)
{
    private const int Most = 1_000_000;

    /// <summary>The environment variables in which schedulers tell a task its number in an array, and the number of the first.</summary>
    public static Items<(string Variable, int First)> Variables { get; } =
        [("SLURM_ARRAY_TASK_ID", 0), ("JOB_COMPLETION_INDEX", 0), ("AWS_BATCH_JOB_ARRAY_INDEX", 0), ("SGE_TASK_ID", 1)];

    /// <summary>The units of the part.</summary>
    public Items<T> Of<T>(Items<T> units) => Items.From(units.Where((_, place) => place % Count == Index));

    /// <summary>The part as the command line says it.</summary>
    public override string ToString() => FormattableString.Invariant($"{Index}/{Count}");

    /// <summary>Reads I/N or auto/N; null, with a word to the parser, where it is neither.</summary>
    public static Shard? Parse(ArgumentResult result)
    {
        var shard = Parse(result.Tokens[0].Value, Environment.GetEnvironmentVariable, out var problem);
        if (problem is not null) result.AddError(problem);
        return shard;
    }

    /// <summary>Reads I/N or auto/N.</summary>
    /// <param name="text">The text.</param>
    /// <param name="variable">The value of an environment variable; null: it is not set.</param>
    /// <param name="problem">What is wrong; null: nothing.</param>
    public static Shard? Parse(string text, Func<string, string?> variable, out string? problem)
    {
        problem = null;
        var parts = text.Split('/');
        if (parts.Length != 2 || Whole(parts[1]) is not (>= 1 and <= Most and var count))
        {
            problem = $"--shard expects a part and the number of parts, at most a million, like 0/16 or auto/16, not '{text}'.";
            return null;
        }
        if (parts[0] != "auto" && Whole(parts[0]) is var given)
        {
            if (given < count) return new(given.Value, count);
            problem = $"--shard expects a part from 0 to {count - 1}, or auto, not '{text}'.";
            return null;
        }
        // A grid engine that runs no array says "undefined".
        foreach (var (name, first) in Variables)
        {
            if (Whole(variable(name)) is not { } number) continue;
            if (number >= first && number - first < count) return new(number - first, count);
            problem = FormattableString.Invariant(
                $"--shard {text}: {name} is {number}, which is none of the {count} parts from {first} on.");
            return null;
        }
        problem = $"--shard {text}: none of {string.Join(", ", Variables.Select(each => each.Variable))} says which task of " +
            "an array this is.";
        return null;
    }

    private static int? Whole(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
