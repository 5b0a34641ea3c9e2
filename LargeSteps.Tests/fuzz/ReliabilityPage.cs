using System.Text;

namespace LargeSteps.Fuzz;

/// <summary>The page of what was tried.</summary>
internal static class ReliabilityPage
{
    private static readonly Dictionary<string, string> Tried = new()
    {
        ["configs"] = "texts that are nearly configs: the configs of this repository with numbers, words, keys, lines, characters and "
            + "bits changed. Each must be refused within 10 s with at most 101 diagnostics of one line each, or be an experiment that is "
            + "written, read back as the same, and resolved; of every third seed it is run as well, shrunk, and plotted",
        ["files"] = "damaged files of results: bits flipped, bytes cut, put in, zeroed, other numbers, parts of "
            + "other files. Each must count as none, give a diagnostic or be read as it was "
            + "written; every fiftieth is met by `plot`, `why`, `prune` and `--resume`, after which the tables must have the "
            + "bytes of before",
        ["inputs"] = "damaged files from outside: MNIST (idx, idx.gz), CIFAR-10 and CIFAR-100 (binary and Python, in folders and tar.gz), "
            + "SVHN (mat, compressed or not), Tiny ImageNet (folder, zip), safetensors, torch.save (today's files and those before PyTorch "
            + "1.6), TensorBoard events; damaged as they lie on the disk, and inside before they are packed, where one in twelve goes "
            + "on with up to 32 MB of zeros, which packed are nothing. Each must be told or give values within 10 s; weights must stand "
            + "in the file and be numbers; and reading must not make more on the heap than 16 MB, twice what the undamaged file takes "
            + "and 16 times what the damaged one has (of zeros in a batch of CIFAR, which are images, 200 MB)",
        ["kills"] = "kills (SIGKILL) at random moments, then `--resume`: in the end the tables and the best iterates "
            + "must have the bytes of a run that nothing disturbed, and no unit that was there may be gone",
        ["kills with 2 programs"] = "the same with two programs at work in one folder, killed at random and started again, now and "
            + "then without `--resume`",
        ["kills with 4 programs"] = "the same with four",
        ["kills with 8 programs"] = "the same with eight",
        ["writes"] = "a full disk (ENOSPC), a failing one (EIO), and power cuts, at a step of writing some file "
            + "(before it is written, flushed, named, its name flushed); then `--resume`",
        ["disk"] = "results on a small disk of its own (`mount -t tmpfs -o size=4m tmpfs FOLDER`) that has less room than they take: the "
            + "run must end with a diagnostic; then, with room again, `--resume`",
    };

    /// <summary>The page of what is recorded.</summary>
    public static string Of(IReadOnlyList<Trial> trials)
    {
        var page = new StringBuilder();
        // A line, of texts that are parts of it.
        void Line(params FormattableString[] texts)
        {
            foreach (var text in texts) page.Append(FormattableString.Invariant(text));
            page.Append('\n');
        }

        var all = Tried.Keys.Select(verb => (Verb: verb, Trials: trials.Where(trial => trial.Verb == verb).ToArray()))
            .Where(one => one.Trials.Length > 0).ToArray();
        Line($"# Reliability");
        Line($"");
        var machines = trials.Select(t => $"{t.Cores} cores of {t.Processor}").Distinct();
        Line(
            $"What the program was put through, and what came of it, from {trials.Min(t => t.Date):yyyy-MM-dd} to ",
            $"{trials.Max(t => t.Date):yyyy-MM-dd}, on {string.Join(", ", machines)}; ",
            $"{trials.Sum(t => t.Seconds) / 3600:F1} hours were timed.");
        Line($"It is recorded in [reliability.json](reliability.json), to which more can be added, as by");
        Line($"");
        Line($"```sh");
        Line($"dotnet run --project LargeSteps.Tests/fuzz -- all 10000 1 --disk /tmp/small --record docs/reliability.json");
        Line($"dotnet run --project LargeSteps.Tests/fuzz -- kills 1000 10001 --programs 2 --record docs/reliability.json");
        Line($"dotnet run --project LargeSteps.Tests/fuzz -- page docs/reliability.json");
        Line($"```");
        Line($"");
        Line($"Some hundred other cases are tests (`LargeSteps.Tests/FuzzTests.cs`).");
        Line($"");
        Line($"| | cases | exceptions | wrong | lost | repaired by hand | too slow | too much memory |");
        Line($"|---|---:|---:|---:|---:|---:|---:|---:|");
        foreach (var (verb, ofVerb) in all)
        {
            var faults = Enum.GetValues<Fault>().Select(fault => ofVerb.Sum(t => t.Findings.Count(finding => finding.Fault == fault)));
            Line($"| {verb} | {ofVerb.Sum(t => t.Cases):N0} | {string.Join(" | ", faults)} |");
        }
        Line($"");
        Line(
            $"*Exceptions* are stack traces, exit code 1, and diagnostics that are too long; *wrong* is another value ",
            $"than was written, or other bytes than those of an undisturbed run; *lost* is what");
        Line(
            $"had been kept and is not there; *repaired by hand* is whatever the same command with `--resume` did not ",
            $"mend by itself. All of them should be 0.");
        Line($"");
        Line($"## What was tried");
        Line($"");
        foreach (var (verb, ofVerb) in all)
        {
            Line($"**{verb}**: {Tried[verb]}.");
            var counts = ofVerb.SelectMany(t => t.Counts).GroupBy(each => each.Key).OrderBy(same => same.Key, StringComparer.Ordinal);
            var longest = ofVerb.Max(t => t.Longest);
            var counted = counts.Select(same =>
                FormattableString.Invariant($"{same.Key} {same.Sum(each => each.Value):N0}"));
            var slowest = longest > 0 ? FormattableString.Invariant($" The longest reading took {longest:F1} s.") : "";
            Line($"Counted: {string.Join("; ", counted)}.{slowest}");
            Line($"");
        }
        Line($"## What was found");
        Line($"");
        var findings = trials.SelectMany(trial => trial.Findings.Select(finding => (trial.Verb, finding))).ToArray();
        if (findings.Length == 0) Line($"Nothing.");
        foreach (var (verb, finding) in findings)
        {
            Line(
            $"- {verb}, seed {finding.Seed}, {finding.Fault}: `{finding.What.Split('\n')[0].Replace('`', '\'').Trim()}`");
        }

        Line($"");
        Line(
            $"Found before, and mended: of the first 5000 damaged files, 15 (`files`, seeds 605, 1453, 1500, 2301, ",
            $"2634, 2793, 2835, 3327, 3641, 3683, 3730, 4175, 4667, 4864, 4911) had the parts of two");
        Line(
            $"runs' files put together and were read as the result of the other run. The name of its unit now stands in ",
            $"each file under the hash, and a unit's text must have the hash that is its name.");
        Line(
            $"Of another 5000, two (seeds 1964 and 3880) were a run.json in which a key had come to stand twice, which ",
            $"ended `plot` and `prune` with an exception; it counts as damaged now.");
        Line($"");
        Line($"Of 24000 damaged files from outside, five pictures of Tiny ImageNet (`inputs`, seeds 13644, 16364, 16521, 25506,");
        Line($"28067) sent the decoder beyond their end, where it read for ever; it is held at the end now. Two tar archives (seeds");
        Line($"2296 and 27557) had a number in a header that is larger than it can be, which .NET's reader ends with an exception;");
        Line($"they are told. Not by chance, but by reading the readers, were found: batches of CIFAR and MNIST got room for what");
        Line($"they were published with, whatever was there, and were read through when they were longer; a picture could be named by");
        Line($"any number of annotations; a fingerprint with a changed digit was taken for that of other images.");
        Line($"");
        Line($"By hand, with a heap of at most 512 MB: zip entries that overlap (20 MB that would be 5.8 GB), JPEG files of 6000×6000");
        Line($"to 65500×65500 pixels, zip, gz, tar.gz and mat files of zeros of up to 3 GB, pickles of 4 million values and of lists");
        Line($"without end are all refused within 2.2 s. A safetensors file of 38 MB with 600000 tensors needs more: exit code 4,");
        Line($"which says so.");
        Line($"");
        Line(
            $"By hand, since no verb looked: a second program without `--resume` deleted the best iterate of the first ",
            $"when that ended, and");
        Line(
            $"two programs with different experiments of one name mixed their tables. Kills now compare best iterates; ",
            $"another experiment");
        Line($"in a folder in which a program is at work is refused (LS0308).");
        Line($"");
        Line(
            $"By hand, by somebody who tried each kind anew: `export` onto a device took the place of the device, and ",
            $"onto the checkpoint");
        Line($"itself lost that; a description of another kind beside a checkpoint hid that its tensors were damaged; a grid of 40000");
        Line($"paths took 8 GB, and a shared table of 40000 values that 9000 runs look at 18 s; a link among the data that leads");
        Line($"nowhere was told in the words of .NET; servers that drip or fail took minutes for each file. All of them are refused");
        Line($"or told now, and are tests.");
        Line($"");
        Line(
            $"A case is made again by its verb with the number 1 and its seed. Of kills only the moments come again: ",
            $"what the machine has done by then differs.");
        Line($"");
        Line($"## Limits");
        Line($"");
        Line(
            $"What is too large is refused with its number: a config of more than 1 MiB, more than 10000 runs, 1000 ",
            $"figures, a million units, two million values or 20 million that all runs together look at, 20 paths of a ",
            $"grid, more measurements than 8 GB hold; more");
        Line(
            $"than a hundred problems of one config are counted, not told. [The error codes](errors.md) name the ",
            $"refusals, [the reference](configuration.md) the range of each number.");
        Line($"");
        Line($"## What is not covered");
        Line($"");
        Line(
            $"- What the disk itself does: a drive that says that it has flushed and has not, and a damaged file ",
            $"system. Power cuts are simulated on files that are copied at the step, with one worker; that a deletion ",
            $"comes back is not.");
        Line(
            $"- Files that somebody edits on purpose: the hashes are against accidents. Units of builds before this ",
            $"page do not say whose they are.");
        Line(
            $"- `experiment.yaml` and `run.json` have no hash of their own. What is read of a damaged one may be ",
            $"another experiment; its results are found by the names of its units, so none is shown as another's.");
        Line($"- Loss surfaces, deep networks other than `linear`, GPUs, network file systems, other systems than Linux.");
        Line($"- Memory that the decoder of pictures takes beside the heap, which the size of a picture bounds: it is read first.");
        Line($"- How long what validates takes to run: a network may be as large as asked for, and memory may run out.");
        return page.ToString();
    }
}
