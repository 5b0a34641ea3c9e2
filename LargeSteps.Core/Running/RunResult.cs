using LargeSteps.Values;

namespace LargeSteps.Running;

/// <summary>How a run ended.</summary>
public abstract record RunEnd
{
    private protected RunEnd() { }

    /// <summary>Whether the run came to an end of its own, and was neither stopped nor failed: then its result is kept.</summary>
    internal bool IsOwnEnd => Match(completed => true, dead => true, diverged => true, stopped => false, failed => false);

    /// <summary>Whether all steps were made, and the network can still learn.</summary>
    internal bool IsAlive => Match(completed => true, dead => false, diverged => false, stopped => false, failed => false);

    private protected abstract void Close();

    /// <summary>All steps were made.</summary>
    public static RunEnd Completed { get; } = new CompletedRun();

    /// <summary>All steps were made, but the network learns no more, see <see cref="DeadRun"/>.</summary>
    public static RunEnd Dead { get; } = new DeadRun();

    /// <summary>The loss stopped being finite: with large steps a result, not an error.</summary>
    public static RunEnd Diverged(long iteration) => new DivergedRun(iteration);

    /// <summary>The user stopped it.</summary>
    public static RunEnd Stopped(long iteration) => new StoppedRun(iteration);

    /// <summary>An error of the program ended it.</summary>
    public static RunEnd Failed(string message) => new FailedRun(message);

    /// <summary>Whether it was stopped.</summary>
    public bool IsStopped => Match(completed => false, dead => false, diverged => false, stopped => true, failed => false);

    /// <summary>Whether nothing that could be computed went on.</summary>
    public bool IsDivergence => Match(completed => false, dead => false, diverged => true, stopped => false, failed => false);

    /// <summary>What went wrong in it; null: nothing did.</summary>
    public string? Failure => Match<string?>(completed => null, dead => null, diverged => null, stopped => null, failed =>
        failed.Message);

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(
        Func<CompletedRun, TResult> completed, Func<DeadRun, TResult> dead, Func<DivergedRun, TResult> diverged,
            Func<StoppedRun, TResult> stopped,
        Func<FailedRun, TResult> failed) => this switch
        {
            CompletedRun c => completed(c),
            DeadRun d => dead(d),
            DivergedRun d => diverged(d),
            StoppedRun s => stopped(s),
            FailedRun f => failed(f),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    /// <summary>In words: <c>completed</c>, <c>diverged at 12</c>, <c>failed: </c>and the first line of the reason.</summary>
    public sealed override string ToString() => Match(completed => Word, dead => Word,
        diverged => FormattableString.Invariant($"{Word} at {diverged.Iteration}"),
        stopped => FormattableString.Invariant($"{Word} at {stopped.Iteration}"),
        failed => $"{Word}: {failed.Message.Split('\n')[0].Trim()}");

    /// <summary>The word for tables: <c>completed</c>, <c>dead</c>, <c>diverged</c>, <c>stopped</c> or <c>failed</c>.</summary>
    public string Word => Match(_ => "completed", _ => "dead", _ => "diverged", _ => "stopped", _ => "failed");
}

/// <summary>All steps were made.</summary>
public sealed record CompletedRun : RunEnd { private protected override void Close() { } }

/// <summary>
/// All steps were made, and at the end some hidden layer of the ReLU network has no unit that is active on any training sample: the network
/// says the same of all of them, and its hidden layers have no gradient any more.
/// </summary>
public sealed record DeadRun : RunEnd { private protected override void Close() { } }

/// <summary>
/// The loss before the step of this iteration was not finite: that of the batch, or, where the iteration was measured, that of all
/// training samples, which overflows a step or two earlier.
/// </summary>
public sealed record DivergedRun(long Iteration) : RunEnd { private protected override void Close() { } }

/// <summary>The user stopped the run before the step of this iteration.</summary>
public sealed record StoppedRun(long Iteration) : RunEnd { private protected override void Close() { } }

/// <summary>An error of the program ended the run.</summary>
public sealed record FailedRun(string Message) : RunEnd { private protected override void Close() { } }

/// <summary>What was measured at one iteration, before its step.</summary>
/// <param name="Iteration">The iteration, from 0.</param>
/// <param name="Epoch">The same in passes over the training set.</param>
/// <param name="LearningRate">The step size of the iteration.</param>
/// <param name="Values">The metrics, in the order of <see cref="RunResult.Metrics"/>; NaN where there is none.</param>
public sealed record Measurement(long Iteration, double Epoch, double LearningRate, Items<double> Values);

/// <summary>The weights that were measured at one iteration: the averaged ones, or those after a descent, where the probes measure
/// these.</summary>
/// <param name="Iteration">The iteration, one of those measured.</param>
/// <param name="Weights">
/// All weights, flat. Of a diagonal network u and then v, d numbers each. Of a ReLU network layer by layer, from the first hidden layer to
/// the output: the layer's weight row by row (a row for each unit, in it a number for each input), and then its bias where it has one. Of a
/// deep network in the order of PyTorch's state_dict, each parameter as it lies there. Numbers in float32 are widened.
/// </param>
public sealed record Snapshot(long Iteration, Items<double> Weights);

/// <summary>The result of one run.</summary>
/// <param name="Metrics">The names of the metrics.</param>
/// <param name="Measurements">What was measured, in the order of the iterations.</param>
/// <param name="End">How the run ended.</param>
/// <param name="LastIteration">The number of steps that were made.</param>
/// <param name="TrainingSeconds">Time spent on steps.</param>
/// <param name="ProbeSeconds">Time spent on measuring.</param>
public sealed record RunResult(
    Items<string> Metrics, Items<Measurement> Measurements, RunEnd End, long LastIteration, double TrainingSeconds, double ProbeSeconds)
{
    /// <summary>The weights that the run kept, in the order of the iterations; of a run that ended early those up to there.</summary>
    public Items<Snapshot> Snapshots { get; init; } = [];

    /// <summary>What made it, such as <c>cpu</c> or <c>cuda:1</c>; null: not known.</summary>
    public string? Device { get; init; }

    /// <summary>The last measured value of a metric; NaN where nothing was measured.</summary>
    /// <exception cref="ArgumentException">The run does not measure it; the message names the nearest metric that it does.</exception>
    public double Last(string metric) => HasNothing ? double.NaN : Column(metric) is var column && Measurements.Count > 0
        ? Measurements[^1].Values[column] : double.NaN;

    /// <summary>The values of a metric over the measurements.</summary>
    /// <exception cref="ArgumentException">The run does not measure it; the message names the nearest metric that it does.</exception>
    public Items<double> Values(string metric)
    {
        if (HasNothing) return [];
        var column = Column(metric);
        return Measurements.Map(m => m.Values[column]);
    }

    /// <summary>The last measured value of a metric; NaN where the run does not measure it, or measured nothing.</summary>
    internal double LastOrNaN(string metric) => Metrics.Contains(metric) ? Last(metric) : double.NaN;

    /// <summary>How it ended, and the last measured values: <c>completed, 5000 steps, 10 measurements: train_loss 0.0125, test_loss
    /// 0.034</c>.</summary>
    public override string ToString()
    {
        var head = $"{End}, {Words.Count(LastIteration, "step")}, {Words.Count(Measurements.Count, "measurement")}";
        return Measurements.Count == 0 ? head : $"{head}: {string.Join(", ", Metrics.Select(metric => $"{metric} {Short(Last(metric))}"))}";
    }

    private static string Short(double value) => NumberText.Invariant(NumberText.Rounded(value, 4));

    // A unit that was stopped before it began, or failed, has no metrics at all.
    private bool HasNothing => Metrics.Count == 0 && Measurements.Count == 0;

    private int Column(string metric) => Metrics.AsSpan().IndexOf(metric) is >= 0 and var column ? column
        : throw new ArgumentException($"the run does not measure '{metric}'{Nearest.Suggestion(metric, [.. Metrics])}",
            nameof(metric));
}
