using LargeSteps.Forms;

namespace LargeSteps.Configuration;

/// <summary>
/// What stands for keys that are left out where that depends on the model: how samples are drawn, and the threshold of Jacobian ranks. The
/// keys are put into the stages before these are read, so that what is written says what is meant.
/// </summary>
internal static class ModelDefaults
{
    private static readonly (string Stage, Func<MappingNode, string?, MappingNode> Fill)[] Stages = [("optimizer", Sampling),
        ("probes", Thresholds)];

    /// <summary>The experiment with the keys that its models give it. A shared stage of runs whose models differ becomes one of their
    /// own.</summary>
    public static Node Fill(Node root)
    {
        if (root is not MappingNode experiment) return root;
        var runs = experiment.Find("runs") is SequenceNode list ? list.Items.ToArray() : [];
        var shared = KindOf(experiment.Find("model"));
        string?[] kinds = [.. runs.Select(run => run is MappingNode mapping && mapping.Find("model") is { } own ? KindOf(own) : shared)];
        foreach (var (stage, fill) in Stages)
        {
            int[] sharing = [.. Enumerable.Range(0, runs.Length).Where(i => runs[i] is MappingNode run && run.Find(stage) is null)];
            for (var i = 0; i < runs.Length; i++)
                if (runs[i] is MappingNode run && run.Find(stage) is MappingNode own) runs[i] = Put(run, stage, own, fill(own, kinds[i]));
            if (experiment.Find(stage) is not MappingNode common) continue;
            if (sharing.Select(i => kinds[i]).Distinct().Count() < 2)
                experiment = Put(experiment, stage, common, fill(common, sharing.Length > 0 ? kinds[sharing[0]] : shared));
            else
                foreach (var i in sharing) runs[i] = Put((MappingNode)runs[i], stage, common, fill(common, kinds[i]));
        }
        return experiment.Find("runs") is SequenceNode former ? Put(experiment, "runs", former, former with { Items = runs }) : experiment;
    }

    private static string? KindOf(Node? model) => ((model as MappingNode)?.Find(UnionCodec<object>.Discriminator) as ScalarNode)?.Text;

    private static MappingNode Put(MappingNode mapping, string key, Node former, Node changed) =>
        ReferenceEquals(former, changed) ? mapping : (MappingNode)mapping.With(key, changed)!;

    private static MappingNode Sampling(MappingNode optimizer, string? model) =>
        KindOf(optimizer) != "sgd" || optimizer.Find("sampling") is not null ? optimizer
        : model switch
        {
            "relu_network" => With(optimizer, "sampling", "without_replacement"),
            "deep_network" => With(optimizer, "sampling", "shuffled"),
            _ => optimizer,
        };

    private const string Rank = "jacobian_rank", Threshold = "threshold";

    private static MappingNode Thresholds(MappingNode probes, string? model)
    {
        if (model != "relu_network" || probes.Find("measure") is not SequenceNode measure
            || !measure.Items.Any(item => OfRank(item) is not null))
        {
            return probes;
        }

        return Put(probes, "measure", measure, measure with { Items = [.. measure.Items.Select(item => OfRank(item) ?? item)] });
    }

    // As published; that of a diagonal network, 1e-10, is lost in the rounding of a Gram matrix.
    private static MappingNode? OfRank(Node item) => item switch
    {
        ScalarNode { Plain: true, Text: Rank } word =>
            new([new Entry(word, With(new([], word.Line, word.Column) { Source = word.Source }, Threshold, "1e-4"))], word.Line,
            word.Column),
        MappingNode { Entries: [{ Key: { Text: Rank } key, Value: MappingNode parameters }] } mapping when parameters.Find(
            Threshold) is null =>
            mapping with { Entries = [new Entry(key, With(parameters, Threshold, "1e-4"))] },
        _ => null,
    };

    private static MappingNode With(MappingNode mapping, string key, string value) =>
        (MappingNode)mapping.With(key, new ScalarNode(value, Plain: true, mapping.Line, mapping.Column) { Source = mapping.Source })!;
}
