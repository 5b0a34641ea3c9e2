using LargeSteps.Forms;
using LargeSteps.Numerics;

namespace LargeSteps.Probes;

/// <summary>An iterate of another run of the experiment, which stands before the run that looks at it and is of the same network and
/// data.</summary>
/// <param name="Run">The label of the other run.</param>
/// <param name="Step">How many steps it has made there; null: as many as the run that looks at it.</param>
/// <param name="As">What columns call it, where a run looks at several: <c>distance_to_NAME</c>; null: nothing.</param>
public sealed record OtherIterate(string Run, long? Step = null, string? As = null)
{
    /// <summary>Only so many numbers of it are asked for, see <see cref="RandomProjection"/>; null: all weights.</summary>
    internal int? Projection { get; init; }

    /// <summary>The key <c>to</c> of a probe.</summary>
    internal static Field<OtherIterate?> Field<T>(Fields<T> fields, Func<T, OtherIterate?> get) => fields.Nullable("to", Codec, get,
        "an iterate of another run, which stands before this one; without it the initial weights");

    private static readonly Codec<OtherIterate> Codec = new RecordCodec<OtherIterate>(
        "An iterate of another run of the experiment, of the same network and data.", f =>
        {
            var run = f.Required("run", Codecs.Text, to => to.Run, "the label of a run that stands before this one");
            var step = f.NullableValue("step", Codecs.Whole(0), to => to.Step,
                "after how many of its steps; without it after as many as this run has made");
            var name = f.Nullable("as", Codecs.FileName, to => to.As,
                "what its columns are called, where a run looks at several: distance_to_NAME");
            return v => new(v.Get(run), v.Get(step), v.Get(name));
        });

    /// <summary>What a column is called: to the initial weights, or to those of another run.</summary>
    internal static string Column(string key, OtherIterate? to, string rest = "") =>
        key + (to is null ? "" : to.As is { } name ? $"_to_{name}" : "_to") + rest;

    /// <summary>The point that a column is about, in words.</summary>
    internal static string Words(string column, string key) => column.StartsWith(key + "_to", StringComparison.Ordinal)
        ? "another run" : "the initial weights";
}
