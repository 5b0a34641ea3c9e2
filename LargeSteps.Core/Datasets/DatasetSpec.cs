using LargeSteps.Pipelines;
using Microsoft.ML;

namespace LargeSteps.Datasets;

/// <summary>What is learned: pure data; <see cref="DatasetFactory"/> makes it real.</summary>
public abstract record DatasetSpec
{
    private protected DatasetSpec() { }

    private protected abstract void Close();

    /// <summary>Linear regression with a sparse predictor, see <see cref="Datasets.SparseRegression"/>.</summary>
    public static DatasetSpec SparseRegression(int samples, int dimensions, int support, int testSamples = 1000, uint seed = 0) =>
        new SparseRegression(samples, dimensions, support, testSamples, seed);

    /// <summary>A table in memory.</summary>
    public static DatasetSpec InMemory(RegressionData data) => new InMemoryData(data);

    /// <summary>n, the number of training samples.</summary>
    public int TrainingSamples => Match(sparse => sparse.Samples, memory => memory.Data.Samples);

    /// <summary>What a data view holds, in a vector column and a label column, see <see cref="RegressionData.FromDataView"/>.</summary>
    public static Outcome<DatasetSpec> FromDataView(IDataView train, string featureColumn = "Features", string labelColumn = "Label", IDataView? test = null) =>
        FromDataView(train, [featureColumn], labelColumn, test);

    /// <summary>What a data view holds, in several feature columns and a label column, see <see cref="RegressionData.FromDataView"/>.</summary>
    public static Outcome<DatasetSpec> FromDataView(IDataView train, Items<string> featureColumns, string labelColumn = "Label", IDataView? test = null) =>
        RegressionData.FromDataView(train, featureColumns, labelColumn, test).Map(InMemory);

    /// <summary>The same with another seed of the data; data in memory are what they are.</summary>
    public DatasetSpec WithSeed(uint seed) => Match<DatasetSpec>(sparse => sparse with { Seed = seed }, memory => memory);

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<SparseRegression, TResult> sparseRegression, Func<InMemoryData, TResult> inMemory) => this switch
    {
        SparseRegression s => sparseRegression(s),
        InMemoryData m => inMemory(m),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>
/// Linear regression with a sparse predictor (experiments of the diagonal networks): from <c>numpy(Seed)</c>, in this order,
/// X (Samples × Dimensions), X_test (TestSamples × Dimensions) and θ (Dimensions), all standard normal; θ keeps its first
/// Support coordinates and becomes |θ|/‖θ‖₂; y = Xθ, y_test = X_test θ. No noise.
/// </summary>
public sealed record SparseRegression(int Samples, int Dimensions, int Support, int TestSamples, uint Seed) : DatasetSpec
{
    private protected override void Close() { }
}

/// <summary>A table in memory: arrays, or what an <c>IDataView</c> held. Cannot be written to YAML.</summary>
public sealed record InMemoryData(RegressionData Data) : DatasetSpec
{
    private protected override void Close() { }
}
