using System.Diagnostics;
using LargeSteps.Experiments;
using LargeSteps.Experiments.Results;

namespace LargeSteps.Fuzz;

/// <summary>Programs that are killed at random moments and started again, one or several of them in the same folder.</summary>
internal sealed class KillFuzz
{
    private readonly (string Name, string Text, Dictionary<string, byte[]> Tables, Dictionary<string, byte[]> Best)[] _subjects;

    /// <summary>Runs the experiments undisturbed.</summary>
    /// <param name="folder">A folder to write in.</param>
    public KillFuzz(string folder) => _subjects = [.. ((string[])[Subjects.LongSmall, Subjects.LongDeep, Subjects.Mixed]).Select(text =>
    {
        var results = Subjects.Run(folder, text);
        return (Path.GetFileName(results), text, Subjects.Read(results), Best(results));
    })];

    /// <summary>Runs an experiment until it is done, with some kills on the way.</summary>
    /// <param name="seed">Of the moments; what a machine has done by then differs.</param>
    /// <param name="programs">How many work in the folder at the same time.</param>
    /// <param name="most">The most kills.</param>
    /// <param name="tally">Is told what came of it.</param>
    /// <returns>The number of kills.</returns>
    public int Round(int seed, int programs, int most, Tally tally)
    {
        var random = new Random(seed);
        var (name, text, tables, best) = _subjects[(uint)seed % (uint)_subjects.Length];
        var kills = 0;
        Calls.InFolder(folder =>
        {
            var config = Path.Combine(folder, name + ".yaml");
            File.WriteAllText(config, text);
            string[] begin = [config, "--output", Path.Combine(folder, "results"), "--quiet", "--workers", "2"],
                command = [.. begin, "--resume"];
            var results = Path.Combine(folder, "results", name);
            var running = Enumerable.Range(0, programs).Select(_ => Calls.Start(command)).ToList();
            var units = new Dictionary<string, byte[]>();
            // A program that has come to its end by itself is not started again: the others, and those after kills, find its results.
            for (var wanted = Math.Min(most, random.Next(3, 10) * programs); kills < wanted && running.Count > 0;)
            {
                // Now and then before it has begun. However many there are, they share the same cores, and each lives as many times longer.
                Thread.Sleep(random.Next(random.Next(4) == 0 ? 150 : 1500));
                var one = random.Next(running.Count);
                var process = running[one];
                if (!process.HasExited)
                {
                    process.Kill();
                    process.WaitForExit();
                    process.Dispose();
                    kills++;
                    tally.Count($"kills, {name}");
                    // What is there is said to be kept; of one program it stays as it is.
                    foreach (var (file, bytes) in Whole(results)) units.TryAdd(file, bytes);
                    // Somebody who does not know of the others begins anew.
                    running[one] = Calls.Start(programs > 1 && random.Next(4) == 0 ? begin : command);
                }
                else
                {
                    End(process);
                    running.RemoveAt(one);
                }
            }
            foreach (var process in running) End(process);
            // Of several, the one that ended last may have been killed later than the others ended.
            if (programs > 1) End(Calls.Start(command));
            tally.Count("runs that came to their end");
            if (!Directory.Exists(results)) return;
            if (Subjects.Different(tables, results) is { Length: > 0 } different)
            {
                tally.Found(Fault.Wrong, seed,
                $"{name}: other bytes of {string.Join(", ", different)}");
            }

            var after = Whole(results);
            var lost = units.Count(unit => !after.TryGetValue(unit.Key, out var bytes)
                || (programs == 1 && !bytes.AsSpan().SequenceEqual(unit.Value)));
            if (lost > 0) tally.Found(Fault.Lost, seed, $"{name}: {lost} units that were there are not, or were made again");
            var there = Best(results);
            var gone = best.Count(one => !there.TryGetValue(one.Key, out var bytes) || !bytes.AsSpan().SequenceEqual(one.Value));
            if (gone > 0) tally.Found(Fault.Lost, seed, $"{name}: {gone} best iterates are not there, or others");
            if (Directory.GetFiles(results, "*.tmp", SearchOption.AllDirectories) is { Length: > 0 } left)
            {
                tally.Found(Fault.ByHand, seed,
                $"{name}: {left.Length} half-written files are left, like {Path.GetFileName(left[0])}");
            }
        });
        return kills;

        void End(Process process)
        {
            using (process)
            {
                var said = Calls.Ended(process);
                if (said.Code != ExitCode.Done)
                {
                    tally.Found(said.IsClean ? Fault.ByHand : Fault.Exception, seed,
                    $"{name}: exit code {said.Code}: {said.Text}");
                }
            }
        }
    }

    // The best iterates of deep networks, by the names of their units.
    private static Dictionary<string, byte[]> Best(string results)
    {
        var checkpoints = Path.Combine(results, "checkpoints");
        return Directory.Exists(checkpoints) ? Directory.GetFiles(checkpoints, "best.safetensors", SearchOption.AllDirectories)
            .ToDictionary(file => Path.GetFileName(Path.GetDirectoryName(file)!), File.ReadAllBytes) : [];
    }

    private static Dictionary<string, byte[]> Whole(string results)
    {
        var units = ResultFolder.UnitsOf(results);
        return Directory.Exists(units) ? Directory.GetFiles(units, "*.arrow")
            .ToDictionary(file => Path.GetFileName(file), File.ReadAllBytes) : [];
    }
}
