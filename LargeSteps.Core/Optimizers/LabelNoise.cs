using LargeSteps.Schedules;

namespace LargeSteps.Optimizers;

/// <summary>
/// What is added to the labels of a step: σ·N(0, 1) for each of them, in the order of the batch, from the stream of the samples and after
/// them. The cases say what σ is.
/// </summary>
/// <remarks>
/// SGD with one sample a step is gradient descent on labels y + ξ with Eξ = 0 and E‖ξ‖² = (n − 1)‖r‖², r the residuals of
/// all n samples: for the sample i it is ξ = r − n r_i e_i. The twin of SGD draws Gaussian labels of the same mean square instead, σ²
/// = (n − 1)‖r‖²/n. That is 2(n − 1)L for the loss L = ‖r‖²/(2n) of a diagonal network and (n − 1)L for the loss
/// ‖r‖²/n of the others.
/// </remarks>
public abstract record LabelNoise
{
    private protected LabelNoise() { }

    private protected abstract void Close();

    /// <summary>A given σ, see <see cref="GaussianLabelNoise"/>.</summary>
    public static LabelNoise Gaussian(double deviation) => new GaussianLabelNoise(deviation);

    /// <summary>In each step the noise that SGD with one sample would make at the same iterate. For full-batch gradient descent.</summary>
    public static LabelNoise Matched { get; } = new MatchedLabelNoise();

    /// <summary>The noise that SGD with one sample would make at a given loss, see <see cref="LevelLabelNoise"/>. For full-batch gradient
    /// descent.</summary>
    public static LabelNoise AtLevel(double loss, Duration? until = null) => new LevelLabelNoise(loss, until);

    /// <summary>A σ, or a probability, with a schedule of its own, see <see cref="ScheduledLabelNoise"/>.</summary>
    public static LabelNoise Scheduled(Schedule schedule) => new ScheduledLabelNoise(schedule);

    /// <summary>The moments that it names, with their paths in its YAML form.</summary>
    internal IEnumerable<(string Path, Duration Moment)> Moments(string path) => Match<IEnumerable<(string, Duration)>>(
        gaussian => [], matched => [], level => level.Until is { } until ? [($"{path}.until", until)] : [], scheduled =>
            scheduled.Schedule.Moments($"{path}.schedule"));

    /// <summary>The same with other moments in place of those that it names.</summary>
    internal LabelNoise WithMoments(Func<Duration, Duration> moved) => Match<LabelNoise>(
        gaussian => gaussian, matched => matched, level => level.Until is { } until ? level with { Until = moved(until) } : level,
        scheduled => scheduled.WithSchedule(schedule => schedule.WithMoments(moved)));

    /// <summary>The same with another schedule of its own, where it has one.</summary>
    internal LabelNoise WithSchedule(Func<Schedule, Schedule> other) => Match<LabelNoise>(gaussian => gaussian, matched => matched,
        level => level, scheduled => new ScheduledLabelNoise(other(scheduled.Schedule)));

    /// <summary>The schedule of its own; null where it has none.</summary>
    internal Schedule? OwnSchedule => Match<Schedule?>(gaussian => null, matched => null, level => null, scheduled => scheduled.Schedule);

    /// <summary>Whether it is as strong as the noise of SGD would be: for its twin, full-batch gradient descent.</summary>
    internal bool IsOfTwin => Match(gaussian => false, matched => true, level => true, scheduled => false);

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(
        Func<GaussianLabelNoise, TResult> gaussian, Func<MatchedLabelNoise, TResult> matched, Func<LevelLabelNoise, TResult> level,
        Func<ScheduledLabelNoise, TResult> scheduled) => this switch
        {
            GaussianLabelNoise g => gaussian(g),
            MatchedLabelNoise m => matched(m),
            LevelLabelNoise l => level(l),
            ScheduledLabelNoise s => scheduled(s),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}

/// <summary>
/// σ as given, divided by the factors of the decays that are over. Of deep networks a probability, which stays the same whatever the step
/// size does.
/// </summary>
/// <param name="Deviation">
/// σ > 0, in the unit of the labels. Of deep networks the probability, in (0, 1], with which a label of a step is drawn uniformly from all
/// classes: Binomial(batch, σ) labels of it.
/// </param>
public sealed record GaussianLabelNoise(double Deviation) : LabelNoise { private protected override void Close() { } }

/// <summary>σ² = (n − 1)‖r‖²/n with the residuals r of the iterate before each step.</summary>
public sealed record MatchedLabelNoise : LabelNoise { private protected override void Close() { } }

/// <summary>σ² = (n − 1)‖r‖²/n with the ‖r‖² that belongs to a loss δ: the level at which the loss has stabilised (the SDE
/// of the paper).</summary>
/// <param name="Loss">δ > 0, in the unit of the training loss.</param>
/// <param name="Until">When the noise ends; null: with the run. Like decays it holds from the first step at or after that moment.</param>
public sealed record LevelLabelNoise(double Loss, Duration? Until = null) : LabelNoise { private protected override void Close() { } }

/// <summary>σ, or the probability of deep networks, over training progress: what a step size of that schedule would be, whatever the
/// learning rate does.</summary>
/// <param name="Schedule">Its values; a probability above 1 counts as 1.</param>
public sealed record ScheduledLabelNoise(Schedule Schedule) : LabelNoise { private protected override void Close() { } }
