using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using LargeSteps.Formats;
using LargeSteps.Values;
using Schema = Apache.Arrow.Schema;

namespace LargeSteps.Running;

/// <summary>
/// The result of a unit as an Arrow file: the measurements as columns, the weights that some of them kept as a column of lists, null
/// elsewhere, and only where there are any; the rest as metadata of the schema, with a <see cref="SelfHash"/>.
/// </summary>
internal static class UnitFile
{
    private const string Format = "largesteps-unit-3";

    /// <summary>Writes the result of a unit.</summary>
    /// <param name="path">The file.</param>
    /// <param name="result">The result.</param>
    /// <param name="unit">The unit's name: under the hash of the file, so that nothing is read as the result of another.</param>
    public static void Write(string path, RunResult result, string unit)
    {
        var schema = new Schema.Builder();
        var columns = new List<IArrowArray>();
        void Add(string name, IArrowType type, IArrowArray values, bool nullable = false)
        {
            schema.Field(new Field(name, type, nullable));
            columns.Add(values);
        }
        var rows = result.Measurements;
        Add("iteration", Int64Type.Default, new Int64Array.Builder().AppendRange(rows.Select(m => m.Iteration)).Build());
        Add("epoch", DoubleType.Default, Doubles(rows.Select(m => m.Epoch)));
        Add("learning_rate", DoubleType.Default, Doubles(rows.Select(m => m.LearningRate)));
        for (var i = 0; i < result.Metrics.Count; i++)
        {
            var column = i;
            Add(result.Metrics[i], DoubleType.Default, Doubles(rows.Select(m => m.Values[column])));
        }
        if (result.Snapshots.Count > 0)
        {
            var weights = Weights(result);
            Add("weights", weights.Data.DataType, weights, nullable: true);
        }
        var (word, text) = (result.End.Word, result.End.Match(
            completed => "",
            dead => "",
            diverged => diverged.Iteration.ToString(CultureInfo.InvariantCulture),
            stopped => stopped.Iteration.ToString(CultureInfo.InvariantCulture),
            failed => failed.Message));
        schema.Metadata("format", Format).Metadata("end", word).Metadata("end_detail", text)
            .Metadata("unit", unit).Metadata("hash", SelfHash.Placeholder)
            .Metadata("last_iteration", result.LastIteration.ToString(CultureInfo.InvariantCulture))
            .Metadata("training_seconds", NumberText.Invariant(result.TrainingSeconds))
            .Metadata("probe_seconds", NumberText.Invariant(result.ProbeSeconds));
        if (result.Device is { } device) schema.Metadata("device", device);
        ArrowFiles.Write(path, new RecordBatch(schema.Build(), columns, rows.Count));
        SelfHash.Seal(path);
    }

    /// <summary>The result in a file; null where the file is none of ours, not whole, or of another unit.</summary>
    /// <param name="path">The file.</param>
    /// <param name="unit">The unit's name.</param>
    /// <param name="stopped">Whether the result of a run that is not at its end is wanted too.</param>
    /// <param name="weights">Whether the weights that it kept are wanted too.</param>
    public static RunResult? TryRead(string path, string unit, bool stopped = false, bool weights = true)
    {
        try
        {
            using var file = File.OpenRead(path);
            if (!SelfHash.Holds(file)) return null;
            file.Position = 0;
            using var reader = new ArrowFileReader(file, leaveOpen: true);
            using var batch = reader.ReadNextRecordBatch();
            if (batch?.Schema.Metadata is not { } metadata || metadata.GetValueOrDefault("format") != Format
                || metadata["unit"] != unit)
            {
                return null;
            }

            var metrics = Items.From(batch.Schema.FieldsList.Skip(3).Where(f => f.DataType is DoubleType).Select(f => f.Name));
            var iterations = (Int64Array)batch.Column(0);
            var values = Enumerable.Range(1, metrics.Count + 2).Select(c => (DoubleArray)batch.Column(c)).ToArray();
            var measurements = Enumerable.Range(0, batch.Length).Select(row => new Measurement(
                iterations.Values[row], values[0].Values[row], values[1].Values[row],
                    Items.From(values.Skip(2).Select(v => v.Values[row]))));
            var detail = metadata["end_detail"];
            RunEnd? end = metadata["end"] switch
            {
                "completed" => RunEnd.Completed,
                "dead" => RunEnd.Dead,
                "diverged" => RunEnd.Diverged(long.Parse(detail, CultureInfo.InvariantCulture)),
                "stopped" when stopped => RunEnd.Stopped(long.Parse(detail, CultureInfo.InvariantCulture)),
                _ => null,
            };
            if (end is null) return null;
            return new RunResult(
                metrics, Items.From(measurements.ToArray()), end, long.Parse(metadata["last_iteration"], CultureInfo.InvariantCulture),
                double.Parse(metadata["training_seconds"], CultureInfo.InvariantCulture),
                    double.Parse(metadata["probe_seconds"], CultureInfo.InvariantCulture))
            {
                Device = metadata.GetValueOrDefault("device"),
                Snapshots = weights && batch.ColumnCount > metrics.Count + 3
                    ? Snapshots(iterations, (ListArray)batch.Column(metrics.Count + 3)) : [],
            };
        }
        // Whatever is wrong with a file, and the reader of Arrow files meets broken ones with exceptions of all kinds: the unit is run
        // again.
        catch (Exception)
        {
            return null;
        }
    }

    private static ListArray Weights(RunResult result)
    {
        var lists = new ListArray.Builder(DoubleType.Default);
        var values = (DoubleArray.Builder)lists.ValueBuilder;
        var kept = result.Snapshots.ToDictionary(snapshot => snapshot.Iteration, snapshot => snapshot.Weights);
        foreach (var row in result.Measurements)
        {
            if (!kept.TryGetValue(row.Iteration, out var weights))
            {
                lists.AppendNull();
                continue;
            }
            lists.Append();
            values.Append(weights.AsSpan());
        }
        return lists.Build();
    }

    private static Items<Snapshot> Snapshots(Int64Array iterations, ListArray weights) => Items.From(Enumerable.Range(0, weights.Length)
        .Where(row => weights.IsValid(row))
        .Select(row => new Snapshot(iterations.Values[row], Items.Of(((DoubleArray)weights.GetSlicedValues(row)).Values))));

    private static DoubleArray Doubles(IEnumerable<double> values) => new DoubleArray.Builder().AppendRange(values).Build();
}

/// <summary>Arrow files of one batch.</summary>
internal static class ArrowFiles
{
    public static void Write(string path, RecordBatch batch)
    {
        using (batch)
        using (var writer = new ArrowFileWriter(File.Create(path), batch.Schema, leaveOpen: false))
        {
            writer.WriteRecordBatch(batch);
            writer.WriteEnd();
        }
    }
}
