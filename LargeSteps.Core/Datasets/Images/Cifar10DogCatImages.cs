namespace LargeSteps.Datasets.Images;

public abstract partial record ImageSource
{
    /// <summary>The dogs (class 0) and cats (class 1) of CIFAR-10.</summary>
    public static ImageSource Cifar10DogCat { get; } = new ImagesOfClasses("cifar10_dog_cat", new Cifar10Images(), [5, 3], 10_000, 2_000);
}
