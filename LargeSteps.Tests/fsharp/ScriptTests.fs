/// What scripts use: printers and charts.
module LargeSteps.Tests.FSharp.ScriptTests

open System
open System.Globalization
open System.IO
open System.Xml.Linq
open Xunit
open LargeSteps.FSharp
open LargeSteps.Pipelines
open LargeSteps.Running
open LargeSteps.Values

let private experiment = LibraryGuide.pipeline |> Experiment.ofPipeline "one" |> Experiment.withSeeds (Seeds.ofSampling 1u 3)

let private result last =
    let values = [ for i in 1.0 .. 10.0 -> 1.0 / i ] @ [ last ]
    let measurements = values |> List.mapi (fun i value -> Measurement(int64 i, 0.0, 0.1, Items.ofSeq [ value ]))
    RunResult(Items.ofSeq [ "loss" ], Items.ofSeq measurements, RunEnd.Completed, 10L, 0.0, 0.0)

let private unitResult label seed last = UnitResult(RunUnit(label, seed, LibraryGuide.pipeline), result last)

[<Fact>]
let ``values of LargeSteps are printed in words, all others as ever`` () =
    Assert.Equal("completed", Printers.text RunEnd.Completed)
    Assert.Equal("[1, 2]", Printers.text (Items.ofSeq [ 1; 2 ]))
    Assert.Equal(string LibraryGuide.pipeline, Printers.text LibraryGuide.pipeline)
    Assert.Null(Printers.text [ 1; 2 ])
    Assert.Null(Printers.text null)

[<Fact>]
let ``results are a table in text`` () =
    Assert.Equal(
        "run  seed  end        loss\na    1     completed  0.5\nbc   2     completed  NaN",
        Printers.table [ unitResult "a" 1u 0.5; unitResult "bc" 2u nan ]
    )

[<Fact>]
let ``a chart of results has a curve and a band for each run`` () =
    let results = [ unitResult "a <b>" 1u 0.5; unitResult "a <b>" 2u nan; unitResult "a <b>" 3u 0.25; unitResult "c" 1u 2.0 ]
    let chart = results |> Chart.curves "loss"
    match chart.Curves with
    | [ a; c ] ->
        Assert.Equal((10.0, 0.375), List.last a.Points)
        Assert.Equal((0.25, 0.5), List.last a.Band)
        Assert.Equal((10.0, 2.0), List.last c.Points)
        Assert.Empty c.Band
    | _ -> Assert.Fail "two curves"
    let svg = XDocument.Parse(chart |> Chart.withTitle "losses & more" |> Chart.toSvg)
    let all name = svg.Descendants(XName.Get(name, "http://www.w3.org/2000/svg")) |> List.ofSeq
    Assert.Equal((2, 1), ((all "polyline").Length, (all "polygon").Length))
    Assert.Contains("losses & more", [ for words in all "text" -> words.Value ])
    Assert.Contains("a <b>", [ for words in all "text" -> words.Value ])

[<Fact>]
let ``a chart is the same in every culture, stays in its frame, and is saved`` () =
    let chart = experiment |> Runner.runAll |> Chart.curves "train_loss" |> Chart.withLogY
    let before = CultureInfo.CurrentCulture
    let invariant = Chart.toSvg chart
    try
        CultureInfo.CurrentCulture <- CultureInfo.GetCultureInfo "de-DE"
        Assert.Equal(invariant, Chart.toSvg chart)
    finally
        CultureInfo.CurrentCulture <- before
    let path = Path.Combine(Path.GetTempPath(), $"largesteps-{Guid.NewGuid()}.svg")
    chart |> Chart.save path
    Assert.Equal(invariant, File.ReadAllText path)
    File.Delete path
    for points in XDocument.Parse(invariant).Descendants(XName.Get("polyline", "http://www.w3.org/2000/svg")) do
        for point in (points.Attribute(XName.Get "points") |> Option.ofObj |> Option.get).Value.Split ' ' do
            match point.Split ',' |> Array.map (fun number -> Double.Parse(number, CultureInfo.InvariantCulture)) with
            | [| x; y |] ->
                Assert.InRange(x, 80.0, 700.0)
                Assert.InRange(y, 40.0, 388.0)
            | _ -> Assert.Fail point

[<Fact>]
let ``a chart without points, or with one, is a chart`` () =
    let charts =
        [ Chart.lines []
          Chart.lines [ "none", [] ]
          Chart.lines [ "one", [ 1.0, 0.0 ] ]
          Chart.lines [ "level", [ 0.0, 3.0; 1.0, 3.0 ] ]
          Chart.lines [ "negative", [ 0.0, -3.0 ] ] |> Chart.withLogY
          Chart.lines [ "not numbers", [ nan, 1.0; infinity, 2.0; 3.0, nan; 1.0, 1.0; 2.0, 2.0 ] ] ]
    for chart in charts do
        Assert.DoesNotContain("NaN", Chart.toSvg chart)

[<Fact>]
let ``of many curves the first are named`` () =
    let svg = Chart.lines [ for i in 1..25 -> $"curve {i}", [ 0.0, float i; 1.0, float i ] ] |> Chart.toSvg
    Assert.Contains(">curve 18<", svg)
    Assert.DoesNotContain(">curve 19<", svg)
    Assert.Contains(">and 7 more<", svg)
    Assert.Equal(25, svg.Split("<polyline").Length - 1)

module private OfUser =
    type Reading = { Label: string; Points: int list; Band: float; Title: string; LogY: bool; Curves: int }

/// LargeSteps.FSharp is opened last, and a label without a type is still one of the user's record.
module private Inference =
    open OfUser
    open LargeSteps.FSharp

    let words reading = $"{reading.Label} {reading.Title} {reading.Curves}"
    let first = fun reading -> List.head reading.Points

[<Fact>]
let ``labels of the library's records are not in scope`` () =
    let reading: OfUser.Reading = { Label = "a"; Points = [ 3 ]; Band = 0.5; Title = "b"; LogY = false; Curves = 2 }
    Assert.Equal("a b 2", Inference.words reading)
    Assert.Equal(3, Inference.first reading)
