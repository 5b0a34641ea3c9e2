using System.Globalization;
using LargeSteps.Fuzz;
using LargeSteps.Numerics;

// configs N SEED, files N SEED, inputs N SEED, kills N SEED [--programs 1, 2, 4 or 8], writes N SEED: so many cases each, of the seeds
// from SEED on; one case again: 1 and its seed. disk FOLDER [N SEED]: results in a folder that is a small file system of its own, which
// becomes full. all N SEED [--disk FOLDER]: all of them, in proportion (kills and writes take longer).
// With --record FILE what came of it is added to that file every 250 cases, so that a long trial may be stopped; page FILE writes the page
// docs/reliability.md of all that is recorded; two trials at a time have a file each.
NativeHeap.KeepLargeBlocks();
var rest = args.ToList();
var (record, programs, disk) = (Option("--record"), Option("--programs"), Option("--disk"));
int Number(int index) => int.Parse(rest[index], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
switch (rest)
{
    case ["configs", _, _]: return Verbs.Told(Verbs.Configs, Number(1), Number(2), record);
    case ["files", _, _]: return Verbs.Told(Verbs.Files, Number(1), Number(2), record);
    case ["inputs", _, _]: return Verbs.Told(Verbs.Inputs, Number(1), Number(2), record);
    case ["kills", _, _] when programs is null or "1" or "2" or "4" or "8":
        return Verbs.Told(Verbs.Kills(programs is null ? 1 : int.Parse(programs, CultureInfo.InvariantCulture)), Number(1), Number(2),
            record);
    case ["writes", _, _]: return Verbs.Told(Verbs.Writes, Number(1), Number(2), record);
    case ["disk", var folder]: return Verbs.Told(Verbs.Disk(folder), 30, 1, record);
    case ["disk", var folder, _, _]: return Verbs.Told(Verbs.Disk(folder), Number(2), Number(3), record);
    case ["all", _, _]: return Verbs.All(Number(1), Number(2), disk, record);
    case ["page", var file]:
        if (Record.Read(file).Count == 0)
        {
            Console.Error.WriteLine($"nothing is recorded in '{file}'");
            return 2;
        }
        File.WriteAllText(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, "reliability.md"),
            ReliabilityPage.Of(Record.Read(file)));
        return 0;
    default:
        Console.Error.WriteLine("configs N SEED | files N SEED | inputs N SEED | kills N SEED [--programs P] | writes N SEED | "
            + "disk FOLDER [N SEED] | all N SEED [--disk FOLDER], each with [--record FILE] | page FILE");
        return 2;
}

string? Option(string name)
{
    var at = rest.IndexOf(name);
    if (at < 0 || at + 1 == rest.Count) return null;
    var value = rest[at + 1];
    rest.RemoveRange(at, 2);
    return value;
}
