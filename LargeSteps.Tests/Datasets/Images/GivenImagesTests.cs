using LargeSteps.Datasets.Images;
using LargeSteps.Models;
using LargeSteps.Values;

namespace LargeSteps.Tests.Datasets.Images;

/// <summary>Images in memory.</summary>
public class GivenImagesTests
{
    private static readonly ImageShape Shape = new(1, 1, 2);

    private static LabelledImages Images(byte first, params int[] labels) => LabelledImages.Of(
        Shape, Items.From(labels.SelectMany((_, i) => (byte[])[(byte)(first + i), 7])), Items.From(labels));

    [Fact]
    public void Images_in_memory_are_a_source_that_is_equal_where_they_are()
    {
        var source = ImageSource.Of("mine", Images(1, 0, 2, 1), Images(9, 1));
        Assert.Equal((3, 3, 1, "mine", false),
            (source.Classes, source.TrainingImages, source.TestImages, source.ToString(), source.HasFiles));
        Assert.Equal(source, ImageSource.Of("mine", Images(1, 0, 2, 1), Images(9, 1)));
        Assert.Equal(source.GetHashCode(), ImageSource.Of("mine", Images(1, 0, 2, 1), Images(9, 1)).GetHashCode());
        Assert.NotEqual(source, ImageSource.Of("yours", Images(1, 0, 2, 1), Images(9, 1)));
        Assert.NotEqual(source, ImageSource.Of("mine", Images(2, 0, 2, 1), Images(9, 1)));
        Assert.NotEqual(source, ImageSource.Of("mine", Images(1, 0, 2, 1), Images(9, 2)));
        Assert.NotEqual(source, ImageSource.Of("mine", Images(1, 0, 2, 1), Images(9, 1), flips: true));
        Assert.NotEqual(source, ImageSource.Of("mine", new ImageSet(Images(1, 0, 2, 1), Images(9, 1), 4)));
        var set = ImageStore.Load(source, null, new(TrainingImages: 2)).OrThrow();
        Assert.Equal(([0, 2], [1, 7, 2, 7], 1), (set.Train.Labels, set.Train.Bytes, set.Test.Count));
        ImageTestData.AssertProblem("LS0610", "4 training images of mine are asked for, but there are 3",
            ImageStore.Load(source, null, new(TrainingImages: 4)));
    }

    [Fact]
    public void Images_that_are_no_problem_of_classification_are_refused()
    {
        Assert.Throws<ArgumentException>(() => ImageSource.Of("mine", Images(1), Images(1, 0)));
        Assert.Throws<ArgumentException>(() => ImageSource.Of("mine", Images(1, 0, 0)));
        Assert.StartsWith("Training image 1, counted from 0, has the label -1: they are 0 to 1.",
            Assert.Throws<ArgumentException>(() => ImageSource.Of("mine", Images(1, 0, -1, 1))).Message, StringComparison.Ordinal);
        Assert.StartsWith("No training image has the label 1, but one has 2",
            Assert.Throws<ArgumentException>(() => ImageSource.Of("mine", Images(1, 0, 2, 0))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ImageSource.Of(" ", Images(1, 0, 1)));
        Assert.Throws<ArgumentException>(() => ImageSource.Of("cifar10", Images(1, 0, 1)));
        Assert.Throws<ArgumentException>(() => ImageSource.Of("mine", Images(1, 0, 1), Images(1, 2)));
        Assert.Throws<ArgumentException>(() => ImageSource.Of("mine", Images(1, 0, 1),
            LabelledImages.Of(Shape, Items.From([0.5f, 0.5f]), Items.From([0]))));
        Assert.Throws<ArgumentException>(() => ImageSource.Of("mine", Images(1, 0, 1),
            LabelledImages.Of(new(1, 1, 1), Items.From([(byte)1]), Items.From([0]))));
        Assert.Throws<ArgumentException>(() => ImageSource.Of("mine", new ImageSet(Images(1, 0, 1), Images(1), 2, Images(1, 0))));
    }
}
