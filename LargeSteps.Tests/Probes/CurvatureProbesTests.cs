using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Models.Deep;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using static TorchSharp.torch;

namespace LargeSteps.Tests.Probes;

/// <summary>Gauss–Newton products, slopes of samples, third derivatives, and the probes that rest on them.</summary>
public class CurvatureProbesTests
{
    private static readonly RegressionData Data = DatasetFactory.Create(
        DatasetSpec.TeacherStudent(6, 3, [2], biases: false, unitTeacher: false, testSamples: 5));

    private static readonly ModelSpec Smooth = ModelSpec.Custom("smooth",
        _ => nn.Sequential(("a", nn.Linear(3, 4, dtype: float64)), ("b", nn.Tanh()), ("c", nn.Linear(4, 1, dtype: float64))), 3,
        features: (module, x) => ((TorchSharp.Modules.Sequential)module).children().Take(2)
            .Aggregate(x, (a, layer) => ((nn.Module<Tensor, Tensor>)layer).forward(a)));

    private static readonly ModelSpec Wide = ((ReluNetwork)ModelSpec.ReluNetwork([6, 5], Initialisation.Default, seed: 1)) with
    {
        Precision = Precision.Bits64,
    };

    public static TheoryData<string, ModelSpec, Engine> Models => new()
    {
        { "diagonal", ModelSpec.DiagonalLinear(0.4, 0.2), Engine.ClosedForm },
        { "diagonal, autograd", ModelSpec.DiagonalLinear(0.4, 0.2), Engine.Autograd },
        { "relu", Wide, Engine.ClosedForm },
        { "relu, autograd", Wide, Engine.Autograd },
        { "module", Smooth, Engine.Autograd },
    };

    // What a function sees of a run at its initial weights.
    private static void See(ModelSpec model, Engine engine, Action<RunView> look) => Runner.Run(Pipeline.Of(
        DatasetSpec.InMemory(Data), model, Schedule.Constant(0.05), OptimizerSpec.GradientDescent(1), ProbePlan.Of(Cadence.Every(1),
            new CustomProbe("looked", view =>
            {
                if (view.Iteration == 0) look(view);
                return 0;
            }))).WithEngine(engine));

    private static double[] Direction(int count, int seed)
    {
        var direction = new double[count];
        new NumpyRandom((uint)seed).StandardNormal(direction);
        return direction;
    }

    private static double Dot(ParameterVector a, ParameterVector b) => Vectors.Dot(a.Values.AsSpan(), b.Values.AsSpan());

    [Theory]
    [MemberData(nameof(Models))]
    public void Products_slopes_and_third_derivatives_are_those_of_single_samples_and_differences(string name, ModelSpec model,
        Engine engine)
    {
        See(model, engine, view =>
        {
            var (loss, w) = (view.Loss(), view.Weights);
            ParameterVector u, v;
            using (var hessian = loss.Curvature(w))
                (u, v) = (hessian.VectorOf(Direction(w.Count, 1)), hessian.VectorOf(Direction(w.Count, 2)));

            var slopes = loss.Slopes(w, u);
            var gaussNewton = new double[w.Count];
            foreach (var (i, one) in view.SampleLosses().Index())
            {
                var gradient = one.Gradient(w);
                Assert.Equal(Dot(gradient, u), slopes[i], 1e-10);
                // A squared loss c/2·e² has ∇ℓ = c·e·∇f, so that c·∇f∇fᵀ is ∇ℓ∇ℓᵀ/2ℓ.
                var scale = Dot(gradient, u) / (2 * one.Value(w)) / 6;
                for (var j = 0; j < w.Count; j++) gaussNewton[j] += scale * gradient.Values[j];
            }
            using (var matrix = loss.GaussNewton(w))
            {
                Assert.Equal(gaussNewton, matrix.Times(u).Values, (a, b) => Math.Abs(a - b) < 1e-10);
                Assert.Equal(w.Count, matrix.Order);
            }

            var third = Dot(loss.CurvatureGradient(w, u), v);
            double Along(double step)
            {
                var at = w.Zeros();
                at.Set(w);
                at.Add(step, v);
                using var hessian = loss.Curvature(at);
                return Dot(u, hessian.Times(u));
            }
            var difference = (Along(1e-4) - Along(-1e-4)) / 2e-4;
            Assert.True(Math.Abs(third - difference) < 1e-5 * Math.Max(1, Math.Abs(difference)), $"{name}: {third} and {difference}");
            Assert.NotEqual(0, third);
        });
    }

    // A network small enough for its matrices, by central differences of float64 loops; with batch norm and convolutions, whose weights
    // stand in another order in the flat tensor than in a snapshot.
    [Theory]
    [InlineData("fully_connected", ClassLoss.Squared)]
    [InlineData("fully_connected", ClassLoss.CrossEntropy)]
    [InlineData("convolutional", ClassLoss.SquaredFull)]
    public void Of_deep_networks_they_are_those_of_the_whole_matrices(string architecture, ClassLoss loss)
    {
        const double Step = 2e-3;
        var convolves = architecture == "convolutional";
        var model = new DeepNetwork(Architecture.Named(architecture)!) { Loss = loss }
            .WithLayers(new(convolves ? [2, 3] : [3], Activation.Tanh, BatchNorm: convolves ? true : null, Pooling: convolves
                ? Pooling.Average : null));
        var pipeline = TinyDeep.Pipeline(1).WithModel(model);
        Runner.Run(pipeline.WithProbes(ProbePlan.Of(Cadence.Every(1), new CustomProbe("looked", view =>
        {
            if (view.Iteration > 0) return 0;
            var (of, w) = (view.Loss(5), view.Weights);
            ParameterVector[] directions;
            using (var hessian = of.Curvature(w))
            {
                directions = [.. Enumerable.Range(1, 3).Select(seed => hessian.VectorOf(Direction(w.Count, seed)))];
                // Of a vector and of its entries the products are the same.
                Assert.Equal(hessian.VectorOf(Product(hessian, Direction(w.Count, 1))).Values, hessian.Times(directions[0]).Values);
                foreach (var d in directions)
                {
                    d.Scale(1 / d.Norm);
                    var difference = Moved(w, d, Step, of.Gradient).Less(Moved(w, d, -Step, of.Gradient));
                    difference.Scale(0.5 / Step);
                    var found = hessian.Times(d);
                    Assert.InRange(found.Less(difference).Norm / found.Norm, 0, 0.02);
                }
            }
            var gradient = of.Gradient(w);
            foreach (var d in directions)
            {
                Assert.Equal(Dot(gradient, d), of.Slopes(w, d).Average(), 1e-4 * Math.Max(1, gradient.Norm));
                var change = (Curved(w, directions[0], d, Step) - Curved(w, directions[0], d, -Step)) / (2 * Step);
                var third = Dot(of.CurvatureGradient(w, directions[0]), d);
                Assert.InRange(Math.Abs(third - change), 0, 0.02 * Math.Max(Math.Abs(change), 1));
                using var positive = of.GaussNewton(w);
                Assert.True(Dot(d, positive.Times(d)) >= 0);
                Assert.Equal(Dot(directions[0], positive.Times(d)), Dot(d, positive.Times(directions[0])), 1e-4);
            }
            return 0;

            double Curved(ParameterVector at, ParameterVector u, ParameterVector along, double step) => Moved(at, along, step, point =>
            {
                using var hessian = of.Curvature(point);
                return Dot(u, hessian.Times(u));
            });
        }))));

        static double[] Product(ICurvature matrix, double[] vector)
        {
            var product = new double[vector.Length];
            matrix.Times(vector, product);
            return product;
        }

        static T Moved<T>(ParameterVector at, ParameterVector along, double step, Func<ParameterVector, T> of)
        {
            var point = at.Zeros();
            point.Set(at);
            point.Add(step, along);
            return of(point);
        }
    }

    // Of a convolution with batch norm: the entries of a gradient and of a product must stand in one order.
    [Fact]
    public void The_batch_sharpness_of_a_deep_network_is_the_change_of_its_gradient_along_itself()
    {
        var model = new DeepNetwork(Architecture.Convolutional) { Loss = ClassLoss.Squared }
            .WithLayers(new([2, 3], Activation.Tanh, BatchNorm: true, Pooling: Pooling.Average));
        var run = Runner.Run(TinyDeep.Pipeline(1).WithModel(model).WithOptimizer(OptimizerSpec.GradientDescent(1)).WithProbes(
            ProbePlan.Of(Cadence.Every(1), new BatchSharpness(), new CustomProbe("along", view =>
            {
                var (loss, at) = (view.Loss(), view.Weights);
                var gradient = loss.Gradient(at);
                ParameterVector At(double step)
                {
                    var point = at.Zeros();
                    point.Set(at);
                    point.Add(step / gradient.Norm, gradient);
                    return loss.Gradient(point);
                }
                return Dot(At(3e-3).Less(At(-3e-3)), gradient) / (6e-3 * gradient.Norm);
            }))));
        Assert.Equal(run.Values("along")[0], run.Values("batch_sharpness")[0], 0.01 * Math.Abs(run.Values("along")[0]));
    }

    [Fact]
    public void The_Gauss_Newton_matrix_of_a_linear_network_is_its_Hessian()
    {
        var model = new DeepNetwork(Architecture.FullyConnected) { Loss = ClassLoss.Squared }.WithLayers(new([], Activation.Identity));
        var run = Runner.Run(TinyDeep.Pipeline(1).WithModel(model).WithProbes(ProbePlan.Of(Cadence.Every(1),
            new Sharpness(Samples: 20, Tolerance: 1e-5), new GaussNewtonSharpness(Samples: 20, Tolerance: 1e-5))));
        Assert.Equal(run.Values("sharpness")[0], run.Values("gauss_newton_sharpness")[0], 1e-3);
    }

    [Fact]
    public void Variants_of_the_batch_sharpness_are_of_the_same_batches()
    {
        var optimizer = OptimizerSpec.Sgd(4, batchSize: 2, sampling: Sampling.WithoutReplacement).WithRule(
            UpdateRule.Plain.WithMomentum(0.5));
        var linear = ModelSpec.Custom("linear", _ => nn.Linear(3, 1, hasBias: false, dtype: float64), 7);
        var run = Runner.Run(Pipeline.Of(DatasetSpec.InMemory(Data), linear, Schedule.Constant(0.05), optimizer, ProbePlan.Of(
            Cadence.Every(1), new BatchSharpness(1e-9, 300, [BatchSharpnessVariant.Ratio, BatchSharpnessVariant.GaussNewton,
                BatchSharpnessVariant.Momentum, BatchSharpnessVariant.Largest])).WithSnapshots(SnapshotSpec.All)));
        for (var k = 0; k < 4; k++)
        {
            double[] w = [.. run.Snapshots[k].Weights];
            double[] v = k == 0 ? new double[3] : [.. run.Snapshots[k - 1].Weights.Zip(w, (a, b) => (a - b) / 0.05)];
            var (along, squares, ofStep, largest) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
            foreach (var (i, j) in Enumerable.Range(0, 6).SelectMany(i => Enumerable.Range(0, i).Select(j => (i, j))))
            {
                var (g, h) = (new double[3], new double[9]);
                foreach (var x in new[] { i, j })
                {
                    var row = Data.Features.Row(x);
                    for (var a = 0; a < 3; a++)
                    {
                        g[a] += (Vectors.Dot(w, row) - Data.Labels[x]) * row[a];
                        for (var b = 0; b < 3; b++) h[3 * a + b] += row[a] * row[b];
                    }
                }
                double[] s = [.. g.Zip(v, (a, b) => a + 0.5 * b)];
                double Of(double[] d) => Enumerable.Range(0, 9).Sum(ab => h[ab] * d[ab / 3] * d[ab % 3]);
                along.Add(Of(g) / Vectors.Dot(g, g));
                squares.Add(Vectors.Dot(g, g));
                ofStep.Add(Of(s) / Vectors.Dot(s, g));
                largest.Add(SymmetricEigen.ValuesOf(new Matrix(3, 3, h))[^1]);
            }
            Near(along.Zip(squares, (a, q) => a * q).Average() / squares.Average(), "ratio", 0.05);
            Near(largest.Average(), "largest", 0.05);
            Assert.Equal(run.Values("batch_sharpness")[k], run.Values("batch_sharpness_gauss_newton")[k], 1e-10);
            // Where sᵀg is nearly zero the mean is that of few batches: the median of the ratios is not what is measured.
            if (ofStep.Max(Math.Abs) < 20) Near(ofStep.Average(), "momentum", 0.2);

            void Near(double exact, string variant, double part) =>
                Assert.InRange(run.Values($"batch_sharpness_{variant}")[k], exact - part * Math.Abs(exact), exact + part * Math.Abs(exact));
        }
        Assert.Equal("batch_sharpness.variants: the variant momentum looks along the step of Polyak's momentum: " +
            "optimizer: { momentum: 0.9 }",
            Assert.Single(PipelineChecks.Problems(Pipeline.Of(DatasetSpec.InMemory(Data), linear, Schedule.Constant(0.05),
                OptimizerSpec.Sgd(3), ProbePlan.Of(Cadence.Every(1), new BatchSharpness(Variants: [BatchSharpnessVariant.Momentum])))),
                problem => problem.Path.EndsWith("variants", StringComparison.Ordinal)) is var told
                ? $"{told.Path[(told.Path.IndexOf(']', StringComparison.Ordinal) + 2)..]}: {told.Message}" : "");
    }

    // η*: beyond it the mean square of a step's deviation grows, by the whole matrix E[(I − ηH_b)⊗(I − ηH_b)].
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    [InlineData(5, false)]
    public void At_the_stability_threshold_the_spectral_radius_is_one(int batch, bool replacement)
    {
        double[][] h = [.. Enumerable.Range(0, 5).Select(i => Direction(3, i + 10))];
        var p = replacement ? 1.0 / batch : (5.0 - batch) / (batch * 4.0);
        var rate = StabilityThreshold.Of(h, p, new Lanczos(300));
        Assert.Equal(1, Radius(rate), 1e-6);
        Assert.True(Radius(1.01 * rate) > 1.001);

        double Radius(double eta)
        {
            var mean = new double[81];
            double[][] parts = [.. Batches().Select(rows => OneStep(rows, eta))];
            foreach (var a in parts)
            {
                for (var r = 0; r < 9; r++)
                    for (var c = 0; c < 9; c++) mean[9 * r + c] += a[3 * (r / 3) + c / 3] * a[3 * (r % 3) + c % 3] / parts.Length;
            }

            return SymmetricEigen.ValuesOf(new Matrix(9, 9, mean)).Max(Math.Abs);
        }

        double[] OneStep(int[] rows, double eta)
        {
            var a = new double[9];
            for (var j = 0; j < 3; j++) a[4 * j] = 1;
            foreach (var i in rows)
                for (var jk = 0; jk < 9; jk++) a[jk] -= eta / rows.Length * h[i][jk / 3] * h[i][jk % 3];
            return a;
        }

        IEnumerable<int[]> Batches() => replacement
            ? Enumerable.Range(0, 25).Select(ij => (int[])[ij / 5, ij % 5])
            : Enumerable.Range(0, 32).Where(mask => int.PopCount(mask) == batch)
                .Select(mask => Enumerable.Range(0, 5).Where(i => (mask >> i & 1) == 1).ToArray());
    }

    [Fact]
    public void Of_gradient_descent_the_threshold_is_that_of_the_Gauss_Newton_matrix()
    {
        foreach (var model in (ModelSpec[])[ModelSpec.DiagonalLinear(0.4, 0.2), ModelSpec.ReluNetwork([4], Initialisation.Default), Smooth])
        {
            var run = Runner.Run(Pipeline.Of(DatasetSpec.InMemory(Data), model, Schedule.Constant(0.01), OptimizerSpec.GradientDescent(2),
                ProbePlan.Of(Cadence.Every(1), new StabilityThreshold(), new GaussNewtonSharpness())));
            for (var k = 0; k < 2; k++)
                Assert.Equal(2 / run.Values("gauss_newton_sharpness")[k], run.Values("stability_threshold")[k], 1e-4);
        }
    }

    [Fact]
    public void The_gap_and_its_terms_are_those_of_the_eigenvector()
    {
        var optimizer = OptimizerSpec.Sgd(3, batchSize: 2, sampling: Sampling.WithoutReplacement);
        var run = Runner.Run(Pipeline.Of(DatasetSpec.InMemory(Data), ModelSpec.DiagonalLinear(0.4, 0.2), Schedule.Constant(0.05), optimizer,
            ProbePlan.Of(Cadence.Every(1), new SharpnessGap(Tolerance: 1e-10), new Sharpness(Tolerance: 1e-12),
                new GradientNoise(Eigenvectors: 2), new CustomProbe("rises", view =>
                {
                    // λ₁ a little way down the gradient, and a little up.
                    var (at, loss) = (view.Weights, view.Loss());
                    double Lambda(double step)
                    {
                        var point = at.Zeros();
                        point.Set(at);
                        point.Add(step, loss.Gradient(at));
                        using var hessian = loss.Curvature(point);
                        return new Lanczos(100).Largest(hessian.Order, hessian.Times, 1e-13).Value;
                    }
                    return (Lambda(-1e-5) - Lambda(1e-5)) / 2e-5;
                }), new CustomProbe("steepness", view =>
                {
                    // ‖∇λ₁‖², coordinate by coordinate.
                    double[] at = [.. view.Weights.Values];
                    return Enumerable.Range(0, at.Length).Sum(j => Math.Pow((Lambda(j, 1e-5) - Lambda(j, -1e-5)) / 2e-5, 2));

                    double Lambda(int j, double step)
                    {
                        double[] moved = [.. at];
                        moved[j] += step;
                        using var hessian = view.Loss().Curvature(new HostVector<double>(moved));
                        return new Lanczos(100).Largest(hessian.Order, hessian.Times, 1e-13).Value;
                    }
                }), new CustomProbe("spread", view =>
                {
                    // The variance of gᵀu over all batches of two.
                    ParameterVector u;
                    using (var hessian = view.Loss().Curvature(view.Weights))
                        u = hessian.VectorOf(new Lanczos(100).Eigenvectors(hessian.Order, hessian.Times, new double[1], 1e-12)[0]);
                    double[] values = [.. Enumerable.Range(0, 6).SelectMany(i => Enumerable.Range(0, i).Select(j => view.OnBatch([i, j],
                        batch => Dot(batch.Gradient(view.Weights), u))))];
                    return values.Average(v => Math.Pow(v - values.Average(), 2));
                }))));
        for (var k = 0; k < 3; k++)
        {
            double Of(string column) => run.Values(column)[k];
            Assert.Equal(2 / 0.05 - Of("sharpness"), Of("sharpness_gap"), 1e-8);
            Assert.Equal(Of("rises"), Of("sharpness_gap_alpha"), 1e-4 * Math.Abs(Of("rises")) + 1e-6);
            Assert.Equal(Of("steepness"), Of("sharpness_gap_beta"), 1e-4 * Of("steepness"));
            Assert.Equal(Of("spread"), Of("sharpness_gap_noise"), 1e-6 * Of("spread"));
            Assert.Equal(Of("gradient_noise_1"), Of("sharpness_gap_noise"), 1e-4 * Of("gradient_noise_1"));
            Assert.Equal(0.05 * Of("sharpness_gap_beta") * Of("sharpness_gap_noise") / (4 * Of("sharpness_gap_alpha")),
                Of("sharpness_gap_predicted"), 1e-9 * Math.Abs(Of("sharpness_gap_predicted")));
        }
    }

    [Fact]
    public void A_Hessian_that_is_the_same_everywhere_has_no_third_derivative()
    {
        var linear = ModelSpec.Custom("linear", _ => nn.Linear(3, 1, hasBias: false, dtype: float64), 7);
        See(linear, Engine.Autograd, view => Assert.Equal(0, view.Loss().CurvatureGradient(view.Weights, view.Weights).Norm));
    }

    [Fact]
    public void What_is_known_of_plain_steps_is_not_measured_of_others()
    {
        foreach (var probe in (Probe[])[new SharpnessGap(), new StabilityThreshold()])
        {
            foreach (var rule in (UpdateRule[])[UpdateRule.Plain.WithMomentum(0.9), UpdateRule.Plain.WithLayerRates(5, 0.1)])
            {
                var problem = Assert.Single(PipelineChecks.Problems(Pipeline.Of(DatasetSpec.InMemory(Data), ModelSpec.DiagonalLinear(),
                    Schedule.Constant(0.05), OptimizerSpec.Sgd(3).WithRule(rule), ProbePlan.Of(Cadence.Every(1), probe))));
                Assert.Equal($"{probe.Key} is that of plain steps w − ηg: without momentum, Adam, SAM, layer_rates and the like",
                    problem.Message);
            }
        }
    }

    // dw/dt = −∇L: of a quadratic, w(t) = w* + exp(−Ht)(w₀ − w*), whatever the model's other stages.
    [Fact]
    public void The_flow_of_a_quadratic_is_its_exponential()
    {
        var linear = ModelSpec.Custom("linear", _ => nn.Linear(3, 1, hasBias: false, dtype: float64), 7);
        var run = Runner.Run(Pipeline.Of(DatasetSpec.InMemory(Data), linear, Schedule.Constant(0.7), OptimizerSpec.GradientFlow(5, 0.01),
            ProbePlan.Of(Cadence.Every(1), new Losses()).WithSnapshots(SnapshotSpec.All)));
        var (h, b) = (new double[9], new double[3]);
        for (var i = 0; i < 6; i++)
        {
            var x = Data.Features.Row(i);
            for (var j = 0; j < 3; j++)
            {
                b[j] += x[j] * Data.Labels[i] / 3;
                for (var k = 0; k < 3; k++) h[3 * j + k] += x[j] * x[k] / 3;
            }
        }
        var eigen = SmallEigen.Of(new Matrix(3, 3, h));
        for (var step = 0; step <= 4; step++)
        {
            var (start, found) = (run.Snapshots[0].Weights, run.Snapshots[step].Weights);
            for (var k = 0; k < 3; k++)
            {
                var v = eigen.Vectors.Row(k).ToArray();
                var rest = Vectors.Dot(v, b) / eigen.Values[k];
                Assert.Equal(rest + Math.Exp(-eigen.Values[k] * 0.7 * step) * (Vectors.Dot(v, [.. start]) - rest),
                    Vectors.Dot(v, [.. found]), 1e-9);
            }
        }
        // Every model has one: the loss falls all the way.
        foreach (var model in (ModelSpec[])[ModelSpec.DiagonalLinear(0.4, 0.2), Wide, Smooth])
        {
            var losses = Runner.Run(Pipeline.Of(DatasetSpec.InMemory(Data), model, Schedule.Constant(0.5), OptimizerSpec.GradientFlow(6),
                ProbePlan.Of(Cadence.Every(1), new Losses()))).Values("train_loss");
            for (var k = 1; k < losses.Count; k++) Assert.True(losses[k] < losses[k - 1]);
        }
        Assert.Equal("gradient_flow is that of the full gradient, with no other rule", Assert.Single(PipelineChecks.Problems(
            Pipeline.Of(DatasetSpec.InMemory(Data), linear, Schedule.Constant(0.7), OptimizerSpec.GradientFlow(4).WithRule(
                UpdateRule.Plain.WithFlow(new()).WithMomentum(0.9)), ProbePlan.Of(Cadence.Every(1), new Losses())))).Message);
    }

    [Fact]
    public void A_flow_that_would_take_for_ever_is_told()
    {
        var linear = ModelSpec.Custom("linear", _ => nn.Linear(3, 1, hasBias: false, dtype: float64), 7);
        var result = Assert.Single(ExperimentRunner.Run(LargeSteps.Pipelines.Experiment.Of("flow", Pipeline.Of(DatasetSpec.InMemory(Data),
            linear, Schedule.Constant(1e9), OptimizerSpec.GradientFlow(2, 0.5), ProbePlan.Of(Cadence.Every(1), new Losses()))))).Result;
        Assert.StartsWith("at iteration 0: a step of gradient_flow over a time of 1000000000 has ", Assert.IsType<FailedRun>(result.End).Message,
            StringComparison.Ordinal);
    }

    // x xᵀ of the activations themselves; of deep networks of the activations less their means.
    [Fact]
    public void Products_of_features_are_those_of_the_activations()
    {
        static void Same(Matrix found, Func<int, double[]> features, double tolerance)
        {
            for (var i = 0; i < found.Rows; i++)
                for (var j = 0; j < found.Rows; j++) Assert.Equal(Vectors.Dot(features(i), features(j)), found[i, j], tolerance);
        }
        See(Wide, Engine.ClosedForm, view =>
        {
            foreach (var (layer, found) in view.Features!.Products(4).Index())
            {
                Assert.Equal(4, found.Rows);
                Same(found, i => [.. Enumerable.Range(0, layer == 0 ? 6 : 5).Select(unit =>
                    view.HiddenLayers!.OnTraining(layer + 1).Unit(unit)[i])], 1e-12);
            }
        });
        See(Smooth, Engine.Autograd, view =>
        {
            var w = view.Weights.Values.AsSpan().ToArray();
            Same(Assert.Single(view.Features!.Products(5)), i => [.. Enumerable.Range(0, 4).Select(unit =>
                Math.Tanh(Vectors.Dot(w.AsSpan(3 * unit, 3), Data.Features.Row(i)) + w[12 + unit]))], 1e-12);
        });
        var model = new DeepNetwork(Architecture.FullyConnected).WithLayers(new([3], Activation.Identity));
        var images = LargeSteps.Datasets.Images.ImageStore.Load(TinyDeep.Images.Source, null, TinyDeep.Options).OrThrow().Train;
        Runner.Run(TinyDeep.Pipeline(1).WithModel(model).WithProbes(ProbePlan.Of(Cadence.Every(1), new CustomProbe("looked", view =>
        {
            if (view.Iteration > 0) return 0;
            var (w, length) = (view.Weights.Values.AsSpan().ToArray(), images.Shape.Length);
            double[][] features = [.. Enumerable.Range(0, 5).Select(i => Enumerable.Range(0, 3).Select(unit => w[3 * length + unit]
                + Enumerable.Range(0, length).Sum(p => w[unit * length + p] * (images.Values.Count > 0
                    ? images.Values[i * length + p] : images.Bytes[i * length + p] / 255.0))).ToArray())];
            double[] means = [.. Enumerable.Range(0, 3).Select(unit => features.Average(f => f[unit]))];
            Same(Assert.Single(view.Features!.Products(5)), i => [.. features[i].Zip(means, (f, mean) => f - mean)], 1e-4);
            return 0;
        }))));
    }

    [Fact]
    public void The_rank_of_features_is_the_number_of_components_with_the_variance()
    {
        // Columns of variances 90, 9.5, 0.4 and 0.1, and a mean that is not counted.
        double[] deviations = [Math.Sqrt(90), Math.Sqrt(9.5), Math.Sqrt(0.4), Math.Sqrt(0.1)];
        var features = new double[8, 4];
        for (var i = 0; i < 8; i++)
        {
            for (var j = 0; j < 4; j++)
                features[i, j] = 100 + deviations[j] * (((i >> (j % 3)) & 1) == 0 ^ (j == 3 && (i & 2) == 0) ? 1 : -1);
        }

        var products = new double[64];
        for (var i = 0; i < 64; i++)
            for (var j = 0; j < 4; j++) products[i] += features[i / 8, j] * features[i % 8, j];
        var matrix = new Matrix(8, 8, products);
        Assert.Equal([1, 2, 2, 3, 4], ((double[])[0.89, 0.91, 0.99, 0.998, 0.9999]).Select(part => (int)FeatureRank.Of(matrix, part)));
        foreach (var model in (ModelSpec[])[ModelSpec.ReluNetwork([4, 3], Initialisation.Default), Smooth])
        {
            var run = Runner.Run(Pipeline.Of(DatasetSpec.InMemory(Data), model, Schedule.Constant(0.01), OptimizerSpec.GradientDescent(2),
                ProbePlan.Of(Cadence.Every(1), new FeatureRank())));
            Assert.All(run.Metrics, column => Assert.InRange(run.Values(column)[0], 0, 4));
        }
        var deep = Runner.Run(TinyDeep.Pipeline(1).WithProbes(ProbePlan.Of(Cadence.Every(1), new FeatureRank(Samples: 10))));
        Assert.All(deep.Metrics, column => Assert.InRange(deep.Values(column)[0], 1, 9));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(30)]
    public void Small_matrices_are_taken_apart_into_orthogonal_vectors(int n)
    {
        var values = Direction(n * n, n);
        for (var i = 0; i < n; i++)
            for (var j = 0; j < i; j++) values[i * n + j] = values[j * n + i];
        var matrix = new Matrix(n, n, values);
        var eigen = SmallEigen.Of(matrix);
        Assert.Equal(SymmetricEigen.ValuesOf(matrix).Reverse(), eigen.Values, (a, b) => Math.Abs(a - b) < 1e-12 * n);
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
                Assert.Equal(i == j ? 1 : 0, Vectors.Dot(eigen.Vectors.Row(i), eigen.Vectors.Row(j)), 1e-12);
            for (var j = 0; j < n; j++)
                Assert.Equal(eigen.Values[i] * eigen.Vectors[i, j], Vectors.Dot(matrix.Row(j), eigen.Vectors.Row(i)), 1e-11);
        }
    }
}
