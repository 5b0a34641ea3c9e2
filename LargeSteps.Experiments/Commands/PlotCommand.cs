using LargeSteps.Experiments.Results;
using LargeSteps.Pipelines;
using LargeSteps.Running;

namespace LargeSteps.Experiments.Commands;

/// <summary>Draws the charts of a result folder again: from its units and the figures of its experiment.yaml, which may have been edited.</summary>
internal static class PlotCommand
{
    public static int Run(string path, Terminal terminal)
    {
        if (!Directory.Exists(path)) throw new CommandException(ExitCode.BadInput, $"error LS0303: there is no folder '{path}'");
        var experiment = RunCommand.Load(Path.Combine(path, ResultFolder.ExperimentFile));
        var folder = ResultFolder.Create(path);
        var units = Units.Of(experiment).OrThrow();
        var results = units.Map(unit => new UnitResult(unit, folder.Units.Find(unit.Pipeline) ?? throw new CommandException(
            ExitCode.BadInput,
            FormattableString.Invariant($"error LS0304: there is no result of run '{unit.Label}', seed {unit.Seed}, in '{path}'; run the experiment with --resume first"))));
        foreach (var file in folder.WriteFigures(experiment, results)) terminal.Out.WriteLine(file);
        return ExitCode.Done;
    }
}
