using LargeSteps.Datasets.Images;
using LargeSteps.Values;
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

    /// <summary>The published one-dimensional regression, see <see cref="Datasets.RegressionPoints"/>.</summary>
    public static DatasetSpec RegressionPoints { get; } = new RegressionPoints();

    /// <summary>Inputs on the unit sphere with the outputs of a ReLU network, see <see cref="Datasets.TeacherStudent"/>.</summary>
    public static DatasetSpec TeacherStudent(int samples, int inputs, Items<int> teacher, bool biases, bool unitTeacher,
        int testSamples = 1000, uint seed = 1,
        TeacherLabels? labels = null) =>
        new TeacherStudent(samples, inputs, teacher, biases, unitTeacher, testSamples, seed, labels ?? TeacherLabels.Real);

    /// <summary>A table in memory.</summary>
    public static DatasetSpec InMemory(RegressionData data) => new InMemoryData(data);

    /// <summary>Images of a source, see <see cref="ImageDataset"/>.</summary>
    /// <param name="source">Where they are from.</param>
    /// <param name="augment">Whether the images of a batch are flipped and cropped at random.</param>
    /// <param name="options">Which of them, and what is made of them; null: all, as they are.</param>
    public static DatasetSpec Images(ImageSource source, bool augment = false, ImageOptions? options = null) =>
        new ImageDataset(source, options ?? new ImageOptions(), augment);

    /// <summary>n, the number of training samples.</summary>
    public int TrainingSamples => Match(sparse => sparse.Samples, points => ReluProblems.Points, teacher => teacher.Samples, memory =>
        memory.Data.Samples, images => images.TrainingImages);

    /// <summary>The number of test samples.</summary>
    internal int TestSampleCount => Match(sparse => sparse.TestSamples, points => ReluProblems.Points, teacher => teacher.TestSamples,
        memory => memory.Data.TestFeatures.Rows, images => images.TestImages);

    /// <summary>Whether samples are held out of training for validation.</summary>
    internal bool HoldsOut => Match(sparse => false, points => false, teacher => false, memory => false,
        images => images.Options.Validation is not null);

    /// <summary>d, the number of features of a sample.</summary>
    public int Features => Match(sparse => sparse.Dimensions, points => 1, teacher => teacher.Inputs, memory =>
        memory.Data.Dimensions, images => images.Source.Shape.Length);

    /// <summary>The images, where samples are images; null where they are rows of a table.</summary>
    internal ImageDataset? AsImages => Match<ImageDataset?>(sparse => null, points => null, teacher => null, memory => null,
        images => images);

    /// <summary>What a teacher has made; null: something else.</summary>
    internal TeacherStudent? AsTaught => Match<TeacherStudent?>(sparse => null, points => null, teacher => teacher, memory => null,
        images => null);

    /// <summary>Whether θ, the predictor of all labels, is known: <see cref="DatasetFactory.Predictor"/>.</summary>
    internal bool HasPredictor => AsSparse is not null;

    /// <summary>The sparse regression; null: something else.</summary>
    internal SparseRegression? AsSparse => Match<SparseRegression?>(sparse => sparse, points => null, teacher => null, memory => null,
        images => null);

    /// <summary>Whether every label, of test samples too, is 1 or −1.</summary>
    internal bool HasSigns => Match(sparse => false, points => false, teacher => teacher.Labels.AreSigns,
        memory => memory.Data.Labels.Concat(memory.Data.TestLabels).All(y => Math.Abs(y) == 1), images => false);

    /// <summary>Whether a model of the other's samples can look at these: as many features, images of the same shape and classes.</summary>
    internal bool HasShapeOf(DatasetSpec other) => (AsImages, other.AsImages) switch
    {
        (null, null) => Features == other.Features,
        ({ } a, { } b) => (a.Shape, a.Classes) == (b.Shape, b.Classes),
        _ => false,
    };

    /// <summary>What a data view holds, in a vector column and a label column, see <see cref="RegressionData.FromDataView"/>.</summary>
    public static Outcome<DatasetSpec> FromDataView(IDataView train, string featureColumn = "Features", string labelColumn = "Label",
        IDataView? test = null) =>
        FromDataView(train, [featureColumn], labelColumn, test);

    /// <summary>What a data view holds, in several feature columns and a label column, see
    /// <see cref="RegressionData.FromDataView"/>.</summary>
    public static Outcome<DatasetSpec> FromDataView(IDataView train, Items<string> featureColumns, string labelColumn = "Label",
        IDataView? test = null) =>
        RegressionData.FromDataView(train, featureColumns, labelColumn, test).Map(InMemory);

    /// <summary>The same with another seed of the data; data in memory are what they are.</summary>
    public DatasetSpec WithSeed(uint seed) => Match<DatasetSpec>(
        sparse => sparse with { Seed = seed }, points => points, teacher => teacher with { Seed = seed }, memory => memory, images =>
            images with { Options = images.Options with { Seed = seed } });

    /// <summary>Data that can be read from a file in place of those that only a program can give.</summary>
    internal DatasetSpec Readable => Match<DatasetSpec>(
        sparse => sparse, points => points, teacher => teacher, memory => RegressionPoints,
        images => images with { Source = images.Source.Readable });

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<SparseRegression, TResult> sparseRegression, Func<RegressionPoints, TResult> regressionPoints,
        Func<TeacherStudent, TResult> teacherStudent,
        Func<InMemoryData, TResult> inMemory, Func<ImageDataset, TResult> images) => this switch
        {
            SparseRegression s => sparseRegression(s),
            RegressionPoints p => regressionPoints(p),
            TeacherStudent t => teacherStudent(t),
            InMemoryData m => inMemory(m),
            ImageDataset i => images(i),
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

/// <summary>
/// The published one-dimensional regression: 12 points x = ([−5.5, −4.5, …, 5.5]/4 + 0.07),
/// y = 0.345 + [−2, 1.5, 0, 0, 2, 1, 0, −1, 0, 1, 2, −1], in float32; they are the test set too.
/// </summary>
public sealed record RegressionPoints : DatasetSpec { private protected override void Close() { } }

/// <summary>
/// Teacher and student: X (Samples × Inputs) and X_test (TestSamples × Inputs) standard normal from <c>numpy(Seed)</c>, as float32, rows
/// normalised; the labels are the outputs of a ReLU network drawn from <c>torch(Seed)</c>: each layer as PyTorch draws it by default, then
/// all weights standard normal (biases stay as they were).
/// </summary>
/// <param name="Samples">n, the number of training samples.</param>
/// <param name="Inputs">d, the number of features.</param>
/// <param name="Teacher">The widths of the teacher's hidden layers.</param>
/// <param name="Biases">Whether the teacher's layers have biases.</param>
/// <param name="UnitTeacher">Whether the rows of its first layer are normalised and its output weights are their signs.</param>
/// <param name="TestSamples">The number of test samples.</param>
/// <param name="Seed">The seed of both streams.</param>
/// <param name="Labels">What the teacher says.</param>
public sealed record TeacherStudent(
    int Samples, int Inputs, Items<int> Teacher, bool Biases, bool UnitTeacher, int TestSamples, uint Seed,
        TeacherLabels Labels) : DatasetSpec
{ private protected override void Close() { } }

/// <summary>What a teacher says.</summary>
public abstract record TeacherLabels
{
    private protected TeacherLabels() { }

    private protected abstract void Close();

    /// <summary>Its outputs.</summary>
    public static TeacherLabels Real { get; } = new RealLabels();

    /// <summary>Their signs, see <see cref="SignLabels"/>.</summary>
    public static TeacherLabels Sign { get; } = new SignLabels();

    /// <summary>Whether they are 1 and −1.</summary>
    internal bool AreSigns => Match(real => false, sign => true);

    /// <summary>The result of the function that fits the case.</summary>
    public TResult Match<TResult>(Func<RealLabels, TResult> real, Func<SignLabels, TResult> sign) => this switch
    {
        RealLabels r => real(r),
        SignLabels s => sign(s),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>The outputs of the teacher.</summary>
public sealed record RealLabels : TeacherLabels { private protected override void Close() { } }

/// <summary>1 where the output of the teacher is not negative, −1 elsewhere: two classes, for the logistic loss.</summary>
public sealed record SignLabels : TeacherLabels { private protected override void Close() { } }

/// <summary>A table in memory: arrays, or what an <c>IDataView</c> held. In YAML up to 1,000 features are written out; of more, the hash
/// alone, which cannot be read.</summary>
public sealed record InMemoryData(RegressionData Data) : DatasetSpec { private protected override void Close() { } }
