module LargeSteps.Tests.FSharp.PatternsTests

open System
open System.Collections.Generic
open System.Reflection
open Xunit
open LargeSteps.Configuration
open LargeSteps.Datasets
open LargeSteps.Datasets.Images
open LargeSteps.Figures
open LargeSteps.Formats
open LargeSteps.Models
open LargeSteps.Models.Deep
open LargeSteps.Numerics
open LargeSteps.Optimizers
open LargeSteps.Pipelines
open LargeSteps.Probes
open LargeSteps.Running
open LargeSteps.Schedules
open LargeSteps.Values
open LargeSteps.FSharp
open LargeSteps.Tests.FSharp

let private publicUnions =
    typeof<Schedule>.Assembly.GetExportedTypes()
    |> Array.filter (fun t ->
        t.GetMethods() |> Array.exists (fun m -> m.Name = "Match" && not m.IsStatic && m.DeclaringType = t))

let private definition (t: Type) = if t.IsGenericType then t.GetGenericTypeDefinition() else t

[<Fact>]
let ``every public union has a pattern`` () =
    let covered =
        typeof<ExperimentBuilder>.Assembly.GetExportedTypes()
        |> Array.filter (fun t -> t.Name.EndsWith "Patterns")
        |> Array.collect (fun patterns -> patterns.GetMethods(BindingFlags.Public ||| BindingFlags.Static ||| BindingFlags.DeclaredOnly))
        |> Array.collect (fun pattern -> pattern.GetParameters() |> Array.map (fun p -> definition p.ParameterType))
    Assert.True(publicUnions.Length > 10)
    Assert.Empty(publicUnions |> Array.map definition |> Array.except covered)

[<Fact>]
let ``fields of cases are lists and options of F#`` () =
    let schedules =
        [ Schedule.Drops(0.5, Drop.AtStep(30, 2)); Schedule.Drops(0.5, Drop.AtStep(30, 2), Drop.AtStep(60, 3)); Schedule.Cyclic 1
          Schedule.Cyclic(1, 0.25) ]
    let words =
        function
        | Drops(_, [ drop ]) -> $"one drop by %g{drop.DivideBy}"
        | Drops(_, first :: _) -> $"several drops, first by %g{first.DivideBy}"
        | Curve(Cyclic(_, Some peak)) -> $"peak at %g{peak}"
        | Curve(Cyclic(_, None)) -> "peak as published"
        | _ -> "another"
    Assert.Equal<string list>(
        [ "one drop by 2"; "several drops, first by 2"; "peak as published"; "peak at 0.25" ],
        List.map words schedules
    )

[<Fact>]
let ``no union has more cases than a complete active pattern`` () =
    for union in publicUnions do
        let cases = (union.GetMethod "Match" |> Option.ofObj |> Option.get).GetParameters().Length
        Assert.True(cases <= 7, $"{union.Name} has {cases} cases")

[<Fact>]
let ``schedules are described`` () =
    let described =
        [ Schedule.Constant 0.5
          Schedule.WarmUp(0.1, Growth.Power(2, 1), Duration.Epochs 3)
          Schedule.WarmUp(0.1, Growth.Exponential 4, Duration.Fraction 0.5)
          Schedule.Drops(0.5, Drop.AtFraction(0.25, 4), Drop.AtStep(30, 2))
          Schedule.Cosine 1
          Schedule.InvertedCosine 1
          Schedule.Cyclic 1
          Schedule.Cyclic(1, 0.25)
          Schedule.Of("square", fun t -> t * t)
          Schedule.Constant(1).JoinedAt(Duration.Steps 7, Schedule.Constant 2)
          Schedule.Constant(1).ScaledBy(3)
          Schedule.Cosine(1).AtEndOfStep() ]
        |> List.map Describe.schedule
    Assert.Equal<string list>(
        [ "0.5"
          "0.1 times 1 + 2 t^1 until 3 epochs"
          "0.1 times 4^t until 0.5 of the run"
          "0.5 divided by 4 at 0.25 of the run, by 2 at 30 steps"
          "cosine from 1"
          "cosine up to 1"
          "up to 1 and back"
          "up to 1 at 0.25 and back"
          "square"
          "1, from 7 steps on 2"
          "3 times 1"
          "cosine from 1, at the end of each step" ],
        described
    )

[<Fact>]
let ``stages are described`` () =
    let memory = RegressionData.Of(Matrix.From(array2D [ [ 1.0; 2.0 ]; [ 3.0; 4.0 ] ]), Items.From [ 1.0; 2.0 ])
    Assert.Equal("80 samples with 20 of 200 features that matter", Describe.dataset (DatasetSpec.SparseRegression(80, 200, 20)))
    Assert.Equal("9 outputs of a teacher", Describe.dataset (DatasetSpec.TeacherStudent(9, 2, Items.From [ 3 ], true, false)))
    let signs = DatasetSpec.TeacherStudent(9, 2, Items.From [ 3 ], true, false, labels = TeacherLabels.Sign)
    Assert.Equal("9 signs of a teacher", Describe.dataset signs)
    Assert.Equal("2 samples in memory", Describe.dataset (DatasetSpec.InMemory memory))
    Assert.Equal("50000 images of cifar10, augmented", Describe.dataset (DatasetSpec.Images(ImageSource.Cifar10, augment = true)))
    Assert.Equal("u = 0.1, v = 0", Describe.model (ModelSpec.DiagonalLinear()))
    let relu = ModelSpec.ReluNetwork(Items.From [ 3; 4 ], Initialisation.Default)
    Assert.Equal("2 hidden layers, default, squared in float32", Describe.model relu)
    Assert.Equal("wrn28 of width 10", Describe.model (ModelSpec.DeepNetwork Architecture.WideResNet28))
    Assert.Equal("module line", Describe.model (ModelSpec.Custom("line", fun _ -> TorchSharp.torch.nn.Linear(1, 1))))
    Assert.Equal<string list>(
        [ "normal 0.5 0"; "blanc 2.5 2.5 4"; "balanced 1" ],
        [ Initialisation.Gaussian(0.5, 0); Initialisation.Blanc(); Initialisation.Balanced() ] |> List.map Describe.initialisation
    )
    Assert.Equal("logistic in float64", $"{Describe.loss Loss.Logistic} in {Describe.precision Precision.Bits64}")
    Assert.Equal("gradient descent, 5 steps", Describe.optimizer (OptimizerSpec.GradientDescent 5))
    Assert.Equal("batches of 2, 1.5 epochs, seed 9", Describe.optimizer (OptimizerSpec.Sgd(5, 2, 9u).WithLength(Duration.Epochs 1.5)))
    let different = OptimizerSpec.Sgd(5, 2, 9u, Sampling.WithoutReplacement)
    Assert.Equal("batches of 2 different samples, 5 steps, seed 9", Describe.optimizer different)
    Assert.Equal("batches of 2 shuffled samples, 5 steps, seed 9", Describe.optimizer (OptimizerSpec.Sgd(5, 2, 9u, Sampling.Shuffled)))
    Assert.Equal("closed form, autograd", $"{Describe.engine Engine.ClosedForm}, {Describe.engine Engine.Autograd}")

[<Fact>]
let ``probes and cadences are described`` () =
    let probes: Probe list =
        [ Losses()
          L0Norm.Of(0.5, 0.25)
          L1Norm()
          ParameterNorm()
          Balancedness()
          L2Term()
          JacobianRank.Of 0.5
          HessianEigenvalues 3
          Sharpness()
          Sharpness 5
          Bounce()
          GradientNorm()
          CustomProbe("largest", fun view -> Seq.max view.Weights.Values) ]
    Assert.Equal<string list>(
        [ "losses"; "l0 0.5 0.25"; "l1_norm"; "parameter_norm"; "balancedness"; "l2_term"; "rank 0.5"; "3 eigenvalues"; "sharpness"
          "sharpness of 5 samples"; "bounce"; "gradient_norm"; "function largest" ],
        probes |> List.map Describe.probe
    )
    Assert.Equal<string list>(
        [ "first 1, then 2 points"; "every 3 steps, end False"; "first 4, then 5 points in the logarithm" ],
        [ Cadence.Evenly(1, 2); Cadence.Every 3; Cadence.Logarithmic(4, 5) ] |> List.map Describe.cadence
    )
    Assert.Equal<string list>(
        [ "all"; "first and last"; "1 5" ],
        [ SnapshotSpec.All; SnapshotSpec.Ends; SnapshotSpec.Measurements(1, 5) ] |> List.map Describe.snapshots
    )

[<Fact>]
let ``figures are described`` () =
    let grid = SurfaceGrid(Interval(-0.5, 2.3), Interval(-0.5, 2.3))
    Assert.Equal<string list>(
        [ "a: 2 panels over the iterations"; "b: 1 panels over x"; "c: 1 maps over x and y"; "d: functions over the data"
          "e: neurons in the plane"
          "f: 2 paths on the plane through the start, the optimum and the end of a"
          "g: 0 paths on the plane through measurement 3 of a in random directions of seed 4"
          "g: 0 paths on the plane through the end of a in filter-normalised directions of seed 4"
          "h: 0 paths on the plane in which a varies most"; "i: 2 metrics in 1 windows, beside a" ],
        [ FigureSpec.Curves("a", "train_loss", "test_loss")
          FigureSpec.Sweep("b", "x", "train_loss")
          FigureSpec.HeatMap("c", "x", "y", "train_loss")
          FigureSpec.Function "d"
          FigureSpec.Neurons "e"
          FigureSpec.Surface("f", SurfacePlane.Through(PlanePoint.Initial, PlanePoint.Optimum, PlanePoint.End "a"), grid, "a", "b")
          FigureSpec.Surface("g", SurfacePlane.Random(PlanePoint.Measurement("a", 3), 4u), grid)
          FigureSpec.Surface("g", SurfacePlane.Random(PlanePoint.End "a", 4u, true), grid)
          FigureSpec.Surface("h", SurfacePlane.Principal "a", grid)
          FigureSpec.Table("i", Items.From [ "train_loss"; "test_loss" ], "a", Window.End) ]
        |> List.map Describe.figure
    )

[<Fact>]
let ``label noise is described`` () =
    Assert.Equal<string list>(
        [ "σ = 0.5"; "as of SGD"; "as of SGD at 0.01"; "as of SGD at 0.01, until 3 steps"; "σ = 0.5" ],
        [ LabelNoise.Gaussian 0.5
          LabelNoise.Matched
          LabelNoise.AtLevel 0.01
          LabelNoise.AtLevel(0.01, Duration.Steps 3)
          LabelNoise.Scheduled(Schedule.Constant 0.5) ]
        |> List.map Describe.labelNoise
    )

[<Fact>]
let ``forks are described`` () =
    Assert.Equal<string list>([ "step 3 of a"; "b.json" ], [ Fork.OfRun("a", 3L); Fork.OfCheckpoint "b.json" ] |> List.map Describe.fork)

[<Fact>]
let ``spreads are described`` () =
    Assert.Equal<string list>([ "median"; "mean" ], [ Center.Median; Center.Mean ] |> List.map Describe.center)
    Assert.Equal<string list>(
        [ "from 0.25 to 0.75"; "from 0.1 to 0.9"; "standard deviation"; "none" ],
        [ Band.Quartiles; Band.Quantiles(0.1, 0.9); Band.StandardDeviation; Band.None ] |> List.map Describe.band
    )

[<Fact>]
let ``ends of runs are described`` () =
    Assert.Equal<string list>(
        [ "completed"; "dead"; "diverged at 3"; "stopped at 4"; "failed: bug" ],
        [ RunEnd.Completed; RunEnd.Dead; RunEnd.Diverged 3; RunEnd.Stopped 4; RunEnd.Failed "bug" ] |> List.map Describe.ending
    )

[<Fact>]
let ``outcomes are described`` () =
    Assert.Equal("3", Outcome.Success 3 |> Describe.outcome string)
    Assert.Equal(
        "error LS1: one; file(2,3): error LS2: two",
        Outcome.Failure<int>(Diagnostic("LS1", "one"), Diagnostic("LS2", "two", "file", 2, 3)) |> Describe.outcome string
    )

[<Fact>]
let ``values of PyTorch's files are described`` () =
    let leaves =
        [ TorchScalar.Nothing
          TorchScalar.Flag true
          TorchScalar.Whole 3I
          TorchScalar.Real 0.5
          TorchScalar.Text "a"
          TorchScalar.Opaque "torch.device" ]
        |> List.map TorchValue.Scalar
    let checkpoint =
        TorchValue.Mapping
            [ KeyValuePair("model", TorchValue.StateDict [ NamedTensor.Of("w", Items.From [ 2L ], ReadOnlySpan [| 1f; 2f |]) ])
              KeyValuePair("rest", TorchValue.List leaves) ]
    Assert.Equal("model = w = w: float32 [2]; rest = nothing, yes, 3, 0.5, 'a', a torch.device", Describe.saved checkpoint)
