using LargeSteps.Forms;
using LargeSteps.Values;

namespace LargeSteps.Probes;

/// <summary>
/// <c>train_loss</c>, <c>test_loss</c>: the model's loss on the training and the test samples. Of deep networks also <c>train_error</c> and
/// <c>test_error</c>, the fraction of wrong classes, all in evaluation mode and without augmentation, whatever the batch size of the run;
/// and where images are held out of training, <c>validation_loss</c> and <c>validation_error</c> on those.
/// </summary>
/// <param name="Averaged">Deep networks: the same of the averaged weights besides, under names that end in <c>_averaged</c>.</param>
/// <param name="TrainingImages">Deep networks: of how many training images, null: 10,000; of more than that, a random
/// choice that is the same in every run.</param>
/// <param name="TrainingBatches">
/// Deep networks: of so many shuffled training batches of the run's own size instead, drawn for the measurement and augmented as in
/// training (published: 5); null: not so.
/// </param>
/// <param name="TestImages">Deep networks: of the first so many test images (published: 10,000); null: of all.</param>
public sealed record Losses(
    bool Averaged = false, int? TrainingImages = null, int? TrainingBatches = null, int? TestImages = null) : Probe
{
    /// <summary>Of how many training images the losses are where nothing is said: 10,000.</summary>
    internal const int DefaultTrainingImages = 10_000;

    /// <summary>The column of the training loss, which tells whether a run has diverged.</summary>
    internal const string TrainLoss = "train_loss";

    internal static Form<Losses> Kind { get; } = new("losses",
        "train_loss and test_loss; of deep networks also train_error and test_error, the fractions of wrong classes, and validation_loss " +
        "and validation_error where images are held out.", f =>
    {
        var averaged = f.Optional("averaged", Codecs.Flag, p => p.Averaged, false,
            "deep networks: the same of the averaged weights besides, as train_loss_averaged and so on");
        var images = f.NullableValue("training_images", Codecs.Count(), p => p.TrainingImages,
            "deep networks: of how many training images, without augmentation, 10000 where nothing is said; of more than that, a random " +
            "choice that is the same in every run");
        var batches = f.NullableValue("training_batches", Codecs.Count(), p => p.TrainingBatches,
            "deep networks: of so many shuffled batches of the run's own size instead, augmented as in training; published: 5");
        var test = f.NullableValue("test_images", Codecs.Count(), p => p.TestImages,
            "deep networks: of the first so many test images, published: 10000; without it of all");
        f.Exclusive("training_images", "training_batches");
        return v => new(v.Get(averaged), v.Get(images), v.Get(batches), v.Get(test));
    });

    /// <inheritdoc/>
    protected override Needs Needs => Needs.Losses;

    /// <inheritdoc/>
    protected override Items<string> Columns(ProbeTarget run)
    {
        Items<string> losses = [TrainLoss, "test_loss"];
        return run.Dataset.AsImages is null ? losses : OfWeights([.. losses, "train_error", "test_error",
            .. run.Dataset.HoldsOut ? (string[])["validation_loss", "validation_error"] : []]);
    }

    private Items<string> OfWeights(Items<string> names) => Averaged ? [.. names, .. names.Select(name => name + "_averaged")] : names;

    /// <inheritdoc/>
    protected override IEnumerable<Problem> Problems(ProbeTarget run)
    {
        var images = run.Model.AsDeep is not null;
        if (this with { Averaged = false } != new Losses() && !images)
        {
            yield return new(Key, "LS0214",
                "which images the losses are of is asked of a deep_network; of other models they are of all samples");
        }

        if (Averaged && !images)
            yield return new("", "LS0214", "the losses of averaged weights beside those of the iterate belong to a deep_network");
        if (Averaged && images && run.Optimizer.Rule.Averaging is null)
            yield return new($"{Key}.averaged", "LS0208", "the averaged weights are measured, but the optimizer has no averaging");
    }

    /// <inheritdoc/>
    protected override Instrument Prepare(RunView run) => new((view, row) =>
    {
        Write(view, averaged: false, row);
        if (Averaged) Write(view, averaged: true, row[(row.Length / 2)..]);
    });

    private void Write(RunView view, bool averaged, Span<double> row)
    {
        using var scores = view.Scores(averaged);
        var train = scores.Training(TrainingImages, TrainingBatches);
        var test = scores.Test(TestImages);
        (row[0], row[1]) = (train.Loss, test.Loss);
        if (row.Length < 4) return;
        (row[2], row[3]) = (train.Error, test.Error);
        if (scores.Validation() is { } validation) (row[4], row[5]) = (validation.Loss, validation.Error);
    }

    /// <inheritdoc/>
    protected override IForm<Probe> Form => Kind;
}
