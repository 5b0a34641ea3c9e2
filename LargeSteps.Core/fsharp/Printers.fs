/// What F# Interactive shows of values of LargeSteps.
module LargeSteps.FSharp.Printers

open System.Globalization
open LargeSteps.Values

/// A value of LargeSteps in words, in place of all its properties; null of all others, which F# Interactive then shows as ever. In a
/// script: fsi.AddPrinter Printers.text
let text (value: obj | null) : string | null =
    match value with
    | null -> null
    | value when value.GetType().Assembly = typeof<Diagnostic>.Assembly -> value.ToString()
    | _ -> null

/// A table in columns of text: the last measured values of each result, a row each.
let table (results: LargeSteps.Running.UnitResult seq) =
    let results = List.ofSeq results
    let metrics = results |> List.collect (fun each -> List.ofSeq each.Result.Metrics) |> List.distinct

    let cell (result: LargeSteps.Running.RunResult) metric =
        if Seq.contains metric result.Metrics then (result.Last metric).ToString("G4", CultureInfo.InvariantCulture) else ""

    let row (each: LargeSteps.Running.UnitResult) =
        [ each.Unit.Label; string each.Unit.Seed; string each.Result.End ] @ List.map (cell each.Result) metrics

    let rows = ([ "run"; "seed"; "end" ] @ metrics) :: List.map row results

    let widths = rows |> List.transpose |> List.map (List.map String.length >> List.max)

    rows
    |> List.map (fun row -> (List.map2 (fun (cell: string) (width: int) -> cell.PadRight width) row widths |> String.concat "  ").TrimEnd())
    |> String.concat "\n"
