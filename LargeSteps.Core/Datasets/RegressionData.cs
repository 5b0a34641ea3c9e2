using System.Runtime.InteropServices;
using System.Security.Cryptography;
using LargeSteps.Numerics;
using LargeSteps.Pipelines;

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
        if (features.Rows != labels.Count) throw new ArgumentException($"{features.Rows} samples have {labels.Count} labels.", nameof(labels));
        if (testFeatures.Rows != testLabels.Count) throw new ArgumentException($"{testFeatures.Rows} test samples have {testLabels.Count} labels.", nameof(testLabels));
        if (testFeatures.Columns != features.Columns) throw new ArgumentException($"Test samples have {testFeatures.Columns} features, training samples {features.Columns}.", nameof(testFeatures));
        if (features.Rows == 0 || features.Columns == 0) throw new ArgumentException("There are no samples or no features.", nameof(features));
        return new RegressionData(features, labels, testFeatures, testLabels);
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
