using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Training.Diagonal;

namespace LargeSteps.Tests.Optimizers;

/// <summary>
/// Each option against values worked out by hand, so that the two engines cannot be wrong in the same way. All numbers are
/// sums of few powers of 2, and exact in both.
/// </summary>
public class UpdateRuleTests
{
    private sealed record Case(
        RegressionData Data, ModelSpec Model, OptimizerSpec Optimizer, double Rate, double[] Losses, DiagonalWeights End,
            DiagonalWeights? Averaged = null);

    // u = 1, v = 2, x = 1, y = 1: e = uv − 1 = 1, the gradient is (e v, e u) = (2, 1), the loss ½.
    private static Case One(UpdateRule rule, double rate, double u, double v, params double[] further) => new(
        DiagonalCases.Data([[1]], 1), ModelSpec.DiagonalLinear(1, 2), OptimizerSpec.GradientDescent(1).WithRule(rule), rate,
        [0.5, .. further],
            At(u, v));

    // u = 1, v = 2, (x, y) = (1, 1) and (2, 2): e = 1 and 2, r = (1·1 + 2·2)/2 = 2.5, the gradient is (5, 2.5), the loss (1 + 4)/4.
    private static Case Two(UpdateRule rule, double rate, double u, double v) => new(
        DiagonalCases.Data([[1], [2]], 1, 2), ModelSpec.DiagonalLinear(1, 2), OptimizerSpec.GradientDescent(1).WithRule(rule), rate, [1.25],
            At(u, v));

    // u = (1, 1), v = (2, 2), x = (1, −1), y = −1: e = 1.
    private static Case Plane(UpdateRule rule, double rate, double[] u, double[] v) => new(
        DiagonalCases.Data([[1, -1]], -1), ModelSpec.DiagonalLinear(1, 2), OptimizerSpec.GradientDescent(1).WithRule(rule), rate, [0.5],
            new(u, v));

    private static readonly UpdateRule Plain = UpdateRule.Plain;

    private static readonly Dictionary<string, Case> Cases = new()
    {
        // 1 − 2/8, 2 − 1/8.
        ["GD"] = One(Plain, 0.125, 0.75, 1.875),
        // Then uv = 1.40625, e = 0.40625, the gradient is 0.40625·(1.875, 0.75) = (0.76171875, 0.3046875), the loss 0.40625²/2.
        ["GD, two steps"] = One(Plain, 0.125, 0.65478515625, 1.8369140625, 0.08251953125),
        // r = 2.5, and 1/n is in the gradient: (1 − 5/8, 2 − 2.5/8).
        ["GD, two samples"] = Two(Plain, 0.125, 0.375, 1.6875),
        // u moves by −η e x⊙v, v by −η e x⊙u: (1, 1) − ⅛(2, −2), (2, 2) − ⅛(1, −1).
        ["GD, two dimensions"] = Plane(Plain, 0.125, [0.75, 1.25], [1.875, 2.125]),
        // numpy(0).randint(2) begins 0, 1, 1: first e = 1 (no 1/n), then with (0.75, 1.875) e = 2·1.40625 − 2 = 0.8125,
        // the gradient is 0.8125·2·(1.875, 0.75) = (3.046875, 1.21875).
        ["SGD, two steps"] = Two(Plain, 0.125, 0.369140625, 1.72265625) with
        {
            Optimizer = OptimizerSpec.Sgd(2, seed: 0),
            Losses = [0.5, 0.330078125]
        },
        // The batch is (0, 1): the mean over it is that of all samples.
        ["SGD, batch 2"] = Two(Plain, 0.125, 0.375, 1.6875) with { Optimizer = OptimizerSpec.Sgd(1, 2, seed: 0) },
        // numpy(1).randint(2) begins 1, 1: the batch has the second sample twice, e = 2, r = 2·2, the gradient is (8, 4), the loss 4/2.
        ["SGD, batch 2 with replacement"] = Two(Plain, 0.125, 0, 1.5) with { Optimizer = OptimizerSpec.Sgd(1, 2, seed: 1), Losses = [2] },
        // Not times the step size: (1, 2) − ⅛(2, 1) − ½(1, 2).
        ["weight decay"] = One(Plain.WithWeightDecay(0.5), 0.125, 0.25, 0.875),
        // Before the step |u| = 1 < |v| = 2: (1, 2) − ⅛(2, 1) + ¼(1, −2).
        ["balancing, |u| < |v|"] = One(Plain.WithBalancing(0.25), 0.125, 1, 1.375),
        // u = 2, v = 1: the mirror image.
        ["balancing, |u| > |v|"] = One(Plain.WithBalancing(0.25), 0.125, 1.375, 1) with { Model = ModelSpec.DiagonalLinear(2, 1) },
        // u = 1, v = −2, y = −1: e = −1, the gradient is (2, −1): (1, −2) − ⅛(2, −1) + ¼(1, 2).
        ["balancing, signs"] = One(Plain.WithBalancing(0.25), 0.125, 1, -1.375) with
        {
            Model = ModelSpec.DiagonalLinear(1, -2),
            Data = DiagonalCases.Data([[1]], -1)
        },
        // u = v = 1, y = 0: e = 1, the gradient is (1, 1). At a tie both grow by a quarter.
        ["balancing, |u| = |v|"] = One(Plain.WithBalancing(0.25), 0.125, 1.125, 1.125) with
        {
            Model = ModelSpec.DiagonalLinear(1, 1),
            Data = DiagonalCases.Data([[1]], 0)
        },
        // Each gradient has one coordinate, and becomes its sign.
        ["normalised"] = One(Plain.WithNormalized(true), 0.125, 0.875, 1.875),
        // u = v = (1, 1), x = (0.75, 1), y = 2.75: e = −1, both gradients are −(0.75, 1), their norm 1.25.
        ["normalised, two dimensions"] = Plane(Plain.WithNormalized(true), 0.625, [1.375, 1.5], [1.375, 1.5])
            with
        { Model = ModelSpec.DiagonalLinear(1, 1), Data = DiagonalCases.Data([[0.75, 1]], 2.75) },
        // v = 0: the gradient for u is 0, so neither is divided; e = −1, the gradient for v is −2.
        ["normalised, zero gradient"] = One(Plain.WithNormalized(true), 0.125, 2, 0.25) with { Model = ModelSpec.DiagonalLinear(2, 0) },
        // (1, 2) − ⅛(1, 1) − ½(1, 2).
        ["normalised, weight decay"] = One(Plain.WithNormalized(true).WithWeightDecay(0.5), 0.125, 0.375, 0.875),
        // ū: ¾·1 + ¼·0.75 = 0.9375, then ¾·0.9375 + ¼·0.65478515625; v̄: 1.96875, then ¾·1.96875 + ¼·1.8369140625.
        ["averaging, two steps"] = One(Plain.WithAveraging(0.75), 0.125, 0.65478515625, 1.8369140625, 0.08251953125)
            with
        { Averaged = At(0.8668212890625, 1.935791015625) },
        // With balancing (1, 1.375): the average is of that.
        ["averaging after balancing"] = One(Plain.WithBalancing(0.25).WithAveraging(0.75), 0.125, 1, 1.375)
            with
        { Averaged = At(1, 1.84375) },
        // w + ¼(2, 1) = (1.5, 2.25): e = 2.375, the gradient is 2.375·(2.25, 1.5) = (5.34375, 3.5625). The loss is that of w.
        ["n-SAM"] = One(Plain.WithSharpness(new(0.25, PerSample: false)), 0.125, 0.33203125, 1.5546875),
        // One perturbation for the batch: w + ⅛(5, 2.5) = (1.625, 2.3125), uv = 3.7578125, e = 2.7578125 and 5.515625, r = 6.89453125.
        ["n-SAM, two samples"] = Two(Plain.WithSharpness(new(0.125, PerSample: false)), 0.0625, 0.0035247802734375, 1.299774169921875),
        // p = 2·¼·1 = ½: ũ = 1 + ½·2 = 2, ṽ = 2 + ½·1 = 2.5, r̃ = 4, the gradient is (r̃ṽ, r̃ũ) = (10, 8).
        ["1-SAM"] = One(Plain.WithSharpness(new(0.25, PerSample: true)), 0.0625, 0.375, 1.5),
        // ũ = 2, ṽ = 2.5, r̃ = 4 as above, the gradient is (r̃v, r̃u) = (8, 4).
        ["1-SAM, derivative of the loss only"] = One(Plain.WithSharpness(new(0.25, PerSample: true, LossDerivativeOnly: true)), 0.0625, 0.5,
            1.75),
        // ũ = u + ½(uv − 1)v, ∂ũ = (1 + ½v², ½(2uv − 1)) = (3, 1.5), ∂ṽ = (1.5, 1 + ½u²) = (1.5, 1.5);
        // ∂r̃ = ∂ũ ṽ + ũ ∂ṽ = (10.5, 6.75), the gradient is r̃ ∂r̃ = (42, 27).
        ["1-SAM, outer derivative"] = One(Plain.WithSharpness(new(0.25, PerSample: true, OuterDerivative: true)), 0.015625, 0.34375,
            1.578125),
        // Each sample its own perturbation. First p = ¼: (1.5, 2.25), r̃ = 2.375, (5.34375, 3.5625).
        // Second p = ½: (1 + ½·2·2, 2 + ½·2·1) = (3, 3), r̃ = 2·9 − 2 = 16, 16·2·(3, 3) = (96, 96). The mean is (50.671875, 49.78125).
        ["1-SAM, two samples"] = Two(Plain.WithSharpness(new(0.125, PerSample: true)), 0.015625, 0.208251953125, 1.22216796875),
        // p = ½: ũ = (1, 1) + ½(2, −2) = (2, 0), ṽ = (2, 2) + ½(1, −1) = (2.5, 1.5), r̃ = 5 + 1 = 6;
        // r̃ x⊙ṽ = 6(2.5, −1.5), r̃ x⊙ũ = 6(2, 0).
        ["1-SAM, two dimensions"] = Plane(Plain.WithSharpness(new(0.25, PerSample: true)), 0.03125, [0.53125, 1.28125], [1.625, 2]),
        // With ∂r/∂u = (2, −2), ∂r/∂v = (1, −1), rows j and columns k:
        // ∂ũ/∂u = [3 −2; −2 3], ∂ṽ/∂u = [1.5 −1; −1 0.5], ∂ũ/∂v = [1.5 −1; −1 0.5], ∂ṽ/∂v = [1.5 −0.5; −0.5 1.5].
        // ∂r̃/∂u_k = Σ x_j(∂ũ_j ṽ_j + ũ_j ∂ṽ_j) = (10.5 + 3, −7 − 4.5) = (13.5, −11.5), ∂r̃/∂v = (6.75 + 1.5, −3.5 − 0.75) = (8.25, −4.25).
        // Times r̃ = 6: (81, −69), (49.5, −25.5).
        ["1-SAM, outer derivative, two dimensions"] = Plane(
            Plain.WithSharpness(new(0.25, PerSample: true, OuterDerivative: true)), 0.0078125, [0.3671875, 1.5390625],
                [1.61328125, 2.19921875]),
        // The warm start makes the first two plain steps of GD; then the step with decay: e = uv − 1 with (0.75, 1.875) after one of them,
        // the gradient is (0.76171875, 0.3046875): (0.75, 1.875) − ⅛(0.76171875, 0.3046875) − ½(0.75, 1.875).
        ["warm start of one step"] = One(Plain.WithWeightDecay(0.5).WithWarmStart(new(1, 0.125)), 0.125, 0.27978515625, 0.8994140625)
            with
        { Losses = [0.08251953125] },
        // The warm start is on all samples: (0.375, 1.6875), averaged from there; uv = 0.6328125. Then numpy(1) takes sample 1:
        // e = −0.734375, the gradient is −1.46875·(1.6875, 0.375) = (−2.478515625, −0.55078125).
        ["warm start, then SGD, averaging"] = Two(Plain.WithWarmStart(new(1, 0.125)).WithAveraging(0.5), 0.125, 0.684814453125,
            1.75634765625)
            with
        {
            Optimizer = OptimizerSpec.Sgd(1, seed: 1).WithRule(Plain.WithWarmStart(new(1, 0.125)).WithAveraging(0.5)),
            Losses = [0.2696533203125],
            Averaged = At(0.5299072265625, 1.721923828125)
        },
    };

    // ‖u‖, ‖v‖, Σ u_j v_j and u_1 after gradient descent on DiagonalCases.Small, from a NumPy program of the published formulas.
    private static readonly Dictionary<string, (ModelSpec Model, UpdateRule Rule, int Steps, double Rate, double[] End)> Published = new()
    {
        ["weight decay"] = (ModelSpec.DiagonalLinear(), Plain.WithWeightDecay(0.01), 100, 0.05, [0.8688800391333987, 0.8613725073136028,
            0.7174146503821555, 0.19250124132706187]),
        ["balancing"] = (ModelSpec.DiagonalLinear(), Plain.WithBalancing(0.02), 100, 0.05, [1.0379300063267791, 1.022708378515084,
            0.9941939780413712, 0.325746011314929]),
        ["balancing from a tie"] = (ModelSpec.DiagonalLinear(0.1, 0.1), Plain.WithBalancing(0.02), 3, 0.05,
            [0.34666762788217254, 0.34666762788217254, 0.12017844422145246, 0.1141070449825503]),
        ["normalised from v = 0"] = (ModelSpec.DiagonalLinear(), Plain.WithNormalized(true), 50, 0.02,
            [1.142369864119624, 0.9550969219981492, 0.9998783735533052, 0.3550966229755649]),
        ["all three"] = (ModelSpec.DiagonalLinear(), new(1e-3, 0.01, true), 50, 0.02, [1.0172983389192496, 1.0008836773948906,
            0.9508765232663321, 0.28522386831198143]),
        ["1-SAM"] = (ModelSpec.DiagonalLinear(), Plain.WithSharpness(new(0.02, PerSample: true)), 100, 0.05,
            [1.0833828170785216, 1.0488665435195212, 1.0378261405574485, 0.3713240211285043]),
        ["1-SAM, derivative of the loss only"] = (ModelSpec.DiagonalLinear(), Plain.WithSharpness(new(0.02, PerSample: true,
            LossDerivativeOnly: true)), 100, 0.05, [1.111551033618549, 1.0667788585044597, 1.0707637805286674, 0.41202860864364554]),
        ["random initial weights"] = (ModelSpec.DiagonalLinear(deviation: 0.05, seed: 9), Plain, 100, 0.05,
            [1.113486319088958, 1.1007306664826932, 1.1760361667909414, 0.4585559224469936]),
    };

    public static TheoryData<string, string> PublishedCases =>
        [.. Published.Keys.SelectMany(name => new[] { (name, "closed form"), (name, "autograd") })];

    [Theory]
    [MemberData(nameof(PublishedCases))]
    public void The_options_of_the_published_program_are_its_own(string name, string engine)
    {
        var (model, rule, steps, rate, end) = Published[name];
        using var made = DiagonalCases.Create(
            engine == "autograd" ? Engine.Autograd : Engine.ClosedForm, model, DatasetFactory.Create(DiagonalCases.Small),
                OptimizerSpec.GradientDescent(steps).WithRule(rule));
        for (var k = 0; k < steps; k++) made.Step(rate);
        var (u, v) = (made.Current.U, made.Current.V);
        double[] found = [Math.Sqrt(u.Sum(x => x * x)), Math.Sqrt(v.Sum(x => x * x)), u.Zip(v, (a, b) => a * b).Sum(), u[0]];
        Assert.Equal(end, found, (a, b) => Math.Abs(a - b) < 1e-12);
    }

    // numpy(0).standard_normal() begins 1.764…: with σ = ½ the label is 1 + 0.882…, e = 1 − 0.882….
    private const double GdNoise = 0.5 * 1.764052345967664;

    // Of numpy(0), in this order: randint(2) = 0, standard_normal() = 1.122…, randint(2) = 1, standard_normal() = 0.302….
    private static readonly double[] SgdNoise = [0.25 * 1.1227949188291289, 0.25 * 0.3028052195530815];

    [Theory]
    [InlineData("closed form")]
    [InlineData("autograd")]
    public void Label_noise_is_drawn_after_the_samples(string engine)
    {
        var (u, v) = (1.0, 2.0);
        double Descend(double x, double y)
        {
            var e = x * u * v - y;
            (u, v) = (u - 0.125 * e * x * v, v - 0.125 * e * x * u);
            return e * e / 2;
        }
        var made = engine == "autograd" ? Engine.Autograd : Engine.ClosedForm;
        var loss = Descend(1, 1 + GdNoise);
        var gd = One(Plain.WithLabelNoise(LabelNoise.Gaussian(0.5)), 0.125, u, v);
        Check(gd with { Losses = [loss] }, made);
        (u, v) = (1, 2);
        double[] losses = [Descend(1, 1 + SgdNoise[0]), Descend(2, 2 + SgdNoise[1])];
        Check(Two(Plain, 0.125, u, v) with
        {
            Optimizer = OptimizerSpec.Sgd(2, seed: 0)
            .WithRule(Plain.WithLabelNoise(LabelNoise.Gaussian(0.25))),
            Losses = losses
        }, made);
    }

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_closed_form_makes_the_steps_made_by_hand(string name) => Check(Cases[name], Engine.ClosedForm);

    [Theory]
    [MemberData(nameof(Names))]
    public void Autograd_makes_the_steps_made_by_hand(string name) => Check(Cases[name], Engine.Autograd);

    private static DiagonalWeights At(double u, double v) => new([u], [v]);

    private static void Check(Case expected, Engine engine)
    {
        using var made = DiagonalCases.Create(engine, expected.Model, expected.Data, expected.Optimizer);
        var noise = expected.Optimizer.Rule.LabelNoise is GaussianLabelNoise gaussian ? gaussian.Deviation : 0;
        foreach (var loss in expected.Losses) Assert.Equal(loss, made.Step(expected.Rate, noise), 1e-15);
        Assert.InRange(DiagonalCases.Distance(made.Current, expected.End), 0, 1e-15);
        Assert.InRange(DiagonalCases.Distance(made.Averaged, expected.Averaged ?? expected.End), 0, 1e-15);
    }
}
