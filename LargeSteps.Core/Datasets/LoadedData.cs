using LargeSteps.Datasets.Images;
using LargeSteps.Values;

namespace LargeSteps.Datasets;

/// <summary>The data of a run in memory: a table or images.</summary>
internal sealed class LoadedData(RegressionData? table, ImageSet? images)
{
    /// <summary>Whether they are images.</summary>
    public bool AreImages => images is not null;

    /// <summary>How many classes there are; null: samples have numbers.</summary>
    public int? Classes => images?.Classes;

    /// <summary>The table of a regression; a run of a small model has one, or images where it is a module.</summary>
    public RegressionData Table => table ?? throw new InvalidOperationException("The data are images.");

    /// <summary>The images; a run of a deep network has them.</summary>
    public ImageSet Images => images ?? throw new InvalidOperationException("The data are a table.");

    public static implicit operator LoadedData(RegressionData table) => new(table, null);
}

/// <summary>Data are not available: files that are not there, or not what they should be.</summary>
public sealed class DataException : Exception
{
    internal DataException(Items<Diagnostic> problems) : base(string.Join(Environment.NewLine, problems)) => Problems = problems;

    /// <summary>What is wrong.</summary>
    public Items<Diagnostic> Problems { get; }
}
