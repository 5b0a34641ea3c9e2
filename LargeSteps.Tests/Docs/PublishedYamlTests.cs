using CsCheck;
using LargeSteps.Experiments.Docs;
using LargeSteps.Values;

namespace LargeSteps.Tests.Docs;

public class PublishedYamlTests
{
    private static readonly Gen<PublishedNumber> Numbers = Gen.Select(Gen.Int[-9999, 9999], Gen.Int[-20, 20], (m, e) =>
        new PublishedNumber(FormattableString.Invariant($"{m}.50e{e}")));

    private static readonly Gen<RunClass> Classes =
        Gen.OneOf(Gen.Int[1, 17].Select(RunClass.Reproduces), Gen.Int[1, 17].Select(RunClass.MildlyChaotic), Gen.Const(RunClass.Chaotic));

    private static readonly Gen<Items<PublishedValue>> Values =
        Gen.Select(Gen.OneOf(Gen.Const("train_loss"), Gen.Const("l0_norm"), Gen.Const("l1_norm")), Numbers, (metric, number) =>
            new PublishedValue(metric, number))
        .Array[0, 3].Select(values => Items.From(values.DistinctBy(v => v.Metric)));

    private static readonly Gen<PublishedSeeds> Seeds =
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 9], Gen.Bool, Values, Numbers, (alive, dead, counted, means, deviation) => new PublishedSeeds(
        20, alive, counted ? dead : null, means.Map(m => new PublishedSpread(m.Metric, new(m.Value, counted ? deviation : null)))));

    private static readonly Gen<PublishedRun> Runs = Gen.Select(Gen.OneOf(Gen.Const("a"), Gen.Const("b")), Classes, Values, Values, Seeds,
        Gen.Bool, (run, c, values, exact, seeds, has) => new PublishedRun(run, has ? null : 0, c, values, exact,
            has ? seeds : null));

    [Fact]
    public void What_is_written_is_read_as_the_same() => DocsFolder.In(folder =>
    {
        var (file, configs) = (Path.Combine(folder, "docs", "any.yaml"), ConfigFolder.Beside(Path.Combine(folder, "docs")));
        Gen.Select(Runs.Array[0, 3], Gen.OneOf(Gen.Const("one line"), Gen.Const("two\nlines: # 'x'\n\nand more\n")), (runs, text) =>
            new Published(text, [new("small", text, Items.From(runs), [])])).Sample(
            published =>
            {
                File.WriteAllText(file, PublishedYaml.Write(published));
                Assert.Equal(published, PublishedYaml.Load(file, configs).OrThrow());
            }, iter: 100, threads: 1);
    });

    [Fact]
    public void Whatever_is_wrong_is_told_with_its_place() => DocsFolder.In(folder =>
    {
        var (file, configs) = (Path.Combine(folder, "docs", "published.yaml"), ConfigFolder.Beside(Path.Combine(folder, "docs")));
        (string, string)[] edits =
        [
            ("config: small", "config: smal"), ("config: plane", "config: small"), ("run: a", "run: aa"),
            ("{ reproduces: { digits: 4 } }", "reproduces"), ("{ reproduces: { digits: 4 } }", "{ reproduces: { digits: 0 } }"),
            ("class: chaotic", "class: chaos"), ("values: { train_loss: 0.1", "values: { trainloss: 0.1"),
            ("values: { train_loss: 0.1", "values: { train_loss: 0,1"), ("values: { train_loss: 0.1", "values: { train_loss: \"0.1\""),
            ("values: { train_loss: 0.1 }", "values: [train_loss]"), ("count: 12", "count: 11"), ("train_loss: 1e3", "train_loss: 1e3 ±"),
            ("train_loss: 1e3", "train_loss: 1 ± 2 ± 3"), ("train_loss: 1e3", "train_loss: [1, 2]"), ("train_loss: 1e3", "loss: 1e3"),
            ("figure: surface", "figure: losses"), ("train_loss mean", "mean"), ("text: Of no paper.", "txt: Of no paper."),
        ];
        Snapshot.Matches("published_problems", DocsFolder.ProblemsOf(edits, file, () => PublishedYaml.Load(file, configs)));
    });

    [Fact]
    public void The_published_numbers_of_the_project_are_of_its_configs()
    {
        var docs = Path.Combine(AppContext.BaseDirectory, "docs");
        var published = PublishedYaml.Load(Path.Combine(docs, "published.yaml"), ConfigFolder.Beside(docs)).OrThrow();
        string[] small = ["diagonal_gd", "diagonal_sgd", "edge_of_stability", "loss_surface", "regression_1d",
            "regression_1d_overregularized", "three_layer", "two_layer"];
        Assert.Equal(small, published.Experiments.Where(e => e.Runs.Any(run => run.Class is not ChaoticClass)).Select(e => e.Config)
            .Order(StringComparer.Ordinal));
    }
}
