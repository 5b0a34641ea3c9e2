using System.Runtime.InteropServices;
using System.Security.Cryptography;
using LargeSteps.Numerics;
using LargeSteps.Values;
using Microsoft.ML;

namespace LargeSteps.Datasets;

/// <summary>A regression problem: n training and m test samples with d features each.</summary>
/// <param name="Features">X, n × d.</param>
/// <param name="Labels">y, n.</param>
/// <param name="TestFeatures">X_test, m × d.</param>
/// <param name="TestLabels">y_test, m.</param>
public sealed record RegressionData(Matrix Features, Items<double> Labels, Matrix TestFeatures, Items<double> TestLabels)
{
    /// <summary>d, the number of features of a sample.</summary>
    public int Dimensions => Features.Columns;

    /// <summary>n, the number of training samples.</summary>
    public int Samples => Features.Rows;

    /// <summary>The problem, once the shapes agree.</summary>
    /// <exception cref="ArgumentException">Samples without label, or test samples with another number of features.</exception>
    public static RegressionData Of(Matrix features, Items<double> labels, Matrix testFeatures, Items<double> testLabels)
    {
        if (features.Rows != labels.Count)
        {
            throw new ArgumentException($"{features.Rows} samples have {labels.Count} labels.",
            nameof(labels));
        }

        if (testFeatures.Rows != testLabels.Count)
        {
            throw new ArgumentException(
            $"{testFeatures.Rows} test samples have {testLabels.Count} labels.", nameof(testLabels));
        }

        if (testFeatures.Columns != features.Columns)
        {
            throw new ArgumentException(
            $"Test samples have {testFeatures.Columns} features, training samples {features.Columns}.", nameof(testFeatures));
        }

        if (features.Rows == 0 || features.Columns == 0)
        {
            throw new ArgumentException("There are no samples or no features.",
            nameof(features));
        }

        return new RegressionData(features, labels, testFeatures, testLabels);
    }

    /// <summary>A problem without test samples.</summary>
    /// <exception cref="ArgumentException">There are no samples, or samples without label.</exception>
    public static RegressionData Of(Matrix features, Items<double> labels) => Of(features, labels, new Matrix(0, features.Columns, []), []);

    /// <summary>The same with other test samples.</summary>
    /// <exception cref="ArgumentException">Test samples without label, or with another number of features.</exception>
    public RegressionData WithTest(Matrix testFeatures, Items<double> testLabels) => Of(Features, Labels, testFeatures, testLabels);

    /// <summary>
    /// The problem that data views hold: what ML.NET loads or transforms, or a data frame. The feature columns, numbers or vectors of
    /// numbers, stand side by side in a row; vectors have the same length in all rows. Integers become doubles; text, keys and truth values
    /// are no numbers.
    /// </summary>
    /// <param name="train">The training samples, a row each.</param>
    /// <param name="featureColumns">The columns with the features, in this order.</param>
    /// <param name="labelColumn">The column with the labels, numbers.</param>
    /// <param name="test">The test samples in columns of the same names; null: none.</param>
    /// <returns>
    /// The problem, or what is wrong: LS0501 no such column, LS0502 no numbers, LS0503 values that are missing or not finite, LS0504 no
    /// rows, LS0505 vectors that differ in length or are empty, LS0506 another number of features in the test samples, LS0507 columns named
    /// twice. Rows in messages are counted from 1. What a view throws while it is read comes through.
    /// </returns>
    internal static Outcome<RegressionData> FromDataView(IDataView train, Items<string> featureColumns, string labelColumn,
        IDataView? test = null) =>
        DataViewDataset.Read(train, featureColumns, labelColumn, test);

    /// <summary>The same with some of the training samples, which follow one another.</summary>
    internal RegressionData Part(Range samples)
    {
        var (first, count) = samples.GetOffsetAndLength(Samples);
        return count == Samples ? this : this with
        {
            Features = new Matrix(count, Dimensions, Features.AsSpan().Slice(first * Dimensions, count * Dimensions).ToArray()),
            Labels = Items.Of(Labels.AsSpan().Slice(first, count)),
        };
    }

    /// <summary>The same with chosen training samples.</summary>
    internal RegressionData Part(ReadOnlySpan<int> rows)
    {
        var (features, labels) = (new double[rows.Length * Dimensions], new double[rows.Length]);
        for (var i = 0; i < rows.Length; i++)
        {
            Features.Row(rows[i]).CopyTo(features.AsSpan(i * Dimensions));
            labels[i] = Labels[rows[i]];
        }
        return this with { Features = new Matrix(rows.Length, Dimensions, features), Labels = Items.Of<double>(labels) };
    }

    /// <summary>The SHA-256 of all numbers and shapes, in hexadecimal digits.</summary>
    internal string ContentHash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes<int>([Samples, Dimensions, TestFeatures.Rows]));
        hash.AppendData(MemoryMarshal.AsBytes(Features.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(Labels.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(TestFeatures.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(TestLabels.AsSpan()));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
