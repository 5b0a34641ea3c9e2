using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Results;

/// <summary>A unit that a program is at, or was stopped or killed at, as far as it was measured.</summary>
/// <param name="Run">The label of its run.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Name">The name of the unit.</param>
/// <param name="Steps">How many steps it has.</param>
/// <param name="Result">What was measured.</param>
internal sealed record LiveUnit(string Run, uint Seed, string Name, long Steps, RunResult Result);

/// <summary>A program at work.</summary>
/// <param name="Host">The machine.</param>
/// <param name="Began">When it began.</param>
/// <param name="Units">How many units it makes.</param>
/// <param name="Kept">How many of them were done before.</param>
/// <param name="Done">How many it has done.</param>
/// <param name="Fraction">How much it has done of those that it is at, each counted as 1.</param>
internal sealed record LiveProgram(string Host, DateTimeOffset Began, int Units, int Kept, int Done, double Fraction)
{
    /// <summary>Whether it makes units again that were done before it began.</summary>
    public bool Again { get; init; }

    private static readonly TimeSpan Longest = TimeSpan.FromDays(10_000);

    /// <summary>How long it has still to go, as if all units took the same; null: that cannot be said yet.</summary>
    public TimeSpan? Remaining(DateTimeOffset now)
    {
        var (made, all) = (Done + Fraction, Units - Kept);
        var seconds = (now - Began).TotalSeconds * Math.Max(0, (all - made) / made);
        // A clock of another machine may be ahead, and of what has hardly begun nothing can be said.
        return made > 0 && all > 0 && now > Began && seconds < Longest.TotalSeconds ? TimeSpan.FromSeconds(seconds) : null;
    }
}

/// <summary>What <see cref="LiveMeasurements"/> writes, as others read it: lines may be cut, files may go at any moment.</summary>
internal static class LiveFolder
{
    // A file system of a network may tell times late.
    private static readonly TimeSpan Silent = TimeSpan.FromSeconds(60);

    /// <summary>The folder in a folder of results.</summary>
    public static string Of(string results) => Path.Combine(results, "live");

    /// <summary>The programs that are at work in a folder of results.</summary>
    public static IEnumerable<LiveProgram> Programs(string results, DateTimeOffset now) =>
        Files(results, LiveMeasurements.ProgramEnding).Where(file => now.UtcDateTime - File.GetLastWriteTimeUtc(file) < Silent
            && !HasEnded(file)).Select(ProgramOf).OfType<LiveProgram>();

    /// <summary>The units that are not done, in no order.</summary>
    public static IEnumerable<LiveUnit> Units(string results) => new LiveFiles().Units(results);

    /// <summary>What changes whenever there is something new in a folder of results: of measurements, and of units.</summary>
    public static string Stamp(string results)
    {
        var stamp = new System.Text.StringBuilder(UnitsStamp(results));
        foreach (var file in Files(results, ""))
        {
            var info = new FileInfo(file);
            if (info.Exists) stamp.Append(CultureInfo.InvariantCulture, $",{info.Name}:{info.Length}");
        }
        return stamp.ToString();
    }

    /// <summary>What changes whenever a unit is done, or the tables are made.</summary>
    public static string UnitsStamp(string results)
    {
        var (units, run) = (new DirectoryInfo(ResultFolder.UnitsOf(results)), new FileInfo(Path.Combine(results, ResultFolder.RunFile)));
        return string.Create(CultureInfo.InvariantCulture, $"{(units.Exists ? units.LastWriteTimeUtc.Ticks : 0)},{(run.Exists
            ? run.LastWriteTimeUtc.Ticks : 0)}");
    }

    /// <summary>Whether a file is that of a program of this machine that has ended.</summary>
    public static bool HasEnded(string file)
    {
        var name = Path.GetFileNameWithoutExtension(file.EndsWith(LiveMeasurements.Aside, StringComparison.Ordinal)
            ? file[..^LiveMeasurements.Aside.Length] : file);
        if (Path.GetExtension(file) == LiveMeasurements.Ending || name.LastIndexOf('-') is not (> 0 and var at)
            || name[..at] != Environment.MachineName
            || !int.TryParse(name[(at + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var id))
        {
            return false;
        }
        try
        {
            using var process = Process.GetProcessById(id);
            return process.HasExited;
        }
        catch (ArgumentException)
        {
            return true;
        }
        // Of another user.
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    internal static string[] Files(string results, string ending)
    {
        try
        {
            return [.. Directory.EnumerateFiles(Of(results), "*" + ending)
                .Where(file => ending.Length == 0 || Path.GetExtension(file) == ending).Order(StringComparer.Ordinal)];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    private static LiveProgram? ProgramOf(string file)
    {
        try
        {
            if (JsonNode.Parse(File.ReadAllText(file)) is not JsonObject o) return null;
            var fraction = o["running"]!.AsArray().Sum(run => Math.Clamp((double)run!["iteration"]! / (double)run["steps"]!, 0, 1));
            if (!double.IsFinite(fraction)) return null;
            return new((string)o["host"]!, (DateTimeOffset)o["began"]!, (int)o["units"]!, (int)o["kept"]!, (int)o["done"]!, fraction)
            {
                Again = (bool?)o["again"] ?? false,
            };
        }
        catch (Exception e) when (IsNotWhole(e))
        {
            return null;
        }
    }

    internal static Measurement? RowOf(string line, int metrics)
    {
        try
        {
            if (JsonNode.Parse(line) is not JsonObject o || o["values"] is not JsonArray values || values.Count != metrics) return null;
            return new((long)o["iteration"]!, (double)o["epoch"]!, Number(o["learning_rate"]), Items.From(values.Select(Number)));
        }
        // A line that is being written, or was when its program was killed.
        catch (Exception e) when (IsNotWhole(e))
        {
            return null;
        }

        static double Number(JsonNode? value) => value is null ? double.NaN : (double)value;
    }

    // How files are that are gone, half-written or damaged: that is no error, the next look shows what they became.
    internal static bool IsNotWhole(Exception e) => e is IOException or UnauthorizedAccessException or JsonException
        or NullReferenceException
        or InvalidOperationException or FormatException or ArgumentException or OverflowException;
}
