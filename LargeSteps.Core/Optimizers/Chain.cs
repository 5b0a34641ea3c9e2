using LargeSteps.Values;

namespace LargeSteps.Optimizers;

/// <summary>The gradient of the loss of one batch, which several points may be asked about.</summary>
/// <param name="at">The point.</param>
/// <param name="gradient">Is set to the gradient there.</param>
/// <param name="isIterate">Whether the point is the iterate itself, of which batch norm keeps statistics.</param>
/// <returns>The loss there.</returns>
internal delegate double BatchGradient(ParameterVector at, ParameterVector gradient, bool isIterate);

/// <summary>The rules of a run, one after the other, as they are written; engines that know a chain make the same steps faster.</summary>
internal sealed class Chain
{
    /// <summary>The name of the average of the iterates among what a chain keeps.</summary>
    public const string AveragedName = "averaged";

    private readonly StepRule[] _rules;
    private readonly SharpnessAware? _sharpness;
    private readonly StepState _step;
    private readonly ParameterVector? _perturbed;
    private readonly FlowIntegrator? _flow;
    private readonly Dictionary<string, ParameterVector> _kept = [];

    /// <param name="rules">The rules, in their order.</param>
    /// <param name="sharpness">Where the gradient is taken; null: at the iterate.</param>
    /// <param name="weights">The initial weights, which its steps change.</param>
    /// <param name="flow">What makes steps in place of the rules; null: the rules do.</param>
    public Chain(Items<StepRule> rules, SharpnessAware? sharpness, ParameterVector weights, GradientFlow? flow = null)
    {
        _flow = flow is null ? null : new(flow, weights);
        (_rules, _sharpness) = ([.. rules], sharpness);
        foreach (var name in rules.SelectMany(rule => rule.State)) _kept.Add(name, weights.Zeros());
        _perturbed = sharpness is null ? null : weights.Zeros();
        _step = new(weights, _kept);
        foreach (var rule in _rules) rule.Begin(_step);
    }

    /// <summary>That of an update rule.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="ofFactors">Whether it is on a diagonal network, see <see cref="UpdateRule.Chain"/>.</param>
    /// <param name="weights">The initial weights, which its steps change.</param>
    /// <param name="layers">How many parameters each layer has, where a rule asks for it.</param>
    public static Chain Of(UpdateRule rule, bool ofFactors, ParameterVector weights, Items<int> layers) =>
        new(rule.Chain(ofFactors, layers), rule.Sharpness, weights, rule.Flow);

    /// <summary>The weights.</summary>
    public ParameterVector Weights => _step.Weights;

    /// <summary>The average of the iterates; the weights where none is kept.</summary>
    public ParameterVector Averaged => _kept.GetValueOrDefault(AveragedName) ?? Weights;

    /// <summary>What the rules keep, by name.</summary>
    public IReadOnlyDictionary<string, ParameterVector> Kept => _kept;

    /// <summary>All vectors but the weights.</summary>
    public IEnumerable<ParameterVector> Vectors =>
        [.. _kept.Values, _step.Direction, _step.Push, .. _perturbed is null ? [] : new[] { _perturbed }, .. _flow?.Vectors ?? []];

    /// <summary>How many steps were made.</summary>
    public long Steps { get => _step.Number; set => _step.Number = value; }

    /// <summary>Goes on from where a run on the host stood: see <see cref="IEngine{TIterate}.Continue"/>.</summary>
    public void Continue(EngineState state)
    {
        Weights.SetValues(state.Weights);
        foreach (var (name, kept) in _kept)
            if (state.Kept.TryGetValue(name, out var before)) kept.SetValues(before);
        Begin(name => !state.Kept.ContainsKey(name));
        Steps = state.Steps;
    }

    /// <summary>Begins again, at the weights that there are, with the rules of which nothing is kept.</summary>
    /// <param name="isNew">Whether nothing was kept under a name.</param>
    public void Begin(Func<string, bool> isNew)
    {
        foreach (var rule in _rules.Where(rule => rule.State.Count > 0 && rule.State.All(isNew)))
        {
            foreach (var name in rule.State) _kept[name].Scale(0);
            rule.Begin(_step);
        }
    }

    /// <summary>Makes a step; returns the loss of the batch at the iterate before it.</summary>
    public double Step(double rate, BatchGradient gradient)
    {
        (_step.Rate, _step.Number) = (rate, _step.Number + 1);
        if (_flow is not null) return _flow.Step(Weights, rate, gradient);
        var loss = gradient(Weights, _step.Direction, true);
        if (_sharpness is { } sharpness)
        {
            var radius = sharpness.Normalized ? sharpness.Radius / _step.Direction.Norm : sharpness.Radius;
            _perturbed!.Set(Weights);
            _perturbed.Add(radius, _step.Direction);
            gradient(_perturbed, _step.Direction, false);
        }
        foreach (var rule in _rules) rule.Direct(_step);
        _step.Push.Scale(0);
        foreach (var rule in _rules) rule.Beside(_step);
        Weights.Add(-rate, _step.Direction);
        Weights.Add(1, _step.Push);
        foreach (var rule in _rules) rule.After(_step);
        return loss;
    }
}
