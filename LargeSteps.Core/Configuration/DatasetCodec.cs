using LargeSteps.Datasets;
using LargeSteps.Forms;
using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Configuration;

/// <summary>How datasets stand in YAML.</summary>
internal static class DatasetCodec
{
    private static readonly Form<SparseRegression> Sparse = new("sparse_regression",
        "Linear regression without noise: standard normal features x, labels ⟨θ, x⟩ of a predictor θ ≥ 0 of norm 1 whose first " +
        "coordinates alone are nonzero.", f =>
    {
        var samples = f.Required("samples", Codecs.Count(), d => d.Samples, "n, the number of training samples");
        var dimensions = f.Required("dimensions", Codecs.Count(), d => d.Dimensions, "d, the number of features");
        var support = f.Required("support", Codecs.Count(), d => d.Support,
            "r, the number of nonzero coordinates of the predictor, at most d");
        var test = f.Optional("test_samples", Codecs.Count(0), d => d.TestSamples, 1000, "the number of test samples");
        var seed = f.Optional("seed", Codecs.Seed, d => d.Seed, 0u, "the seed of NumPy's stream that draws the data");
        return v => new(v.Get(samples), v.Get(dimensions), v.Get(support), v.Get(test), v.Get(seed));
    }, "samples: 80, dimensions: 200, support: 20");

    private static readonly Form<RegressionPoints> Points = new("regression_points",
        "The published one-dimensional regression: 12 points, which are the test samples too.", _ => _ => new());

    private static readonly Form<RealLabels> Real = new("real", "The teacher's outputs.", _ => _ => new());
    private static readonly Form<SignLabels> Sign = new("sign", "1 where the teacher's output is not negative, −1 elsewhere.",
        _ => _ => new());

    private static readonly Codec<TeacherLabels> Labels = new NamedUnionCodec<TeacherLabels>("kind of labels", l => l.Match(Real.Write,
        Sign.Write), Real, Sign);

    private static readonly Form<TeacherStudent> Teacher = new("teacher_student",
        "Inputs on the unit sphere, drawn uniformly, with the outputs of a random ReLU network, the teacher.", f =>
    {
        var samples = f.Required("samples", Codecs.Count(), d => d.Samples, "n, the number of training samples");
        var inputs = f.Required("inputs", Codecs.Count(), d => d.Inputs, "d, the number of features");
        var teacher = f.Required("teacher", Codecs.List(Codecs.Count(max: 100_000), 1), d => d.Teacher,
            "the widths of the teacher's hidden layers");
        var biases = f.Optional("biases", Codecs.Flag, d => d.Biases, false, "whether the teacher's layers have biases");
        var unit = f.Optional("unit_teacher", Codecs.Flag, d => d.UnitTeacher, false,
            "normalise the rows of the teacher's first layer, and take the signs of its output weights");
        var test = f.Optional("test_samples", Codecs.Count(0), d => d.TestSamples, 1000, "the number of test samples");
        var seed = f.Required("seed", Codecs.Seed, d => d.Seed,
            "the seed of the streams that draw the data (NumPy) and the teacher (libtorch)");
        var labels = f.Optional("labels", Labels, d => d.Labels, TeacherLabels.Real, "what the labels are of the teacher's outputs");
        return v => new(v.Get(samples), v.Get(inputs), v.Get(teacher), v.Get(biases), v.Get(unit), v.Get(test), v.Get(seed), v.Get(labels));
    }, "samples: 15, inputs: 2, teacher: [3], unit_teacher: true, seed: 1");

    // As many as fit into a file that may have a megabyte, with room for the rest of an experiment.
    private const int MostNumbersOfATable = 40_000;

    private static readonly Codec<Matrix> Rows = Codecs.List(Codecs.List(Codecs.Number, 1))
        .Where(rows => rows.All(row => row.Count == rows[0].Count), "must have rows of one length")
        .As(rows => Matrix.FromRows(rows.Select(row => row.ToArray())), x => Items.From(Enumerable.Range(0, x.Rows)
            .Select(i => Items.From(x.Row(i).ToArray()))));

    private static readonly Form<InMemoryData> Table = new("table",
        FormattableString.Invariant($"Samples that stand in the file: at most {MostNumbersOfATable} numbers, labels included."), f =>
    {
        var features = f.Required("features", Rows, d => d.Data.Features, "X, a list of features for each training sample");
        var labels = f.Required("labels", Codecs.List(Codecs.Number), d => d.Data.Labels, "y, a number for each training sample");
        var testFeatures = f.Optional("test_features", Rows, d => d.Data.TestFeatures, new Matrix(0, 0, []),
            "the features of the test samples");
        var testLabels = f.Optional("test_labels", Codecs.List(Codecs.Number), d => d.Data.TestLabels, [], "their labels");
        return v => new(new RegressionData(v.Get(features), v.Get(labels), v.Get(testFeatures) is { Rows: > 0 } test ? test
            : new Matrix(0, v.Get(features).Columns, []), v.Get(testLabels)));
    }, "features: [[0, 1], [1, 0], [1, 1]], labels: [1, 0, 2]");

    private static int NumbersOf(RegressionData data) =>
        data.Features.AsSpan().Length + data.TestFeatures.AsSpan().Length + data.Labels.Count + data.TestLabels.Count;

    private static bool FitsInAFile(RegressionData data) =>
        NumbersOf(data) <= MostNumbersOfATable
        && data.Features.AsSpan().ToArray().Concat(data.TestFeatures.AsSpan().ToArray()).Concat(data.Labels).Concat(data.TestLabels)
            .All(double.IsFinite);

    // Larger data in memory have no form that could be read again; their hash lets equal pipelines have equal names.
    private static readonly Form<InMemoryData> InMemory = new("in_memory", "Data that only a program can give.", f =>
    {
        f.Required("content", Codecs.Text, d => d.Data.ContentHash(), "the SHA-256 of the data");
        return _ => throw new System.Diagnostics.UnreachableException();
    });

    /// <summary>The kinds, whatever their values.</summary>
    public static UnionCodec<DatasetSpec> Union { get; } = new("dataset", d => d.Match(Sparse.Write, Points.Write, Teacher.Write,
        memory => FitsInAFile(memory.Data) ? Table.Write(memory) : InMemory.Write(memory), DeepCodecs.Images.Write), Sparse, Points,
        Teacher, Table, DeepCodecs.Images)
    {
        Hint = word => Hints.OfKind("dataset", word),
    };

    public static Codec<DatasetSpec> Codec { get; } = Union.Where(
        d => d.Match(sparse => true, points => true, teacher => true, memory => NumbersOf(memory.Data) <= MostNumbersOfATable,
            images => true), FormattableString.Invariant(
            $"has too many numbers for a table in a file: at most {MostNumbersOfATable}, labels included"));
}
