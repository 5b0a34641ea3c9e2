namespace LargeSteps.FSharp

open System
open System.Globalization
open System.IO
open System.Net
open System.Text
open LargeSteps.Running
open LargeSteps.Values

/// Charts for scripts and notebooks, as SVG, which browsers and editors show.
[<RequireQualifiedAccess>]
module Chart =
    // The records stand in the module, so that the names of their parts, common words, are not in scope where LargeSteps.FSharp is opened.

    /// A curve: its name in the legend, and its points (x, y); with a band, the least and the largest y at the same x.
    type ChartCurve = { Label: string; Points: (float * float) list; Band: (float * float) list }

    /// Curves over one axis, of which the first eighteen are named; points that are not numbers are left out. Charts of a publication, in
    /// all formats, are those of the program (largesteps plot).
    type ChartFigure = { Title: string; XTitle: string; YTitle: string; LogY: bool; Curves: ChartCurve list }

    // Okabe and Ito's colours, which the colour-blind tell apart.
    let private colours = [| "#0072B2"; "#D55E00"; "#009E73"; "#CC79A7"; "#E69F00"; "#56B4E9"; "#000000" |]
    let private width, height, left, right, top, bottom = 720.0, 440.0, 80.0, 20.0, 40.0, 52.0
    // So many names have room beside the curves.
    let private mostNames = 18
    let private text (number: float) = number.ToString("0.##", CultureInfo.InvariantCulture)
    let private label (number: float) = number.ToString("G4", CultureInfo.InvariantCulture)

    /// Curves of points (x, y), by their names.
    let lines (curves: (string * (float * float) seq) seq) =
        { Title = ""
          XTitle = ""
          YTitle = ""
          LogY = false
          Curves = [ for name, points in curves -> { Label = name; Points = List.ofSeq points; Band = [] } ] }

    /// A metric over the iterations: a curve for each run, the median over its seeds, and a band from the least to the largest of them.
    /// What is not finite, of runs that diverged, is left out, and so are seeds from where they ended.
    let curves metric (results: UnitResult seq) =
        let curve (name, results: UnitResult list) =
            let at =
                [ for each in results do
                      for iteration, value in RunResult.curve metric each.Result do
                          if Double.IsFinite value then iteration, value ]
                |> List.groupBy fst
                |> List.sortBy fst
                |> List.map (fun (iteration, values) -> float iteration, values |> List.map snd |> List.sort |> Array.ofList)

            { Label = name
              Points = [ for x, values in at -> x, Statistics.Median values ]
              Band = if results.Length > 1 then [ for _, values in at -> values[0], Array.last values ] else [] }

        { lines [] with
            XTitle = "iteration"
            YTitle = metric
            Curves = results |> List.ofSeq |> List.groupBy (fun each -> each.Unit.Label) |> List.map curve }

    /// With a heading.
    let withTitle title (chart: ChartFigure) = { chart with Title = title }

    /// With titles of the axes.
    let withAxes x y (chart: ChartFigure) = { chart with XTitle = x; YTitle = y }

    /// With a logarithmic axis; what is not above 0 is left out.
    let withLogY (chart: ChartFigure) = { chart with LogY = true }

    // 1, 2 or 5 times a power of ten, about five in the range.
    let private ticks low high =
        let raw = (high - low) / 5.0
        let power = Math.Pow(10.0, Math.Floor(Math.Log10 raw))
        let step = [ 1.0; 2.0; 5.0; 10.0 ] |> List.map ((*) power) |> List.find (fun step -> step >= raw * 0.999)
        [ for i in Math.Ceiling(low / step - 1e-9) .. Math.Floor(high / step + 1e-9) -> i * step ]

    let private range values =
        match values with
        | [] -> 0.0, 1.0
        | _ ->
            let low, high = List.min values, List.max values
            if low < high then low, high else low - 0.5 * max 1e-300 (abs low) - 1e-12, high + 0.5 * max 1e-300 (abs high) + 1e-12

    /// The chart as SVG.
    let toSvg (chart: ChartFigure) =
        let ofY y = if chart.LogY then log10 y else y
        let drawn (x, y) = Double.IsFinite x && Double.IsFinite y && (y > 0.0 || not chart.LogY)
        let all = [ for curve in chart.Curves do yield! List.filter drawn curve.Points ]
        let bands = [ for curve in chart.Curves do for low, high in curve.Band do if drawn (0.0, low) then low; high ]
        let lowX, highX = all |> List.map fst |> range
        let lowY, highY = (List.map snd all @ bands) |> List.map ofY |> range
        let x value = left + (value - lowX) / (highX - lowX) * (width - left - right)
        let y value = height - bottom - (ofY value - lowY) / (highY - lowY) * (height - top - bottom)
        let svg = StringBuilder()
        let add (line: string) = svg.Append(line).Append('\n') |> ignore
        let encoded (words: string) = WebUtility.HtmlEncode words

        let words atX atY anchor (words: string) =
            add $"""<text x="{text atX}" y="{text atY}" text-anchor="{anchor}">{encoded words}</text>"""

        let w, h = text width, text height
        let size = $"""viewBox="0 0 {w} {h}" width="{w}" height="{h}" """
        add $"""<svg xmlns="http://www.w3.org/2000/svg" {size}font-family="sans-serif" font-size="13">"""
        add """<rect width="100%" height="100%" fill="white"/>"""
        words (width / 2.0) 24.0 "middle" chart.Title
        words ((left + width - right) / 2.0) (height - 12.0) "middle" chart.XTitle
        let middle = text ((top + height - bottom) / 2.0)
        add $"""<text transform="translate(18 {middle}) rotate(-90)" text-anchor="middle">{encoded chart.YTitle}</text>"""

        let line x1 y1 x2 y2 =
            add $"""<line x1="{text x1}" y1="{text y1}" x2="{text x2}" y2="{text y2}" stroke="#ddd"/>"""

        for tick in ticks lowX highX do
            line (x tick) top (x tick) (height - bottom)
            words (x tick) (height - bottom + 18.0) "middle" (label tick)

        for tick in ticks lowY highY do
            let value = if chart.LogY then 10.0 ** tick else tick
            line left (y value) (width - right) (y value)
            words (left - 6.0) (y value + 4.0) "end" (label value)

        let path points = points |> List.map (fun (a, b) -> $"{text (x a)},{text (y b)}") |> String.concat " "

        chart.Curves
        |> List.iteri (fun i curve ->
            let colour = colours[i % colours.Length]

            if not curve.Band.IsEmpty then
                let edges = List.zip (List.map fst curve.Points) curve.Band |> List.filter (fun (at, (low, _)) -> drawn (at, low))
                let edge = [ for at, (low, _) in edges -> at, low ] @ List.rev [ for at, (_, high) in edges -> at, high ]
                add $"""<polygon points="{path edge}" fill="{colour}" fill-opacity="0.15"/>"""

            add $"""<polyline points="{path (List.filter drawn curve.Points)}" fill="none" stroke="{colour}" stroke-width="1.8"/>"""
            if i < mostNames then
                let at = top + 16.0 + 18.0 * float i
                add $"""<rect x="{text (width - right - 16.0)}" y="{text (at - 9.0)}" width="10" height="10" fill="{colour}"/>"""
                words (width - right - 22.0) at "end" curve.Label)

        let unnamed = chart.Curves.Length - mostNames
        if unnamed > 0 then words (width - right - 22.0) (top + 16.0 + 18.0 * float mostNames) "end" $"and {unnamed} more"

        add "</svg>"
        svg.ToString()

    /// Writes the chart as SVG.
    let save (path: string) (chart: ChartFigure) = File.WriteAllText(path, toSvg chart)
