using System.Text;
using System.Text.Json.Nodes;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Results;

/// <summary>Reads measurements of units that are not done. Files grow at their end: what was read is kept, and what is new is read. Not for
/// several threads.</summary>
internal sealed class LiveFiles
{
    private readonly Dictionary<string, Grown> _known = [];

    /// <summary>The units of a folder of results that are not done, in no order.</summary>
    public IReadOnlyList<LiveUnit> Units(string results)
    {
        var files = LiveFolder.Files(results, LiveMeasurements.Ending);
        foreach (var gone in _known.Keys.Except(files).ToArray()) _known.Remove(gone);
        return [.. files.Select(UnitOf).OfType<LiveUnit>()];
    }

    private LiveUnit? UnitOf(string file)
    {
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (!_known.TryGetValue(file, out var grown) || stream.Length < grown.Read) _known[file] = grown = new();
            grown.Continue(stream);
            return grown.Unit(Path.GetFileNameWithoutExtension(file));
        }
        catch (Exception e) when (LiveFolder.IsNotWhole(e))
        {
            _known.Remove(file);
            return null;
        }
    }

    private sealed class Grown
    {
        private readonly SortedDictionary<long, Measurement> _rows = [];
        private string? _run;
        private uint _seed;
        private long _steps;
        private Items<string> _metrics = [];

        /// <summary>How many bytes of whole lines were read.</summary>
        public long Read { get; private set; }

        public void Continue(FileStream stream)
        {
            stream.Position = Read;
            var bytes = new byte[stream.Length - Read];
            var there = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            // What stands behind the last line is being written.
            var whole = bytes.AsSpan(0, there).LastIndexOf((byte)'\n') + 1;
            foreach (var line in Encoding.UTF8.GetString(bytes, 0, whole).Split('\n', StringSplitOptions.RemoveEmptyEntries)) Take(line);
            Read += whole;
        }

        public LiveUnit? Unit(string name) => _run is null || _rows.Count == 0 ? null : new(_run, _seed, name, _steps,
            new RunResult(_metrics, Items.From(_rows.Values), RunEnd.Stopped(_rows.Keys.Last()), _rows.Keys.Last(), 0, 0));

        private void Take(string line)
        {
            if (HeadOf(line) is { } head)
            {
                (_run, _seed, _steps) = ((string)head["run"]!, (uint)head["seed"]!, (long)head["steps"]!);
                _metrics = Items.From(head["metrics"]!.AsArray().Select(metric => (string)metric!));
            }
            else if (LiveFolder.RowOf(line, _metrics.Count) is { } row)
            {
                // A run that goes on from a checkpoint, or begins again, measures again what came after it.
                foreach (var later in _rows.Keys.Reverse().TakeWhile(iteration => iteration > row.Iteration).ToArray()) _rows.Remove(later);
                _rows[row.Iteration] = row;
            }
        }

        private static JsonObject? HeadOf(string line)
        {
            try
            {
                return line.Contains("\"metrics\"", StringComparison.Ordinal) && JsonNode.Parse(line) is JsonObject o
                    && o["metrics"] is JsonArray && o["run"] is JsonValue && (long)o["steps"]! > 0 && (uint)o["seed"]! >= 0 ? o : null;
            }
            catch (Exception e) when (LiveFolder.IsNotWhole(e))
            {
                return null;
            }
        }
    }
}
