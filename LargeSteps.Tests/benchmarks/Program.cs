using BenchmarkDotNet.Running;
using LargeSteps.Benchmarks;

// published [ROUNDS]: our steps and the same steps in NumPy, in turn, in one run; anything else goes to BenchmarkDotNet.
if (args is ["published", ..]) return PublishedComparison.Run(args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 7);
BenchmarkSwitcher.FromAssembly(typeof(DiagonalBenchmarks).Assembly).Run(args);
return 0;
