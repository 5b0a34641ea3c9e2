namespace LargeSteps.Datasets.Images;

public abstract partial record ImageSource
{
    /// <summary>The horses (class 0) and cars (class 1) of CIFAR-10.</summary>
    public static ImageSource Cifar10HorseCar { get; } =
        new ImagesOfClasses("cifar10_horse_car", new Cifar10Images(), [7, 1], 10_000, 2_000);
}
