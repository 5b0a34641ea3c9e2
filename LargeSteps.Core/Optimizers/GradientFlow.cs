using LargeSteps.Values;

namespace LargeSteps.Optimizers;

/// <summary>
/// The flow dw/dt = −∇L(w) in place of steps: a step of size η is a time η of it, by the classical Runge–Kutta method in parts of
/// min(1/λ₁, MaxStep), λ₁ the sharpness at its beginning.
/// </summary>
/// <param name="MaxStep">The longest part, in time.</param>
public sealed record GradientFlow(double MaxStep = 1);

/// <summary>Integrates the flow of a loss.</summary>
internal sealed class FlowIntegrator
{
    // λ₁ by differences of gradients along a unit vector: the method is stable up to 2.78/λ₁, so that it need not be exact.
    private const double Difference = 1e-3, Change = 1e-3;
    private const int MostIterations = 40;
    // Nobody can stop a run within a step.
    private const double MostParts = 100_000;

    private readonly GradientFlow _flow;
    private readonly ParameterVector _place, _slope, _other, _sum, _direction;

    /// <param name="flow">How it is integrated.</param>
    /// <param name="weights">Vectors like this are made.</param>
    public FlowIntegrator(GradientFlow flow, ParameterVector weights) => (_flow, _place, _slope, _other, _sum, _direction) =
        (flow, weights.Zeros(), weights.Zeros(), weights.Zeros(), weights.Zeros(), weights.Zeros());

    /// <summary>All vectors of its own.</summary>
    public IEnumerable<ParameterVector> Vectors => [_place, _slope, _other, _sum, _direction];

    /// <summary>Moves weights along the flow for some time; returns the loss before.</summary>
    /// <exception cref="RunException">It has too many parts.</exception>
    public double Step(ParameterVector weights, double time, BatchGradient gradient)
    {
        var loss = gradient(weights, _slope, true);
        var norm = _slope.Norm;
        // At a minimum, or where there is no number, nothing moves.
        if (norm == 0) return loss;
        var longest = Math.Min(_flow.MaxStep, 1 / Sharpness(weights, norm, gradient));
        if (!(longest > 0)) longest = _flow.MaxStep;
        var parts = Math.Ceiling(time / longest);
        if (parts > MostParts)
        {
            throw new RunException(FormattableString.Invariant($"a step of gradient_flow over a time of {time} has {parts:G3} parts of ") +
                FormattableString.Invariant($"{longest:G3}, the most is {MostParts:N0}: take a smaller rate, or a larger max_step"));
        }
        var h = time / parts;
        for (var part = 0; part < parts; part++)
        {
            // k₁ + 2k₂ + 2k₃ + k₄, k the gradient.
            gradient(weights, _slope, false);
            _sum.Set(_slope);
            foreach (var (reach, weight) in ((double, double)[])[(0.5, 2), (0.5, 2), (1, 1)])
            {
                _place.Set(weights);
                _place.Add(-reach * h, _slope);
                gradient(_place, _slope, false);
                _sum.Add(weight, _slope);
            }
            weights.Add(-h / 6, _sum);
        }
        return loss;
    }

    // By the power method from the gradient.
    private double Sharpness(ParameterVector weights, double norm, BatchGradient gradient)
    {
        _direction.Set(_slope);
        _direction.Scale(1 / norm);
        var before = 0.0;
        for (var i = 0; i < MostIterations; i++)
        {
            Along(Difference, _sum);
            Along(-Difference, _other);
            _sum.Add(-1, _other);
            _sum.Scale(0.5 / Difference);
            var value = _sum.Norm;
            if (!double.IsFinite(value) || value == 0 || Math.Abs(value - before) <= Change * value) return value;
            before = value;
            _direction.Set(_sum);
            _direction.Scale(1 / value);
        }
        return before;

        void Along(double step, ParameterVector into)
        {
            _place.Set(weights);
            _place.Add(step, _direction);
            gradient(_place, into, false);
        }
    }
}
