using System.Globalization;
using BenchmarkDotNet.Running;
using LargeSteps.Benchmarks;
using LargeSteps.Numerics;

// published [ROUNDS]: our steps and the same steps in NumPy and PyTorch, in turn, in one run.
// deep [ROUNDS [BATCH [WIDTH...]]]: steps of a deep network and the same steps in PyTorch; deep-float32: without bfloat16.
// deep-sparsity [WIDTH [BATCHES [ROUNDS]]]: the probe.   deep-convolutions [ROUNDS [BATCH [WIDTH...]]]: those of ResNet-18, libtorch's and
// ours. deep-curvature [WIDTH [BATCH [ROUNDS]]]: the Hessian times a vector, libtorch's and ours.
// deep-widths [ROUNDS [BATCH [WIDTH...]]]: our convolutions by vectors of 256 and 512 bits.
// deep-gradients [BATCH [STEPS [WIDTH...]]]: how far gradients of whole networks are from float64, at initial weights and after steps.
// deep-norms: how far batch norm is from float64.
// live [ROUNDS [STEPS]]: runs that are told of while they are made, and runs that are not.
// view PROGRAM [EXPERIMENTS [UNITS [ROUNDS]]]: pages of a folder of many experiments; PROGRAM is LargeSteps.Experiments.dll.
// deep-check: two steps from the same weights in PyTorch, compared. Anything else goes to BenchmarkDotNet.
// As the program does.
NativeHeap.KeepLargeBlocks();
int[] numbers = args is ["published" or "deep" or "deep-float32" or "deep-sparsity" or "deep-convolutions" or "deep-curvature"
    or "deep-widths" or "deep-gradients" or "live", ..]
    ? [.. args.Skip(1).Select(a => int.Parse(a, CultureInfo.InvariantCulture))] : [];
int Number(int index, int otherwise) => index < numbers.Length ? numbers[index] : otherwise;
switch (args)
{
    case ["published", ..]: return PublishedComparison.Run(Number(0, 7));
    case ["deep" or "deep-float32", ..]:
        return DeepComparison.Steps(numbers.Length > 2 ? numbers[2..] : [8, 16, 64], Number(1, 128), Number(0, 15),
            bfloat16: args[0] == "deep");
    case ["deep-convolutions", ..]:
        return DeepComparison.Convolutions(numbers.Length > 2 ? numbers[2..] : [16, 64], Number(1, 128),
        Number(0, 9));
    case ["deep-widths", ..]:
        return DeepComparison.Widths(numbers.Length > 2 ? numbers[2..] : [16, 64], Number(1, 128), Number(0, 9));
    case ["deep-gradients", ..]:
        return DeepComparison.Gradients(numbers.Length > 2 ? numbers[2..] : [8, 16],
            Number(0, 128), Number(1, 60));
    case ["deep-norms"]: return DeepComparison.Norms();
    case ["deep-sparsity", ..]: return DeepComparison.Sparsity(Number(0, 64), Number(1, 21), Number(2, 3));
    case ["deep-curvature", ..]: return DeepComparison.Curvature(Number(0, 16), Number(1, 128), Number(2, 7));
    case ["live", ..]: return LiveComparison.Run(Number(0, 9), Number(1, 3_000_000));
    case ["view", var program, .. var sizes]:
        return ViewComparison.Run(program, Size(sizes, 0, 500), Size(sizes, 1, 200), Size(sizes, 2, 5));
    case ["deep-check"]: return DeepComparison.Check();
}
BenchmarkSwitcher.FromAssembly(typeof(DiagonalBenchmarks).Assembly).Run(args);
return 0;

static int Size(string[] sizes, int index, int otherwise) => index < sizes.Length
    ? int.Parse(sizes[index], CultureInfo.InvariantCulture) : otherwise;
