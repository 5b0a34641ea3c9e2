using LargeSteps.Configuration;
using LargeSteps.Running;

namespace LargeSteps.Tests.Training.Relu;

/// <summary>The shipped configs of the ReLU networks against the last values that the published programs hold (arXiv 2210.05337).</summary>
public class PublishedReluConfigsTests
{
    public static TheoryData<string, string, string, double, double> Values => new()
    {
        // Relative tolerances: the digits to which a run reproduces at all in float32; ranks and percentages are exact.
        { "two_layer", "η = 0.13", "train_loss", 1.353839979856275e-5, 1e-4 },
        { "two_layer", "η = 0.13", "test_loss", 0.000609822163823992, 1e-4 },
        { "two_layer", "η = 0.13", "weight_nuclear_norm", 1.2837960720062256, 1e-4 },
        { "two_layer", "η = 0.13", "parameter_norm", 3.3091703270576756, 1e-4 },
        { "two_layer", "η = 0.13", "jacobian_rank", 26, 0 },
        { "two_layer", "η = 0.13", "feature_sparsity", 0.2633333333333333, 1e-12 },
        { "two_layer", "η = 0.13", "activation_pattern_distance", 0.07333333333333333, 1e-12 },
        { "two_layer", "η = 0.455, ÷2 at 10 %", "test_loss", 0.0001622068084543571, 1e-2 },
        { "two_layer", "η = 0.455, ÷2 at 10 %", "jacobian_rank", 16, 0 },
        { "three_layer", "η = 0.011", "train_loss", 0.0013713681837543845, 1e-4 },
        { "three_layer", "η = 0.011", "test_loss", 0.061387766152620316, 1e-4 },
        { "three_layer", "η = 0.011", "feature_entropy_rank", 2.0017507076263428, 1e-4 },
        { "three_layer", "η = 0.011", "active_percent_layer2", 46.6, 1e-12 },
        { "three_layer", "η = 0.011", "jacobian_rank", 150, 0 },
        { "three_layer", "η = 0.04, ÷3.5 at 10 %", "train_loss", 0.0010971605079248548, 1e-4 },
        { "three_layer", "η = 0.04, ÷3.5 at 10 %", "active_percent_layer2", 31.2, 1e-12 },
        { "three_layer", "η = 0.04, ÷3.5 at 10 %", "jacobian_rank", 150, 0 },
        { "three_layer", "η = 0.04, ÷2.5 at 30 %", "test_loss", 0.02477150969207287, 1e-3 },
        { "three_layer", "η = 0.04, ÷2.5 at 30 %", "jacobian_rank", 125, 0 },
        // Two builds of the published program stay within 1e-2 to the end.
        { "regression_1d", "warm-up to 2 %, ÷2.5", "train_loss", 0.0002085922606056556, 1e-2 },
        { "regression_1d", "warm-up to 2 %, ÷2.5", "feature_nuclear_norm", 540.21747, 1e-4 },
        { "regression_1d", "warm-up to 2 %, ÷2.5", "jacobian_rank", 85, 0 },
        { "regression_1d", "warm-up to 2 %, ÷2.5", "active_percent", 48.66666666666667, 1e-12 },
        { "regression_1d_overregularized", "warm-up to 2 %, ÷2.5", "feature_nuclear_norm", 540.1831, 1e-4 },
    };

    private static readonly System.Collections.Concurrent.ConcurrentDictionary<(string, string), Lazy<RunResult>> Results = new();

    [Theory]
    [MemberData(nameof(Values))]
    public void A_run_ends_with_the_published_value(string config, string run, string metric, double expected, double tolerance)
    {
        var result = Results.GetOrAdd((config, run), _ => new(() => Runner.Run(
            ExperimentYaml.Load(Path.Combine(AppContext.BaseDirectory, "configs", $"{config}.yaml")).OrThrow().Resolve().OrThrow()
                .Single(r => r.Label == run).Pipeline)));
        Assert.InRange(result.Value.Last(metric), expected * (1 - tolerance), expected * (1 + tolerance));
    }
}
