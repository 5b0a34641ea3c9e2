using LargeSteps.Datasets.Images;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Values;

namespace LargeSteps.Datasets;

/// <summary>Makes a <see cref="DatasetSpec"/> real.</summary>
public static class DatasetFactory
{
    /// <summary>The table that a spec describes.</summary>
    /// <exception cref="ArgumentException">It describes images.</exception>
    public static RegressionData Create(DatasetSpec spec) => spec.Match(
        Create, points => ReluProblems.RegressionPoints(), Create, memory => memory.Data,
        images => throw new ArgumentException("Images are no table: see ImageStore.Load.", nameof(spec)));

    /// <summary>What a spec describes, table or images.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="dataFolder">Where the files of images are.</param>
    /// <exception cref="DataException">The files are not there, or not what they should be.</exception>
    internal static LoadedData Load(DatasetSpec spec, string dataFolder) =>
        spec.AsImages is { } images ? new LoadedData(null, ImageStore.Load(images.Source, dataFolder, images.Options)
            .Match(set => set, problems => throw new DataException(problems))) : new LoadedData(Create(spec), null);

    /// <summary>θ, the sparse predictor of all labels, not negative.</summary>
    public static Items<double> Predictor(SparseRegression spec) => Items.From(Draw(spec).Theta);

    private static RegressionData Create(SparseRegression spec)
    {
        var (x, xTest, theta) = Draw(spec);
        return RegressionData.Of(x, Predict(x, theta), xTest, Predict(xTest, theta));
    }

    private static (Matrix X, Matrix XTest, double[] Theta) Draw(SparseRegression spec)
    {
        var random = new NumpyRandom(spec.Seed);
        var x = Normal(random, spec.Samples, spec.Dimensions);
        var xTest = Normal(random, spec.TestSamples, spec.Dimensions);
        var theta = Normal(random, 1, spec.Dimensions).AsSpan().ToArray();
        theta.AsSpan(spec.Support).Clear();
        var norm = Math.Sqrt(Vectors.Dot(theta, theta));
        for (var j = 0; j < theta.Length; j++) theta[j] = Math.Abs(theta[j]) / norm;
        return (x, xTest, theta);
    }

    /// <summary>The network whose outputs, or their signs, are the labels.</summary>
    internal static ReluWeights<float> Teacher(TeacherStudent spec) => ReluProblems.Teacher(ShapeOf(spec), FormOf(spec), spec.Seed);

    private static RegressionData Create(TeacherStudent spec)
    {
        var data = ReluProblems.TeacherStudent(ShapeOf(spec), FormOf(spec), spec.Samples, spec.TestSamples, spec.Seed);
        return spec.Labels.Match(real => data, sign =>
            RegressionData.Of(data.Features, Signs(data.Labels), data.TestFeatures, Signs(data.TestLabels)));

        static Items<double> Signs(Items<double> outputs) => outputs.Map(h => h < 0 ? -1.0 : 1);
    }

    private static ReluShape ShapeOf(TeacherStudent spec) =>
        new([spec.Inputs, .. spec.Teacher, 1], Items.From(Enumerable.Repeat(spec.Biases, spec.Teacher.Count + 1)));

    private static TeacherForm FormOf(TeacherStudent spec) => spec.UnitTeacher ? TeacherForm.UnitRowsAndSigns : TeacherForm.Gaussian;

    private static Matrix Normal(NumpyRandom random, int rows, int columns)
    {
        var elements = new double[rows * columns];
        random.StandardNormal(elements);
        return new Matrix(rows, columns, elements);
    }

    private static Items<double> Predict(Matrix x, double[] theta) =>
        Items.From(Enumerable.Range(0, x.Rows).Select(i => Vectors.Dot(x.Row(i), theta)));
}
