using LargeSteps.Figures;
using LargeSteps.Pipelines;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Results;

/// <summary>The values of a swept path, as an axis of a figure has them.</summary>
/// <param name="Values">The values, each once, in the order of the runs.</param>
internal sealed record SweptAxis(Items<AxisValue> Values)
{
    private readonly Dictionary<double, string> _numbers = Labels([.. Values.Select(value => value.AsNumber).OfType<double>()]);

    /// <summary>The axis of a path.</summary>
    public static SweptAxis Of(string path, Experiment experiment) =>
        new(Items.From(experiment.Runs.SelectMany(run => run.Swept).Where(swept => swept.Path == path).Select(swept => swept.Value)
            .Distinct()));

    /// <summary>What stands at the places 0, 1, … of an axis with words on it; empty where all values are numbers.</summary>
    public Items<string> Categories => _numbers.Count < Values.Count ? Values.Map(LabelOf) : [];

    /// <summary>The place of a value: a number is its own, but among words the values stand side by side in the order of the
    /// runs.</summary>
    public double PlaceOf(AxisValue value) => _numbers.Count == Values.Count
        ? value.AsNumber!.Value : Values.AsSpan().IndexOf(value);

    /// <summary>A value in few letters.</summary>
    public string LabelOf(AxisValue value) => value.Match(number => _numbers[number.Value], word => word.Value);

    // As many digits as tell all of them apart.
    private static Dictionary<double, string> Labels(double[] numbers) => numbers.Zip(NumberText.Distinct(numbers))
        .ToDictionary(pair => pair.First, pair => pair.Second);
}
