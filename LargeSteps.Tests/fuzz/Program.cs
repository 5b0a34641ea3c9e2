using System.Globalization;
using LargeSteps.Fuzz;
using LargeSteps.Numerics;

// configs N SEED, files N SEED, inputs N SEED, kills N SEED [--programs P], writes N SEED: so many cases each, of the seeds from SEED
// on; one case again: 1 and its seed. disk FOLDER [N SEED]: results in a folder that is a small file system of its own, which becomes full.
// all N SEED [--disk FOLDER]: all of them, in proportion (kills and writes take longer), and the page docs/reliability.md of what came of
// it.
NativeHeap.KeepLargeBlocks();
int Number(int index) => int.Parse(args[index], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
switch (args)
{
    case ["configs", _, _]: return Verbs.Told(Verbs.Configs(Number(1), Number(2)));
    case ["files", _, _]: return Verbs.Told(Verbs.Files(Number(1), Number(2)));
    case ["inputs", _, _]: return Verbs.Told(Verbs.Inputs(Number(1), Number(2)));
    case ["kills", _, _]: return Verbs.Told(Verbs.Kills(Number(1), Number(2), 1));
    case ["kills", _, _, "--programs", _]: return Verbs.Told(Verbs.Kills(Number(1), Number(2), Number(4)));
    case ["writes", _, _]: return Verbs.Told(Verbs.Writes(Number(1), Number(2)));
    case ["disk", var disk]: return Verbs.Told(Verbs.Disk(disk, 30, 1));
    case ["disk", var disk, _, _]: return Verbs.Told(Verbs.Disk(disk, Number(2), Number(3)));
    case ["all", _, _]: return Verbs.All(Number(1), Number(2));
    case ["all", _, _, "--disk", var disk]: return Verbs.All(Number(1), Number(2), disk);
    default:
        Console.Error.WriteLine("configs N SEED | files N SEED | inputs N SEED | kills N SEED [--programs P] | writes N SEED | "
            + "disk FOLDER [N SEED] | all N SEED [--disk FOLDER]");
        return 2;
}
