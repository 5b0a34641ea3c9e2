using CsCheck;
using LargeSteps.Datasets;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Probes;
using LargeSteps.Tests.Numerics;
using LargeSteps.Training;
using LargeSteps.Training.Diagonal;
using TorchSharp;

namespace LargeSteps.Tests.Training.Diagonal;

public class DiagonalInstrumentsTests
{
    private static readonly RegressionData Data = DatasetFactory.Create(DatasetSpec.SparseRegression(7, 6, 3, testSamples: 20, seed: 2));

    // u⊙v = (6, −1, 0, 1e-3).
    private static readonly DiagonalWeights ByHand = new([3, -1, 0, 1e-2], [2, 1, -2, 1e-1]);

    private static readonly RegressionData Four = DiagonalCases.Data([[1, 1, 1, 1000]], 0);

    private static DiagonalWeights Weights(int dimensions, int seed)
    {
        var random = new Random(seed);
        double[] Draw() => [.. Enumerable.Range(0, dimensions).Select(_ => TestMatrices.Normal(random))];
        return new(Draw(), Draw());
    }

    [Fact]
    public void The_losses_are_half_the_mean_squared_residuals_on_training_and_test_samples() =>
        Gen.Int[0, 1_000_000].Sample(seed =>
        {
            var weights = Weights(Data.Dimensions, seed);
            double Naive(Matrix x, IEnumerable<double> y) => y.Select((label, i) =>
                Math.Pow(Enumerable.Range(0, x.Columns).Sum(j => x[i, j] * weights.U[j] * weights.V[j]) - label, 2)).Average() / 2;
            var losses = DiagonalCases.Measure(new Losses(), Data, weights);
            TestMatrices.Close(Naive(Data.Features, Data.Labels), losses[0], 1e-13);
            TestMatrices.Close(Naive(Data.TestFeatures, Data.TestLabels), losses[1], 1e-13);
        }, iter: 50);

    [Fact]
    public void The_losses_of_a_tiny_problem_are_those_worked_out_by_hand()
    {
        // Residuals 6 − 1 + 1 − 0 = 6; 36/2.
        Assert.Equal(18, DiagonalCases.Measure(new Losses(), Four, ByHand)[0], 1e-13);
        var untested = RegressionData.Of(Four.Features, Four.Labels, new Matrix(0, 4, []), []);
        Assert.Equal(double.NaN, DiagonalCases.Measure(new Losses(), untested, ByHand)[1]);
    }

    [Fact]
    public void The_norms_are_those_worked_out_by_hand()
    {
        // |u⊙v| = (6, 1, 0, 1e-3): above and not at the threshold.
        Assert.Equal([3, 3, 2, 1, 0], DiagonalCases.Measure(new L0Norm([1e-50, 0, 0.5, 1, 6]), Four, ByHand));
        Assert.Equal(7.001, DiagonalCases.Measure(new L1Norm(), Four, ByHand)[0], 1e-14);
        // 9 + 1 + 0 + 1e-4 + 4 + 1 + 4 + 1e-2.
        Assert.Equal(Math.Sqrt(19.0101), DiagonalCases.Measure(new ParameterNorm(), Four, ByHand)[0], 1e-14);
        // |u| − |v| = (1, 0, −2, −0.09).
        Assert.Equal(Math.Sqrt(5.0081), DiagonalCases.Measure(new Balancedness(), Four, ByHand)[0], 1e-14);
    }

    [Fact]
    public void A_coordinate_below_the_smallest_threshold_is_zero_for_l0() =>
        Assert.Equal([1, 2], DiagonalCases.Measure(new L0Norm([1e-50, 1e-60]), DiagonalCases.Data([[1, 1]], 0),
            new([1e-25, 1e-30], [2e-25, 1e-25])));

    /// <summary>
    /// φ = [X'⊙u, X'⊙v] literally, twice as many columns as the probe uses, for weights graded over up to 12 decades; where a
    /// singular value is too near to a threshold for libtorch's absolute accuracy of 1e-15 σ₁, nothing is asked.
    /// </summary>
    [Fact]
    public void The_rank_is_that_of_the_literal_Jacobian()
    {
        NativeLibraries.EnsureLoaded();
        double[] thresholds = [1e-4, 1e-7, 1e-10, 1e-2];
        var asked = 0;
        Gen.Select(Gen.Int[1, 12], Gen.Int[1, 40], Gen.Double[0, 12], Gen.Int[0, 1_000_000]).Sample((d, tests, decades, seed) =>
        {
            var random = new Random(seed);
            var weights = Weights(d, seed);
            for (var j = 0; j < d; j++)
            {
                weights.U[j] *= Math.Pow(10, -decades * random.NextDouble());
                weights.V[j] *= random.Next(3) == 0 ? 0 : Math.Pow(10, -decades * random.NextDouble());
            }
            var x = TestMatrices.Gaussian(tests, d, seed);
            var data = RegressionData.Of(x, [.. new double[tests]], x, [.. new double[tests]]);
            var phi = TestMatrices.From(Math.Min(2 * d, tests), 2 * d, (i, j) => x[i, j % d] * (j < d ? weights.U : weights.V)[j % d]);

            using var scope = torch.NewDisposeScope();
            var native = torch.linalg.svdvals(torch.tensor(phi.AsSpan().ToArray(), [phi.Rows, phi.Columns])).data<double>().ToArray();
            var jacobi = SingularValues.OfJacobi(phi);
            var ranks = DiagonalCases.Measure(JacobianRank.Of(thresholds), data, weights);
            for (var t = 0; t < thresholds.Length; t++)
            {
                if (jacobi.Any(s => Math.Abs(s / jacobi[0] - thresholds[t]) < 1e-6 * thresholds[t] + 1e-14)) continue;
                Interlocked.Increment(ref asked);
                Assert.Equal(native.Count(s => s > thresholds[t] * native[0]), (int)ranks[t]);
                Assert.Equal(jacobi.Count(s => s > thresholds[t] * jacobi[0]), (int)ranks[t]);
            }
        }, iter: 200, threads: 1);
        Assert.InRange(asked, 700, 800);
    }

    [Fact]
    public void The_Hessian_is_the_double_backward_of_autograd()
    {
        NativeLibraries.EnsureLoaded();
        Gen.Int[0, 1_000_000].Sample(seed =>
        {
            var weights = Weights(Data.Dimensions, seed);
            var (expected, eigenvalues) = HessianByAutograd(Data, weights);
            var found = HessianAt(Data, weights).AsSpan();
            var largest = eigenvalues[^1];
            for (var i = 0; i < found.Length; i++) Assert.Equal(expected[i], found[i], 1e-14 * largest);

            var measured = DiagonalCases.Measure(new HessianEigenvalues(eigenvalues.Length), Data, weights);
            // All of them descending, then the smallest again. 1e-10 relative, but for what the rounding of the largest hides.
            for (var i = 0; i < eigenvalues.Length; i++)
                Assert.Equal(eigenvalues[^(i + 1)], measured[i], 1e-10 * Math.Abs(eigenvalues[^(i + 1)]) + 1e-14 * largest);
            Assert.Equal(measured[^2], measured[^1]);
            TestMatrices.Close(largest, measured[0], 1e-10);
        }, iter: 20, threads: 1);
    }

    [Fact]
    public void The_Hessian_of_one_coordinate_is_that_worked_out_by_hand()
    {
        // L = ½(uv − 1)² at (1, 2): L_uu = v² = 4, L_uv = uv + (uv − 1) = 3, L_vv = u² = 1; eigenvalues (5 ± √45)/2.
        var data = DiagonalCases.Data([[1]], 1);
        Assert.Equal([4, 3, 3, 1], HessianAt(data, new([1], [2])).AsSpan().ToArray());
        var measured = DiagonalCases.Measure(new HessianEigenvalues(1), data, new([1], [2]));
        Assert.Equal((5 + Math.Sqrt(45)) / 2, measured[0], 1e-14);
        Assert.Equal((5 - Math.Sqrt(45)) / 2, measured[1], 1e-14);
    }

    private static Matrix HessianAt(RegressionData data, DiagonalWeights weights)
    {
        using var loss = new DiagonalTrainingLoss(data);
        using var curvature = new HostLoss(loss).Curvature(new HostVector<double>([.. weights.U, .. weights.V]));
        return HessianEigenvalues.Matrix(curvature);
    }

    private static (double[] Hessian, double[] Eigenvalues) HessianByAutograd(RegressionData data, DiagonalWeights weights)
    {
        using var scope = torch.NewDisposeScope();
        var (x, y) = (torch.tensor(data.Features.AsSpan().ToArray(), [data.Samples, data.Dimensions]), torch.tensor(data.Labels.ToArray()));
        var w = torch.tensor((double[])[.. weights.U, .. weights.V]).requires_grad_();
        var (u, v) = (w.slice(0, 0, data.Dimensions, 1), w.slice(0, data.Dimensions, 2 * data.Dimensions, 1));
        var loss = (x.matmul(u * v) - y).square().sum() / (2 * data.Samples);
        var gradient = torch.autograd.grad([loss], [w], retain_graph: true, create_graph: true)[0];
        var rows = Enumerable.Range(0, 2 * data.Dimensions).Select(i => torch.autograd.grad([gradient[i]], [w], retain_graph: true)[0]);
        var hessian = torch.stack(rows.ToArray());
        return (hessian.data<double>().ToArray(), torch.linalg.eigvalsh(hessian).data<double>().ToArray());
    }
}
