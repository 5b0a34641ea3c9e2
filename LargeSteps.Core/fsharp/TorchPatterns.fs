/// The values in files of torch.save as complete active patterns. Their names are common words: open this module where it is needed.
module LargeSteps.FSharp.TorchPatterns

open LargeSteps.Formats

/// A value in a file of torch.save.
let (|Tensor|Mapping|ListOf|Leaf|) (value: TorchValue) =
    value.Match(
        (fun t -> Tensor t.Value),
        (fun m -> Mapping [ for entry in m.Entries -> entry.Key, entry.Value ]),
        (fun l -> ListOf(List.ofSeq l.Values)),
        (fun l -> Leaf l.Value)
    )

/// A value without parts.
let (|Nothing|Flag|Whole|Real|Text|Opaque|) (scalar: TorchScalar) =
    scalar.Match(
        (fun _ -> Nothing),
        (fun f -> Flag f.Value),
        (fun w -> Whole w.Value),
        (fun r -> Real r.Value),
        (fun t -> Text t.Value),
        (fun o -> Opaque o.Name)
    )
