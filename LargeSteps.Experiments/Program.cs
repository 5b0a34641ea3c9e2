using LargeSteps.Configuration;
using LargeSteps.Running;

foreach (var path in args)
    ExperimentYaml.Load(path).Match(
        experiment =>
        {
            Console.WriteLine(ExperimentYaml.Write(experiment));
            Console.WriteLine(ExperimentYaml.Parse(ExperimentYaml.Write(experiment), "again").OrThrow() == experiment);
            foreach (var (label, pipeline) in experiment.Resolve().OrThrow())
            {
                var r = Runner.Run(pipeline);
                Console.WriteLine($"{label} {ExperimentYaml.Hash(pipeline)[..8]} {r.End.Word} {r.LastIteration} {r.TrainingSeconds:F3} {r.ProbeSeconds:F3} {string.Join(" ", r.Metrics.Select(m => m + "=" + r.Last(m)))}");
            }
            return 0;
        },
        diagnostics =>
        {
            Console.WriteLine(string.Join("\n", diagnostics));
            return 2;
        });
