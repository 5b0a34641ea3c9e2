using LargeSteps.Pipelines;
using LargeSteps.Values;

namespace LargeSteps.Configuration;

/// <summary>The one checker of experiments: what a file may not say, a program may not either.</summary>
public static class ExperimentChecks
{
    /// <summary>
    /// The experiment where all is well with it; else everything that is wrong, limits included, with the codes and in the words of the
    /// same experiment in a file. Each message begins with the place in the words of the YAML form: <c>runs[0].schedule.rate</c>.
    /// </summary>
    public static Outcome<Experiment> Checked(this Experiment experiment) =>
        ExperimentYaml.Problems(experiment) is { Count: > 0 } problems ? new Outcome<Experiment>.Failure(problems)
            : Outcome.Success(experiment);
}
