using System.Globalization;
using LargeSteps.Datasets.Images;
using LargeSteps.Models.Deep;
using LargeSteps.Optimizers;
using LargeSteps.Probes;
using LargeSteps.Values;

namespace LargeSteps.Pipelines;

/// <summary>What must hold between the stages of a run of a deep network.</summary>
internal static class DeepChecks
{
    public static IEnumerable<Problem> Problems(Pipeline pipeline, DeepNetwork model)
    {
        if (pipeline.Dataset.AsImages is not { } images)
        {
            yield return new("dataset", "LS0221", "a deep_network is trained on images");
            yield break;
        }
        foreach (var problem in OfImages(images).Concat(OfOptimizer(pipeline.Optimizer))
            .Concat(OfProbes(pipeline.Probes)))
        {
            yield return problem;
        }

        if (model.ActualWidth % model.Architecture.WidthMultiple != 0)
        {
            yield return new("model.width", "LS0221",
                FormattableString.Invariant(
                $"the width of {model.Architecture} is a multiple of {model.Architecture.WidthMultiple}, not {model.ActualWidth}"));
        }

        foreach (var problem in OfLayers(model, images)) yield return problem;
        if (model is { WeightsAt: not null, Weights: null })
            yield return new("model.weights_at", "LS0208", "weights_at is a place in a file, but there is no file: weights");
        if (pipeline.Engine.IsClosedForm)
            yield return new("engine", "LS0221", "a deep_network has no gradients in closed form; leave the engine out, or say autograd");
    }

    private static IEnumerable<Problem> OfLayers(DeepNetwork model, ImageDataset images)
    {
        var (layers, architecture) = (model.Layers, model.Architecture);
        foreach (var (key, said) in new[] { ("widths", layers.Widths is not null), ("activation", layers.Activation is not null),
            ("biases", layers.Biases is not null), ("initialisation", layers.Initialisation is not null) })
        {
            if (said && !architecture.IsComposed)
                yield return new($"model.{key}", "LS0221", $"'{key}' is a key of fully_connected and convolutional, not of {architecture}");
        }
        foreach (var (key, said) in new[] { ("pooling", layers.Pooling is not null), ("batch_norm", layers.BatchNorm is not null) })
        {
            if (said && !architecture.Convolves)
                yield return new($"model.{key}", "LS0221", $"'{key}' is a key of convolutional, not of {architecture}");
        }
        if (layers is { InitialScale: not null, Initialisation: null })
        {
            yield return new("model.initial_scale", "LS0208",
                "initial_scale multiplies the weights of an initialisation, but there is none: initialisation: he");
        }
        if (architecture.IsComposed && model.Width is not null)
            yield return new("model.width", "LS0221", $"the layers of {architecture} have widths, each its own");
        if (architecture.Convolves && Math.Min(images.Shape.Height, images.Shape.Width) >> model.FeatureBlocks < 1)
        {
            yield return new("model.widths", "LS0221", FormattableString.Invariant(
                $"{model.FeatureBlocks} poolings leave nothing of images of {images.Shape.Height}×{images.Shape.Width}"));
        }
    }

    /// <summary>What is wrong with images.</summary>
    public static IEnumerable<Problem> OfImages(ImageDataset images)
    {
        var (source, options) = (images.Source, images.Options);
        // Images that are generated are as many as are asked for.
        foreach (var (key, asked, there) in new[] { ("samples", options.TrainingImages, source.TrainingImages),
            ("test_samples", options.TestImages, source.TestImages) })
        {
            if (!source.IsGenerated && asked > there)
            {
                yield return new($"dataset.{key}", "LS0222",
                    FormattableString.Invariant($"{(source.Url is null ? "" : "the published ")}{source} has {there} images, not {asked}"));
            }
        }

        if (options.Validation is not null && images.ValidationImages < 1)
        {
            yield return new("dataset.validation", "LS0222", "no image would be held out for validation");
        }
        else if (options.Validation is not null && images.TrainingImages < 1)
        {
            yield return new("dataset.validation", "LS0222",
                string.Create(CultureInfo.InvariantCulture,
                $"{images.ValidationImages} images are held out of {images.TrainingImages + images.ValidationImages}: none is left to " +
                $"train on"));
        }
        else if (images.TrainingImages < 1)
        {
            yield return new("dataset.fraction", "LS0222", "this part of the training set has no image");
        }

        if (options is { AllowPartial: true } and ({ TrainingImages: null } or { TestImages: null }))
        {
            yield return new("dataset.allow_partial", "LS0222",
                "allow_partial needs samples and test_samples: how many images there must be");
        }

        if (options.Classes is { } classes)
        {
            if (options is { TrainingImages: null } or { TestImages: null })
                yield return new("dataset.classes", "LS0222", "classes needs samples and test_samples: how many images there must be");
            if (classes.Count < 2 || classes.Distinct().Count() < classes.Count)
                yield return new("dataset.classes", "LS0222", "classes are at least two, each named once");
            if (classes.Any(c => c >= source.Classes))
            {
                yield return new("dataset.classes", "LS0222", FormattableString.Invariant(
                    $"{source} has the classes 0 to {source.Classes - 1}, and no class {classes.First(c => c >= source.Classes)}"));
            }
            if (options.LabelNoise is { Kind: LabelNoiseKind.Asymmetric })
                yield return new("dataset.label_noise", "LS0222", "asymmetric label noise is that of all classes: choose none");
        }

        if (options.AllowPartial && source.Files.Count == 0 && !source.IsGenerated)
        {
            yield return new("dataset.allow_partial", "LS0222",
                "allow_partial is for files that were published: of others all images count");
        }

        if (options.Grey && source.Shape.Channels == 1)
            yield return new("dataset.grey", "LS0222", $"the images of {source} have one channel already");
        else if (options.Grey && !source.HasGrey)
            yield return new("dataset.grey", "LS0222", "only images of bytes in red, green and blue have a grey");
        if (options.Standardise == Standardisation.PerChannel && images.Shape.Channels != 3)
            yield return new("dataset.standardise", "LS0222", "per_channel is for images in red, green and blue");
        if (images.Augment && !images.Source.Crops)
            yield return new("dataset.augment", "LS0222", $"the images of {images.Source} are not augmented");
    }

    private static IEnumerable<Problem> OfOptimizer(OptimizerSpec optimizer)
    {
        if (optimizer.Sampled is { IsByEpoch: false })
        {
            yield return new("optimizer", "LS0221",
                "a deep_network is trained by gd, or by sgd on shuffled epochs: sampling: shuffled, or published");
        }
        if (optimizer.Rule.LabelNoise is { IsOfTwin: true })
            yield return new("optimizer.label_noise", "LS0217", "the label noise of a deep_network is a probability, given or scheduled");

        if (optimizer.Sampled is { PublishedEvery: not null } && optimizer.Rule.LabelNoise is not null)
            yield return new("optimizer.sampling", "LS0217", "the published order is that of steps without label noise");
        foreach (var problem in PipelineChecks.OfFactorsAlone(optimizer.Rule)) yield return problem;
        if (optimizer.Rule.LabelNoise?.Match(gaussian => gaussian.Deviation > 1, matched => false, level => false,
            scheduled => false) == true)
        {
            yield return new("optimizer.label_noise", "LS0217", "the label noise of a deep_network is a probability, at most 1");
        }
    }

    private static IEnumerable<Problem> OfProbes(ProbePlan probes)
    {
        if (probes.Averaged || probes.Valley is not null)
        {
            yield return new("probes", "LS0217",
                "of a deep_network, the averaged weights are measured by losses: { averaged: true }, and there is no valley projection");
        }
    }
}
