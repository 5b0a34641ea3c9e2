using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LargeSteps.Models.Deep;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Training.Deep;
using LargeSteps.Values;
using static TorchSharp.torch;
using Architecture = LargeSteps.Models.Deep.Architecture;

namespace LargeSteps.Benchmarks;

/// <summary>
/// Training steps of resnet18_plain (momentum, L2, averaged weights) beside their own forward and backward pass, beside the same steps in
/// PyTorch, and the sparsity probe beside the way of five passes and deletions. All in turn in one run, so that all see the same machine.
/// Needs python3 with torch.
/// </summary>
internal static class DeepComparison
{
    private static readonly UpdateRule Rule = new(Momentum: 0.9, WeightDecay: 5e-4, Averaging: 0.999);

    /// <summary>Times steps: <paramref name="rounds"/> times one step of each kind, in turn.</summary>
    public static int Steps(int[] widths, int batch, int rounds, bool bfloat16, int threads = 2)
    {
        NativeLibraries.EnsureLoaded();
        set_num_threads(threads);
        foreach (var width in widths)
        {
            (string Name, DeepPrecision Precision, bool ChannelsLast)[] kinds =
            [
                ("float32", DeepPrecision.Float32, false), ("channels-last", DeepPrecision.Float32, true),
                .. bfloat16 ? [("bfloat16, channels-last", DeepPrecision.BFloat16, true)] : Array.Empty<(string, DeepPrecision, bool)>(),
            ];
            var contenders = kinds.Select(kind => new Contender(kind.Name, width, batch, kind.Precision, kind.ChannelsLast)).ToArray();
            using var python = Script($"{width} {batch} {threads}");
            var (bare, whole, theirs) = (new List<double>[kinds.Length], new List<double>[kinds.Length], new List<double>());
            for (var round = -1; round < rounds; round++)
            {
                var seconds = Ask(python, 1)[0];
                if (round >= 0) theirs.Add(seconds);
                for (var i = 0; i < contenders.Length; i++)
                {
                    var (b, w) = (contenders[i].ForwardAndBackward(), contenders[i].Step());
                    if (round < 0) continue;
                    (bare[i] ??= []).Add(b);
                    (whole[i] ??= []).Add(w);
                }
            }
            python.StandardInput.Close();
            python.WaitForExit();
            Console.WriteLine(FormattableString.Invariant(
                $"width {width}, batch {batch}, {threads} threads, medians (best) of {rounds}, seconds"));
            Console.WriteLine(FormattableString.Invariant($"  {"PyTorch step, float32",-34} {Median(theirs):F4} ({theirs.Min():F4})"));
            for (var i = 0; i < contenders.Length; i++)
            {
                var ratio = Median(theirs.Zip(whole[i], (t, w) => t / w));
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"  {contenders[i].Name,-34} {Median(whole[i]):F4} ({whole[i].Min():F4})  forward and backward " +
                    $"{Median(bare[i]):F4} ({bare[i].Min():F4})  PyTorch / ours {ratio:F2}"));
                contenders[i].Dispose();
            }
        }
        return 0;
    }

    /// <summary>
    /// Times the convolutions of ResNet-18 of these widths, forward and both derivatives, in turn: libtorch's with oneDNN and without, and
    /// ours, and tells how far each is from float64.
    /// </summary>
    public static int Convolutions(int[] widths, int batch, int rounds, int threads = 2)
    {
        NativeLibraries.EnsureLoaded();
        set_num_threads(threads);
        foreach (var width in widths)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"width {width}, batch {batch}, {threads} threads: medians of {rounds}, milliseconds of the outputs + " +
                $"those of the derivatives; errors of outputs, derivatives by inputs and by kernels, in parts of their " +
                $"norm"));
            Shape[] shapes =
            [
                new(3, width, 3, 1, 32),
                .. Enumerable.Range(0, 4).Select(stage => new Shape(width << stage, width << stage, 3, 1, 32 >> stage)),
                .. Enumerable.Range(0, 3).SelectMany(stage => (int[])[3, 1], (stage, kernel) =>
                    new Shape(width << stage, width << (stage + 1), kernel, 2, 32 >> stage)),
            ];
            foreach (var shape in shapes) Convolution(shape, batch, rounds);
        }
        return 0;
    }

    private static void Convolution(Shape shape, int batch, int rounds)
    {
        using var scope = NewDisposeScope();
        Tensor Normal(int images, int height, int width, int channels) => randn(images, height, width, channels).permute(0, 3, 1, 2);
        var plan = new ConvolutionPlan(shape.Kernel, shape.Stride, shape.Side, shape.Side, Winograd: false);
        // Images of a dataset have no derivative.
        var (x, w, dy) = (Normal(batch, shape.Side, shape.Side, shape.From).requires_grad_(shape.From > 3),
            Normal(shape.To, shape.Kernel, shape.Kernel, shape.From).requires_grad_(), Normal(batch, plan.Rows, plan.Columns, shape.To));
        // As networks have it made: oneDNN's own strided 1 × 1 writes past its workspace.
        Tensor Libtorch(Tensor x, Tensor w) => shape.Kernel > 1
            ? nn.functional.conv2d(x, w, null, [shape.Stride, shape.Stride], [plan.Padding, plan.Padding])
            : nn.functional.conv2d(x.slice(2, 0, long.MaxValue, shape.Stride).slice(3, 0, long.MaxValue, shape.Stride), w);
        (string Name, bool OneDnn, Func<Tensor, Tensor, Tensor> Way)[] ways =
        [
            ("oneDNN", true, Libtorch), ("libtorch without", false, Libtorch),
            ("direct", true, (x, w) => ConvolutionFunction.Apply(x, w, plan, new())),
            .. ConvolutionPlan.SuitsWinograd(shape.Kernel, shape.Stride, shape.From, shape.To)
                ? [("Winograd", true, (x, w) => ConvolutionFunction.Apply(x, w, plan with { Winograd = true }, new()))]
                : Array.Empty<(string, bool, Func<Tensor, Tensor, Tensor>)>(),
        ];
        var exact = Pass(Libtorch, x.to(ScalarType.Float64).detach().requires_grad_(x.requires_grad),
            w.to(ScalarType.Float64).detach().requires_grad_(), dy.to(ScalarType.Float64)).Values;
        var (forward, backward) = (ways.Select(_ => new List<double>()).ToArray(), ways.Select(_ => new List<double>()).ToArray());
        var errors = new string[ways.Length];
        var switches = OneDnn.Switches.Of(NativeLibraries.FileName("torch_cpu"))
            ?? throw new NotSupportedException("libtorch cannot be told to do without oneDNN here");
        // It would take places of oneDNN's.
        switches.Nnpack(false);
        for (var round = -1; round < rounds; round++)
        {
            for (var i = 0; i < ways.Length; i++)
            {
                using var inner = NewDisposeScope();
                switches.OneDnn(ways[i].OneDnn);
                var (found, there, back) = Pass(ways[i].Way, x, w, dy);
                if (round < 0)
                {
                    errors[i] = string.Join(", ", exact.Zip(found, (e, f) =>
                        ((f - e).norm() / e.norm()).item<double>().ToString("G2", CultureInfo.InvariantCulture)));
                }
                else
                {
                    forward[i].Add(1e3 * there);
                    backward[i].Add(1e3 * back);
                }
            }
        }
        switches.OneDnn(!OneDnn.IsOff);
        switches.Nnpack(!OneDnn.IsOff);
        var (kernels, pixels) = ((double)shape.Kernel * shape.Kernel * shape.From * shape.To, (double)batch * plan.Rows * plan.Columns);
        // A multiplication and an addition for each number of a kernel and pixel, twice or three times.
        var work = 2 * kernels * pixels * (x.requires_grad ? 3 : 2);
        Console.WriteLine($"  {shape}: " + string.Join("; ", ways.Select((way, i) =>
        {
            var total = forward[i].Zip(backward[i], (f, b) => f + b).ToList();
            return FormattableString.Invariant(
                $"{way.Name} {Median(forward[i]):F1} + {Median(backward[i]):F1} ({1e-6 * work / Median(total):F0} GFLOP/s, {errors[i]})");
        })));

        static (Tensor[] Values, double Forward, double Backward) Pass(Func<Tensor, Tensor, Tensor> way, Tensor x, Tensor w, Tensor dy)
        {
            var watch = Stopwatch.StartNew();
            var y = way(x, w);
            var forward = watch.Elapsed.TotalSeconds;
            watch.Restart();
            var gradients = autograd.grad([y], x.requires_grad ? [x, w] : [w], [dy]);
            return ([y.detach(), .. gradients], forward, watch.Elapsed.TotalSeconds);
        }
    }

    private sealed record Shape(int From, int To, int Kernel, int Stride, int Side)
    {
        public override string ToString() =>
            FormattableString.Invariant($"{From} to {To} channels, {Kernel} × {Kernel}, stride {Stride}, {Side} × {Side}");
    }

    /// <summary>How far batch norm and its derivatives are from float64: libtorch's in two layouts, and ours.</summary>
    public static int Norms(int batch = 128, int threads = 2)
    {
        NativeLibraries.EnsureLoaded();
        set_num_threads(threads);
        foreach (var (channels, side) in ((int, int)[])[(8, 32), (16, 32), (64, 8), (64, 32), (512, 4)])
        {
            using var scope = NewDisposeScope();
            random.manual_seed(0);
            // What a convolution of positive numbers gives: a mean that is no 0.
            Tensor Images() => randn(batch, side, side, channels).permute(0, 3, 1, 2);
            var (x, dy, scale, shift) = (Images().add(0.5), Images(), ones(channels), zeros(channels));
            Tensor Libtorch(Tensor x, Tensor scale, Tensor shift) => nn.functional.batch_norm(x, zeros(channels, x.dtype),
                ones(channels, x.dtype), scale, shift, true, 0.1, NetworkBuilder.NormEpsilon);
            Tensor[] Of(Func<Tensor, Tensor, Tensor, Tensor> norm, Func<Tensor, Tensor> kind)
            {
                Tensor[] at = [.. new[] { kind(x), kind(scale), kind(shift) }.Select(t => t.detach().requires_grad_())];
                var y = norm(at[0], at[1], at[2]);
                return [y.detach(), .. autograd.grad([y], at, [kind(dy)])];
            }
            var exact = Of(Libtorch, t => t.to(ScalarType.Float64).contiguous());
            string Errors(Tensor[] found) => string.Join(", ", exact.Zip(found, (e, f) =>
                ((f.to(ScalarType.Float64) - e).norm() / e.norm()).item<double>().ToString("E1", CultureInfo.InvariantCulture)));
            Console.WriteLine($"{channels} channels, {side} × {side}: of outputs, derivatives by inputs, scales and shifts, in parts of " +
                $"their norm: libtorch {Errors(Of(Libtorch, t => t.contiguous()))}; channels-last {Errors(Of(Libtorch, t => t))}; ours " +
                Errors(Of((x, scale, shift) => ChannelNormFunction.Apply(x, scale, shift, zeros(channels), ones(channels), 0.1, new()),
                    t => t)) + "; for second derivatives " +
                Errors(Of((x, scale, shift) => BatchNormFunction.Apply(x, scale, shift, new()), t => t)));
        }
        return 0;
    }

    /// <summary>Times our convolutions by vectors of 256 and of 512 bits, forward and both derivatives, in turn.</summary>
    public static unsafe int Widths(int[] widths, int batch, int rounds, int threads = 2)
    {
        NativeLibraries.EnsureLoaded();
        foreach (var (channels, side) in widths.SelectMany(width =>
            Enumerable.Range(0, 4).Select(stage => (Channels: width << stage, Side: 32 >> stage))))
        {
            using var x = new Workspace<Float32Element>((long)batch * side * side * channels);
            using var y = new Workspace<Float32Element>((long)batch * side * side * channels);
            using var w = new Workspace<Float32Element>(9L * channels * channels);
            foreach (var each in (Workspace<Float32Element>[])[x, y, w]) each.Clear();
            var seconds = new[] { new List<double>(), new List<double>() };
            for (var round = -1; round < rounds; round++)
            {
                foreach (var wide in (bool[])[false, true])
                {
                    var convolution = new WinogradConvolution<Float32Element>(batch, side, side, threads, wide);
                    var watch = Stopwatch.StartNew();
                    convolution.Forward(x.Data, channels, w.Data, channels, y.Data);
                    convolution.InputGradient(y.Data, channels, w.Data, channels, x.Data);
                    convolution.WeightGradient(x.Data, channels, y.Data, channels, w.Data);
                    if (round >= 0) seconds[wide ? 1 : 0].Add(watch.Elapsed.TotalSeconds);
                }
            }
            // Of two numbers a multiplication and an addition each: nine for each pair of channels of a pixel, three times.
            var work = 3 * 2.0 * 9 * channels * channels * batch * side * side;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{channels} channels, {side} × {side}, batch {batch}: 256 bits {1e3 * Median(seconds[0]):F1} ms, 512 " +
                $"bits {1e3 * Median(seconds[1]):F1} ms, ratio " +
                $"{Median(seconds[1].Zip(seconds[0], (a, b) => a / b)):F2}; {1e-9 * work / Median(seconds[0]):F0} and " +
                $"{1e-9 * work / Median(seconds[1]):F0} GFLOP/s of a direct convolution"));
        }
        return 0;
    }

    /// <summary>
    /// How far gradients of whole networks are from those that PyTorch makes in float64, at initial weights and after some steps: PyTorch's
    /// and libtorch's in two layouts, and ours.
    /// </summary>
    public static int Gradients(int[] widths, int batch, int steps, int batches = 7)
    {
        NativeLibraries.EnsureLoaded();
        set_num_threads(2);
        foreach (var width in widths)
        {
            foreach (var made in (int[])[0, steps])
            {
                using var scope = NewDisposeScope();
                random.manual_seed(0);
                using var usual = new FlatNetwork(Architecture.ResNet18Plain, new(3, 32, 32), 10, width);
                using var first = usual.Initial(0);
                using var engine = new DeepEngine(usual, first, Rule, CPU);
                for (var k = 0; k < made; k++)
                {
                    using var inner = NewDisposeScope();
                    var (some, of) = Blobs(batch);
                    engine.Step(new DeepBatch(some, of), 0.05);
                }
                var weights = usual.ToVector(engine.Weights);
                // A ReLU that is on in one and off in the other counts more than all roundings, and is there in few batches.
                var errors = new List<double[]>();
                for (var k = 0; k < batches; k++)
                {
                    using var inner = NewDisposeScope();
                    var (images, labels) = Blobs(batch);
                    var (exact, theirs) = Exact(usual, weights, images, labels, width);
                    double Error(bool channelsLast, Models.Deep.Convolutions ways)
                    {
                        using var network = new FlatNetwork(Architecture.ResNet18Plain, new(3, 32, 32), 10, width,
                            channelsLast: channelsLast, convolutions: ways);
                        using var statistics = network.NewStatistics(CPU);
                        var at = network.FromVector(weights.AsSpan(), CPU).requires_grad_();
                        var gradient = network.ToVector(autograd.grad([network.Loss(at, statistics, images, labels, training: true)],
                            [at])[0]);
                        return Norm(exact.Zip(gradient, (a, b) => a - b)) / Norm(exact);
                    }
                    errors.Add([.. theirs, Error(false, Models.Deep.Convolutions.Direct), Error(true, Models.Deep.Convolutions.Direct),
                        Error(true, Models.Deep.Convolutions.Winograd)]);
                }
                string[] names = ["PyTorch", "channels-last", "libtorch", "channels-last, direct", "Winograd"];
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"width {width}, batch {batch}, {made} steps: from " +
                    $"float64, in parts of the norm, median (largest) of {batches}: ")
                    + string.Join("; ", names.Select((name, i) => FormattableString.Invariant(
                        $"{name} {Median([.. errors.Select(error => error[i])]):E1} ({errors.Max(error => error[i]):E1})"))));
            }
        }
        return 0;

        static double Norm(IEnumerable<double> values) => Math.Sqrt(values.Sum(value => value * value));

        // Ten colours with noise, which can be told apart.
        static (Tensor Images, Tensor Labels) Blobs(int count)
        {
            var labels = randint(10, [count]);
            return (randn(count, 3, 32, 32).mul(0.5).add(labels.to_type(ScalarType.Float32).sub(4.5).mul(0.1).view(-1, 1, 1, 1)), labels);
        }
    }

    private static (double[] Exact, double[] Theirs) Exact(FlatNetwork network, Items<double> weights, Tensor images, Tensor labels,
        int width)
    {
        var folder = Directory.CreateTempSubdirectory("largesteps-").FullName;
        try
        {
            using var scope = NewDisposeScope();
            using var statistics = network.NewStatistics(CPU);
            var flat = network.FromVector(weights.AsSpan(), CPU);
            foreach (var (name, _, view) in network.Named(flat).Concat(network.Named(statistics))) Write(folder, $"before.{name}", view);
            Write(folder, "images", images);
            Write(folder, "labels", labels);
            using var python = Script($"gradient {folder} {width}");
            var told = python.StandardOutput.ReadToEnd();
            python.WaitForExit();
            return (MemoryMarshal.Cast<byte, double>(File.ReadAllBytes(Path.Combine(folder, "exact"))).ToArray(),
                [.. told.Split().Where(word => word.Length > 0).Select(word => double.Parse(word, CultureInfo.InvariantCulture))]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Write(string folder, string name, Tensor tensor) =>
        File.WriteAllBytes(Path.Combine(folder, name), tensor.contiguous().bytes.ToArray());

    /// <summary>Times the product of the Hessian with a vector beside libtorch's second derivative of the same loss, in turn.</summary>
    public static int Curvature(int width, int batch, int rounds, int threads = 2)
    {
        NativeLibraries.EnsureLoaded();
        set_num_threads(threads);
        using var scope = NewDisposeScope();
        using var network = new FlatNetwork(Architecture.ResNet18Plain, new(3, 32, 32), 10, width, channelsLast: true);
        using var other = new FlatNetwork(Architecture.ResNet18Plain, new(3, 32, 32), 10, width);
        using var statistics = other.NewStatistics(CPU);
        var images = new DeepBatch(rand(batch, 3, 32, 32), randint(10, [batch]));
        var weights = other.Initial(0).requires_grad_();
        var gradient = autograd.grad(
            [other.Loss(weights, statistics, images.Images, images.Labels, training: true)], [weights], null, retain_graph: true,
                create_graph: true, allow_unused: false)[0];
        using var curvature = new LossCurvature(network, network.Initial(0), images);
        // The same vector in both orders of memory.
        var vector = Enumerable.Range(0, (int)network.ParameterCount).Select(i => Math.Sin(i)).ToArray();
        var (along, otherAlong) = (network.FromVector(vector, CPU), other.FromVector(vector, CPU));
        var (ours, theirs) = (new List<double>(), new List<double>());
        var error = 0.0;
        for (var round = -1; round < rounds; round++)
        {
            using var inner = NewDisposeScope();
            var watch = Stopwatch.StartNew();
            var product = curvature.Times(along);
            var seconds = watch.Elapsed.TotalSeconds;
            watch.Restart();
            var expected = autograd.grad([gradient], [weights], [otherAlong], retain_graph: true, create_graph: false,
                allow_unused: false)[0];
            if (round < 0)
            {
                error = network.ToVector(product).Zip(other.ToVector(expected), (p, e) => Math.Abs(p - e))
                .Max() / other.ToVector(expected).Max(Math.Abs);
            }
            else
            {
                ours.Add(seconds);
                theirs.Add(watch.Elapsed.TotalSeconds);
            }
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Hessian times vector, width {width}, batch {batch}: {Median(ours):F2} s; libtorch " +
            $"{Median(theirs):F2} s; ratio {Median(theirs) / Median(ours):F1}; largest difference {error:G2} of " +
            $"the largest entry"));
        return 0;
    }

    /// <summary>
    /// Times the probe of five blocks on batches of 512 beside the way of five passes and deletions, with the same convolutions and with
    /// libtorch's, in turn.
    /// </summary>
    public static int Sparsity(int width, int batches, int rounds, int threads = 2)
    {
        NativeLibraries.EnsureLoaded();
        set_num_threads(threads);
        using var network = new FlatNetwork(Architecture.ResNet18Plain, new(3, 32, 32), 10, width, channelsLast: true);
        using var other = new FlatNetwork(Architecture.ResNet18Plain, new(3, 32, 32), 10, width);
        using Tensor weights = network.Initial(0), otherWeights = other.Initial(0);
        using var statistics = network.NewStatistics(CPU);
        using var images = rand(512, 3, 32, 32);
        using var probe = new DeepSparsity(network);
        var (one, five, fiveOther) = (new List<double>(), new List<double>(), new List<double>());
        var left = "";
        // The first round makes what libtorch keeps for the others.
        for (var round = -1; round < rounds; round++)
        {
            var seen = round < 0 ? 1 : batches;
            var (seconds, ours) = Timed(() => probe.Measure(weights, statistics, Enumerable.Repeat(images, seen)));
            var (same, theirs) = Timed(() => Passes(network, weights, seen));
            var (published, _) = Timed(() => Passes(other, otherWeights, seen));
            if (round < 0) continue;
            one.Add(seconds);
            five.Add(same);
            fiveOther.Add(published);
            left = $"{string.Join(' ', ours.Select(o => o.Left))} and {string.Join(' ', theirs)}";
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"sparsity, width {width}, {batches} batches of 512, medians of {rounds}: {Median(one):F1} s; five " +
            $"passes and deletions {Median(five):F1} s ({Median(five.Zip(one, (f, o) => f / o)):F1}), with " +
            $"libtorch's convolutions {Median(fiveOther):F1} s ({Median(fiveOther.Zip(one, (f, o) => f / o)):F1}); " +
            $"units left {left}"));
        return 0;

        int[] Passes(FlatNetwork net, Tensor at, int seen) =>
            [.. Enumerable.Range(0, net.Architecture.FeatureBlocks)
                .Select(block => Deletions(net, at, statistics, Enumerable.Repeat(images, seen), block))];

        static (double Seconds, T Value) Timed<T>(Func<T> work)
        {
            var watch = Stopwatch.StartNew();
            var value = work();
            return (watch.Elapsed.TotalSeconds, value);
        }
    }

    /// <summary>Writes weights, a batch and what two steps make of them, for PyTorch to repeat.</summary>
    public static int Check()
    {
        NativeLibraries.EnsureLoaded();
        var folder = Directory.CreateTempSubdirectory("largesteps-").FullName;
        try
        {
            using var scope = NewDisposeScope();
            using var network = new FlatNetwork(Architecture.ResNet18Plain, new(3, 32, 32), 10, 8);
            using var engine = new DeepEngine(network, network.Initial(0), Rule, CPU);
            using var generator = new Generator(1);
            var batch = new DeepBatch(rand([32, 3, 32, 32], generator: generator),
                randint(0, 10, [32], ScalarType.Int64, generator: generator));
            Write("images", batch.Images);
            Write("labels", batch.Labels);
            WriteAll("before");
            Write("logits", network.Forward(engine.Weights, engine.Statistics, batch.Images, training: false).Logits.detach());
            for (var k = 0; k < 2; k++)
            {
                engine.Step(batch, 0.1);
                File.WriteAllBytes(Path.Combine(folder, $"loss{k}"), BitConverter.GetBytes((float)engine.LastLoss()));
            }
            WriteAll("after");
            foreach (var (name, _, view) in network.Named(engine.Averaged)) Write($"averaged.{name}", view);
            using var python = Script($"check {folder}");
            Console.Write(python.StandardOutput.ReadToEnd());
            python.WaitForExit();
            return python.ExitCode;

            void WriteAll(string when)
            {
                foreach (var (name, _, view) in network.Named(engine.Weights.detach())
                    .Concat(network.Named(engine.Statistics)))
                {
                    Write($"{when}.{name}", view);
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        void Write(string name, Tensor tensor) => DeepComparison.Write(folder, name, tensor);
    }

    private sealed class Contender : IDisposable
    {
        private readonly FlatNetwork _network;
        private readonly DeepEngine _engine;
        private readonly DeepBatch _batch;

        public Contender(string name, int width, int batch, DeepPrecision precision, bool channelsLast)
        {
            Name = name;
            _network = new FlatNetwork(Architecture.ResNet18Plain, new(3, 32, 32), 10, width, precision, channelsLast);
            using var weights = _network.Initial(0);
            _engine = new DeepEngine(_network, weights, Rule, CPU);
            _batch = new DeepBatch(rand(batch, 3, 32, 32), randint(10, [batch]));
        }

        public string Name { get; }

        public double Step()
        {
            var watch = Stopwatch.StartNew();
            _engine.Step(_batch, 0.01);
            return watch.Elapsed.TotalSeconds;
        }

        public double ForwardAndBackward()
        {
            var watch = Stopwatch.StartNew();
            using var scope = NewDisposeScope();
            autograd.grad([_network.Loss(_engine.Weights, _engine.Statistics, _batch.Images, _batch.Labels, training: true)],
                [_engine.Weights]);
            return watch.Elapsed.TotalSeconds;
        }

        public void Dispose()
        {
            _engine.Dispose();
            _network.Dispose();
            _batch.Images.Dispose();
            _batch.Labels.Dispose();
        }
    }

    // One pass for this block alone, a thousand columns, their correlations, and a row and a column deleted for each unit that goes.
    private static int Deletions(FlatNetwork network, Tensor weights, NormStatistics statistics, IEnumerable<Tensor> batches, int block)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var rows = new List<Tensor>();
        foreach (var images in batches)
        {
            using var inner = NewDisposeScope();
            var features = network.Forward(weights, statistics, images, training: false, features: true).Features[block].flatten(1);
            var chosen = new NumpyRandom(0).Choice((int)features.shape[1], (int)Math.Min(1000, features.shape[1]));
            rows.Add(features.index_select(1, tensor([.. chosen.Select(i => (long)i)])).MoveToOuterDisposeScope());
        }
        var phi = cat(rows).to_type(ScalarType.Float64);
        phi = phi.index_select(1, phi.gt(0).any(0).nonzero().flatten());
        var units = (int)phi.shape[1];
        var flat = corrcoef(phi.t()).data<double>().ToArray();
        var matrix = Enumerable.Range(0, units).Select(i => flat[(i * units)..((i + 1) * units)]).ToList();
        for (var i = 0; i < matrix.Count;)
        {
            if (!matrix[i].Where((r, j) => j != i && Math.Abs(r) > 0.95).Any())
            {
                i++;
                continue;
            }
            matrix.RemoveAt(i);
            for (var k = 0; k < matrix.Count; k++) matrix[k] = [.. matrix[k][..i], .. matrix[k][(i + 1)..]];
        }
        return matrix.Count;
    }

    private static Process Script(string arguments, [CallerFilePath] string here = "")
    {
        var start = new ProcessStartInfo("python3",
            $"{Path.Combine(Path.GetDirectoryName(here)!, "deep_steps.py")} {arguments}")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true
        };
        return Process.Start(start) ?? throw new InvalidOperationException("python3 does not start.");
    }

    private static double[] Ask(Process python, int steps)
    {
        python.StandardInput.WriteLine(steps.ToString(CultureInfo.InvariantCulture));
        python.StandardInput.Flush();
        var line = python.StandardOutput.ReadLine() ?? throw new InvalidOperationException("deep_steps.py failed; is torch installed?");
        return [.. line.Split(' ').Select(s => double.Parse(s, CultureInfo.InvariantCulture))];
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
