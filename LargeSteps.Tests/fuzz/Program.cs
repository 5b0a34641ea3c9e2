using System.Globalization;
using LargeSteps.Fuzz;
using LargeSteps.Numerics;

// configs N SEED, files N SEED, kills N SEED [--programs P], writes N SEED: so many cases each, of the seeds from SEED on; one case again: 1 and its seed.
// all N SEED: all of them, in proportion (kills and writes take longer), and the page docs/reliability.md of what came of it.
NativeHeap.KeepLargeBlocks();
int Number(int index) => int.Parse(args[index], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
switch (args)
{
    case ["configs", _, _]: return Verbs.Told(Verbs.Configs(Number(1), Number(2)));
    case ["files", _, _]: return Verbs.Told(Verbs.Files(Number(1), Number(2)));
    case ["kills", _, _]: return Verbs.Told(Verbs.Kills(Number(1), Number(2), 1));
    case ["kills", _, _, "--programs", _]: return Verbs.Told(Verbs.Kills(Number(1), Number(2), Number(4)));
    case ["writes", _, _]: return Verbs.Told(Verbs.Writes(Number(1), Number(2)));
    case ["all", _, _]: return Verbs.All(Number(1), Number(2));
    default:
        Console.Error.WriteLine("configs N SEED | files N SEED | kills N SEED [--programs P] | writes N SEED | all N SEED");
        return 2;
}
