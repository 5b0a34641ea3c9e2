using LargeSteps.Models.Dense;
using LargeSteps.Numerics;
using LargeSteps.Pipelines;

namespace LargeSteps.Datasets;

/// <summary>Makes a <see cref="DatasetSpec"/> real.</summary>
public static class DatasetFactory
{
    /// <summary>The data that a spec describes.</summary>
    public static RegressionData Create(DatasetSpec spec) => spec.Match(
        Create, points => DenseProblems.RegressionPoints(), Create, memory => memory.Data);

    private static RegressionData Create(SparseRegression spec)
    {
        var random = new NumpyRandom(spec.Seed);
        var x = Normal(random, spec.Samples, spec.Dimensions);
        var xTest = Normal(random, spec.TestSamples, spec.Dimensions);
        var theta = Normal(random, 1, spec.Dimensions).AsSpan().ToArray();
        theta.AsSpan(spec.Support).Clear();
        var norm = Math.Sqrt(Vectors.Dot(theta, theta));
        for (var j = 0; j < theta.Length; j++) theta[j] = Math.Abs(theta[j]) / norm;
        return RegressionData.Of(x, Predict(x, theta), xTest, Predict(xTest, theta));
    }

    private static RegressionData Create(TeacherStudent spec) => DenseProblems.TeacherStudent(
        new DenseShape([spec.Inputs, .. spec.Teacher, 1], Items.From(Enumerable.Repeat(spec.Biases, spec.Teacher.Count + 1))),
        spec.UnitTeacher ? TeacherForm.UnitRowsAndSigns : TeacherForm.Gaussian, spec.Samples, spec.TestSamples, spec.Seed);

    private static Matrix Normal(NumpyRandom random, int rows, int columns)
    {
        var elements = new double[rows * columns];
        random.StandardNormal(elements);
        return new Matrix(rows, columns, elements);
    }

    private static Items<double> Predict(Matrix x, double[] theta) =>
        Items.From(Enumerable.Range(0, x.Rows).Select(i => Vectors.Dot(x.Row(i), theta)));
}
