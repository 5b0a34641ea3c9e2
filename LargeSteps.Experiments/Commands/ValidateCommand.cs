using LargeSteps.Configuration;
using LargeSteps.Pipelines;

namespace LargeSteps.Experiments.Commands;

/// <summary>Checks configs: a line for each good one, every diagnostic of the others.</summary>
internal static class ValidateCommand
{
    public static int Run(IReadOnlyList<string> configs, Terminal terminal)
    {
        var bad = false;
        foreach (var path in configs)
        {
            ExperimentYaml.Load(path).Match(
                experiment =>
                {
                    var all = Units.Of(experiment).OrThrow();
                    // A file of weights that is there must fit; one that is not there may be that of a run to come.
                    var problems = InitialWeights.Problems(all).Where(problem => File.Exists(problem.File)).ToArray();
                    foreach (var problem in problems) terminal.Error.WriteLine(problem);
                    bad |= problems.Length > 0;
                    if (problems.Length > 0) return 0;
                    var (runs, units) = (experiment.Runs.Count, all.Count);
                    terminal.Out.WriteLine(FormattableString.Invariant(
                        $"{path}: valid, {runs} {(runs == 1 ? "run" : "runs")}{(units > runs ? FormattableString.Invariant($", {units} with their seeds") : "")}"));
                    return 0;
                },
                diagnostics =>
                {
                    foreach (var diagnostic in diagnostics) terminal.Error.WriteLine(diagnostic);
                    bad = true;
                    return 0;
                });
        }

        return bad ? ExitCode.BadInput : ExitCode.Done;
    }
}
