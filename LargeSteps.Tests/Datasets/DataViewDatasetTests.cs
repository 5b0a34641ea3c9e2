using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using LargeSteps.Values;
using Microsoft.Data.Analysis;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace LargeSteps.Tests.Datasets;

/// <summary>Datasets from what ML.NET loads and transforms, and results as what ML.NET transforms.</summary>
public sealed class DataViewDatasetTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly string _folder = Directory.CreateTempSubdirectory("largesteps-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private sealed class Sample
    {
        public float Label { get; set; }

        [VectorType(3)]
        public float[] Features { get; set; } = [];
    }

    private sealed class Sparse
    {
        public float Label { get; set; }

        [VectorType(4)]
        public VBuffer<float> Features { get; set; }
    }

    private sealed class OfAnyLength
    {
        public double Label { get; set; }

        [VectorType]
        public double[] Features { get; set; } = [];
    }

    private sealed class Numbers
    {
        public byte A { get; set; }

        public short B { get; set; }

        public long C { get; set; }

        public ulong D { get; set; }

        public double E { get; set; }

        public int Label { get; set; }
    }

    private sealed class NoNumbers
    {
        public string Name { get; set; } = "";

        public bool Flag { get; set; }

        [VectorType(2)]
        public float[] Pair { get; set; } = [0, 0];

        [KeyType(3)]
        public uint Category { get; set; }

        public float Number { get; set; }
    }

    private static readonly Sample[] Two = [new() { Features = [1, 2, 3], Label = 0.5f }, new() { Features = [4, 5, 6], Label = -1 }];

    private static RegressionData Data(Outcome<RegressionData> outcome) => outcome.OrThrow();

    private static Items<Diagnostic> Problems<T>(Outcome<T> outcome) =>
        outcome.Match(_ => throw new InvalidOperationException("It worked."), problems => problems);

    private static void AssertProblem(string code, string message, Outcome<DatasetSpec> outcome)
    {
        var problem = Assert.Single(Problems(outcome));
        Assert.Equal((code, message), (problem.Code, problem.Message));
    }

    private string Write(string name, params string[] lines)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllLines(path, lines);
        return path;
    }

    [Fact]
    public void A_text_file_is_a_dataset()
    {
        var path = Write("small.csv", "x1,x2,x3,y", "1,2,3,0.5", "4,5,6,-1");
        var view = _ml.Data.LoadFromTextFile(path, new TextLoader.Options
        {
            Columns = [new("Features", DataKind.Double, 0, 2), new("Label", DataKind.Single, 3)],
            HasHeader = true,
            Separators = [','],
        });
        var expected = RegressionData.Of(Matrix.FromRows([[1, 2, 3], [4, 5, 6]]), [0.5, -1]);
        Assert.Equal(DatasetSpec.InMemory(expected), DatasetSpec.FromDataView(view).OrThrow());
    }

    [Fact]
    public void Sparse_vectors_are_filled_with_zeros()
    {
        Sparse[] rows = [new() { Features = new(4, 2, [5, 7], [1, 3]) }, new() { Features = new(4, [1, 2, 3, 4]) },
            new() { Features = new(4, 0, [], []) }];
        Assert.Equal(
            Matrix.FromRows([[0, 5, 0, 7], [1, 2, 3, 4], [0, 0, 0, 0]]),
            Data(RegressionData.FromDataView(_ml.Data.LoadFromEnumerable(rows), ["Features"], "Label")).Features);
    }

    [Fact]
    public void Objects_are_a_dataset_with_a_test_set()
    {
        var data = Data(RegressionData.FromDataView(
            _ml.Data.LoadFromEnumerable(Two), ["Features"], "Label", _ml.Data.LoadFromEnumerable(Two.Take(1))));
        Assert.Equal(RegressionData.Of(Matrix.FromRows([[1, 2, 3], [4, 5, 6]]), [0.5, -1]).WithTest(Matrix.FromRows([[1, 2, 3]]), [0.5]),
            data);
    }

    [Fact]
    public void Vectors_without_a_declared_length_are_features_where_all_have_the_same()
    {
        OfAnyLength[] rows = [new() { Features = [1, 2], Label = 1 }, new() { Features = [3, 4], Label = 2 }];
        Assert.Equal(Matrix.FromRows([[1, 2], [3, 4]]),
            Data(RegressionData.FromDataView(_ml.Data.LoadFromEnumerable(rows), ["Features"], "Label")).Features);
    }

    [Fact]
    public void Numbers_of_any_type_stand_side_by_side()
    {
        Numbers[] rows = [new() { A = 1, B = -2, C = 3, D = 4, E = 0.5, Label = -7 }];
        var data = Data(RegressionData.FromDataView(_ml.Data.LoadFromEnumerable(rows), ["E", "A", "B", "C", "D"], "Label"));
        Assert.Equal(RegressionData.Of(Matrix.From(new double[,] { { 0.5, 1, -2, 3, 4 } }), [-7]), data);
    }

    [Fact]
    public void A_chain_of_transforms_is_a_dataset()
    {
        var path = Write("chain.csv", "x1,x2,y", "1,10,2", "3,20,4", "5,30,6");
        var view = _ml.Data.LoadFromTextFile(
            path, [new TextLoader.Column("x1", DataKind.Single, 0), new TextLoader.Column("x2", DataKind.Single, 1),
            new TextLoader.Column("y", DataKind.Single, 2)],
            separatorChar: ',', hasHeader: true);
        var chain = _ml.Transforms.NormalizeMinMax("x2", fixZero: false).Append(_ml.Transforms.Concatenate("Both", "x1", "x2"));
        var data = Data(RegressionData.FromDataView(chain.Fit(view).Transform(view), ["Both"], "y"));
        Assert.Equal(RegressionData.Of(Matrix.FromRows([[1, 0], [3, 0.5], [5, 1]]), [2, 4, 6]), data);
    }

    [Fact]
    public void A_data_frame_is_a_dataset()
    {
        var frame = new DataFrame(new DoubleDataFrameColumn("a", [1, 2]), new Int32DataFrameColumn("b", [3, 4]),
            new DoubleDataFrameColumn("y", [5, 6]));
        Assert.Equal(RegressionData.Of(Matrix.FromRows([[1, 3], [2, 4]]), [5, 6]),
            Data(RegressionData.FromDataView(frame, ["a", "b"], "y")));
    }

    [Fact]
    public void Empty_cells_of_a_data_frame_are_missing_values_of_integers_too()
    {
        var frame = new DataFrame(new DoubleDataFrameColumn("a", new double?[] { 1, null, 3 }),
            new Int32DataFrameColumn("y", new int?[] { 5, null, null }));
        Assert.Equal(
            ["column 'a' of the training data has no value (NaN) in row 2: fill it in or leave the row out",
                "column 'y' of the training data has no value (NaN) in row 2 and 1 more: fill it in or leave the row out"],
            Problems(RegressionData.FromDataView(frame, ["a"], "y")).Select(p => p.Message));
    }

    [Fact]
    public void A_missing_column_is_named_with_the_nearest() => AssertProblem(
        "LS0501", "the training data have no column 'Lable'; did you mean 'Label'?",
        DatasetSpec.FromDataView(_ml.Data.LoadFromEnumerable(Two), labelColumn: "Lable"));

    [Theory]
    [InlineData("Name", "Number", "column 'Name' of the training data is of type String, not a number or a vector of numbers; let the loader read it as Single, or convert it")]
    [InlineData("Flag", "Number", "column 'Flag' of the training data is of type Boolean, not a number or a vector of numbers; convert it to Single")]
    [InlineData("Category", "Number", "column 'Category' of the training data is of type Key<UInt32, 0-2>, not a number or a vector of numbers; a key names a category: map it to a vector")]
    [InlineData("Number", "Pair", "column 'Pair' of the training data is a vector (Vector<Single, 2>), not a number")]
    public void A_column_that_holds_no_numbers_is_a_problem(string feature, string label, string message) =>
        AssertProblem("LS0502", message, DatasetSpec.FromDataView(_ml.Data.LoadFromEnumerable([new NoNumbers()]), feature, label));

    [Fact]
    public void A_value_that_is_not_finite_is_named_with_its_row()
    {
        Sample[] rows = [Two[0], new() { Features = [1, float.NaN, float.NaN], Label = 1 },
            new() { Features = [1, 1, 1], Label = float.NegativeInfinity }, new() { Features = [float.NaN, 1, 1] }];
        var problems = Problems(DatasetSpec.FromDataView(_ml.Data.LoadFromEnumerable(rows)));
        Assert.Equal(["LS0503", "LS0503"], problems.Map(p => p.Code));
        Assert.Equal("column 'Features' of the training data has no value (NaN) in row 2 and 1 more: fill it in or leave the row out",
            problems[0].Message);
        Assert.Equal("column 'Label' of the training data has an infinite value in row 3: fill it in or leave the row out",
            problems[1].Message);
    }

    [Fact]
    public void Text_that_is_no_number_is_a_missing_value_in_its_row()
    {
        var path = Write("words.csv", "1,2,3", "1,two,3");
        var view = _ml.Data.LoadFromTextFile(path,
            [new TextLoader.Column("Features", DataKind.Single, 0, 1), new TextLoader.Column("Label", DataKind.Single, 2)],
                separatorChar: ',');
        AssertProblem("LS0503", "column 'Features' of the training data has no value (NaN) in row 2: fill it in or leave the row out",
            DatasetSpec.FromDataView(view));
    }

    [Fact]
    public void No_rows_are_a_problem_of_each_set()
    {
        var none = _ml.Data.LoadFromEnumerable(Array.Empty<Sample>());
        AssertProblem("LS0504", "the training data have no rows", DatasetSpec.FromDataView(none));
        AssertProblem("LS0504", "the test data have no rows", DatasetSpec.FromDataView(_ml.Data.LoadFromEnumerable(Two), test: none));
    }

    [Fact]
    public void Vectors_of_differing_or_no_length_are_a_problem()
    {
        OfAnyLength[] rows = [new() { Features = [1, 2] }, new() { Features = [1] }, new() { Features = [1, 2, 3] }];
        AssertProblem(
            "LS0505", "column 'Features' of the training data has 1 values in row 2 and 1 more, but 2 in row 1",
                DatasetSpec.FromDataView(_ml.Data.LoadFromEnumerable(rows)));
        AssertProblem("LS0505", "the feature vectors of the training data are empty",
            DatasetSpec.FromDataView(_ml.Data.LoadFromEnumerable([new OfAnyLength()])));
    }

    [Fact]
    public void A_test_set_of_other_dimensions_is_a_problem() => AssertProblem(
        "LS0506", "a row of the test data has 2 features, one of the training data 3",
        DatasetSpec.FromDataView(_ml.Data.LoadFromEnumerable(Two),
            test: _ml.Data.LoadFromEnumerable([new OfAnyLength { Features = [1, 2] }])));

    [Fact]
    public void Columns_named_twice_or_not_at_all_are_a_problem()
    {
        var view = _ml.Data.LoadFromEnumerable(Two);
        AssertProblem("LS0507", "no feature column is named", DatasetSpec.FromDataView(view, Items<string>.Empty));
        AssertProblem("LS0507", "feature column 'Features' is named twice", DatasetSpec.FromDataView(view, ["Features", "Features"]));
        AssertProblem("LS0507", "column 'Label' is the label and a feature as well: the model would see what it is to learn",
            DatasetSpec.FromDataView(view, "Label"));
    }

    [Fact]
    public void All_problems_of_both_sets_are_found_at_once()
    {
        var view = _ml.Data.LoadFromEnumerable([new NoNumbers()]);
        Assert.Equal(["LS0502", "LS0501", "LS0502", "LS0501"], Problems(DatasetSpec.FromDataView(view, "Name", "Label", view))
            .Map(p => p.Code));
    }

    [Fact]
    public void A_diagonal_network_learns_from_a_data_view()
    {
        // y = 2 x₁: sparse, so that a diagonal network finds it.
        var random = new NumpyRandom(0);
        var x = new double[40 * 3];
        random.StandardNormal(x);
        var rows = x.Chunk(3).Select(row => new Sample { Features = [.. row.Select(v => (float)v)], Label = 2 * (float)row[0] }).ToArray();
        var result = Runner.Run(Pipeline.Of(
            DatasetSpec.FromDataView(_ml.Data.LoadFromEnumerable(rows[..30]), test: _ml.Data.LoadFromEnumerable(rows[30..])).OrThrow(),
            ModelSpec.DiagonalLinear(), Schedule.Constant(0.05), OptimizerSpec.Sgd(2000), ProbePlan.Of(Cadence.Every(100), new Losses())));
        Assert.Equal(RunEnd.Completed, result.End);
        Assert.True(result.Values("train_loss")[0] > 1);
        Assert.InRange(result.Last("train_loss"), 0, 1e-4);
        Assert.InRange(result.Last("test_loss"), 0, 1e-4);
    }

    [Fact]
    public void A_relu_network_learns_from_a_data_view()
    {
        // y = |x₁|: what a linear model cannot learn.
        var random = new NumpyRandom(0);
        var x = new double[60 * 3];
        random.StandardNormal(x);
        var rows = x.Chunk(3).Select(row => new Sample { Features = [.. row.Select(v => (float)v)], Label = Math.Abs((float)row[0]) })
            .ToArray();
        var result = Runner.Run(Pipeline.Of(
            DatasetSpec.FromDataView(_ml.Data.LoadFromEnumerable(rows[..40]), test: _ml.Data.LoadFromEnumerable(rows[40..])).OrThrow(),
            ModelSpec.ReluNetwork([16], Initialisation.Default, seed: 1), Schedule.Constant(0.05),
            OptimizerSpec.Sgd(4000, batchSize: 4, sampling: Sampling.WithoutReplacement),
            ProbePlan.Of(Cadence.Every(100), new Losses(), new JacobianRank([1e-4]))));
        Assert.Equal(RunEnd.Completed, result.End);
        Assert.True(result.Values("train_loss")[0] > 0.3);
        Assert.InRange(result.Last("train_loss"), 0, 0.01);
        Assert.InRange(result.Last("test_loss"), 0, 0.1);
        Assert.InRange(result.Last("jacobian_rank"), 1, 20);
    }

    private sealed class MetricRow
    {
        public string Run { get; set; } = "";

        public long Iteration { get; set; }

        public double TrainLoss { get; set; }
    }

    [Fact]
    public void Results_go_through_transforms_as_a_data_view()
    {
        var pipeline = Pipeline.Of(
            DatasetSpec.SparseRegression(10, 5, 2, testSamples: 10), ModelSpec.DiagonalLinear(), Schedule.Constant(0.1),
            OptimizerSpec.GradientDescent(100),
            ProbePlan.Of(Cadence.Every(10), new Losses(), new L1Norm()));
        var metrics = ResultFrames.Metrics(ExperimentRunner.Run(Experiment.Of("tiny", pipeline)));

        IDataView late = _ml.Data.FilterRowsByColumn(metrics, "epoch", lowerBound: 50);
        var chain = _ml.Transforms.CopyColumns("Run", "run").Append(_ml.Transforms.CopyColumns("Iteration", "iteration"))
            .Append(_ml.Transforms.CopyColumns("TrainLoss", "train_loss"))
            .Append(_ml.Transforms.Concatenate("Losses", "train_loss", "test_loss"));
        var view = chain.Fit(late).Transform(late);

        var rows = _ml.Data.CreateEnumerable<MetricRow>(view, reuseRowObject: false, ignoreMissingColumns: true).ToArray();
        Assert.Equal([50L, 60, 70, 80, 90], rows.Select(row => row.Iteration));
        Assert.All(rows, row => Assert.Equal("tiny", row.Run));
        Assert.Equal(metrics["train_loss"].Cast<double>().Skip(5), rows.Select(row => row.TrainLoss));
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Double, 2), view.Schema["Losses"].Type);

        // And back in: a table of results is a dataset like any other.
        Assert.Equal(5, Data(RegressionData.FromDataView(view, ["Losses", "l1_norm"], "iteration")).Samples);
    }
}
