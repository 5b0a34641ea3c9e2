namespace LargeSteps.FSharp

open LargeSteps.Datasets
open LargeSteps.Numerics
open LargeSteps.Values

/// Immutable lists with value equality. They are sequences: List.ofSeq makes F# lists of them, whose equality is the same.
module Items =
    /// A list of the elements of a sequence.
    let ofSeq (elements: 'a seq) = Items.From elements

    /// The elements as an F# list.
    let toList (items: Items<'a>) = List.ofSeq items

/// A value, or all the reasons why there is none; its pattern is Valid and Invalid.
module Outcome =
    /// Ok with the value, or Error with all diagnostics.
    let toResult (outcome: Outcome<'a>) : Result<'a, Diagnostic list> =
        match outcome with
        | Valid value -> Ok value
        | Invalid diagnostics -> Error diagnostics

    /// The outcome of a result.
    let ofResult (result: Result<'a, Diagnostic list>) : Outcome<'a> =
        match result with
        | Ok value -> Outcome.Success value
        | Error diagnostics -> Outcome.Failure<'a>(Array.ofList diagnostics)

    /// The image of the value, or the same failure.
    let map (image: 'a -> 'b) (outcome: Outcome<'a>) : Outcome<'b> = outcome.Map image

    /// What the function makes of the value, or the same failure.
    let bind (next: 'a -> Outcome<'b>) (outcome: Outcome<'a>) : Outcome<'b> = outcome.Bind next

    /// The value; an InvalidOperationException with all diagnostics where there is none.
    let orThrow (outcome: Outcome<'a>) = outcome.OrThrow()

/// Data of one's own. Those that the library generates are made by DatasetSpec.
module Dataset =
    /// A table in memory, as regression: a row of features for each sample (n × d), and its label (n).
    let inMemory (features: float[,]) (labels: float seq) =
        DatasetSpec.InMemory(RegressionData.Of(Matrix.From features, Items.From labels))

    /// The same with test samples.
    let inMemoryWithTest (features: float[,], labels: float seq) (testFeatures: float[,], testLabels: float seq) =
        DatasetSpec.InMemory(
            RegressionData.Of(Matrix.From features, Items.From labels, Matrix.From testFeatures, Items.From testLabels)
        )

    /// Columns of an IDataView, such as a DataFrame: numbers, or vectors of numbers, and a column of labels.
    let ofDataView (features: string seq) (label: string) view =
        DatasetSpec.FromDataView(view, Items.From features, labelColumn = label) |> Outcome.toResult
