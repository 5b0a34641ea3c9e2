namespace LargeSteps.Datasets.Images;

public abstract partial record ImageSource
{
    /// <summary>The digits 1 (class 0) and 7 (class 1) of MNIST.</summary>
    public static ImageSource MnistBinary { get; } = new ImagesOfClasses("mnist_binary", new MnistImages(), [1, 7], 13_007, 2_163);
}
