using CsCheck;
using LargeSteps.Formats;
using LargeSteps.Values;

namespace LargeSteps.Tests.Formats;

/// <summary>Tensors and folders for the tests of the file formats.</summary>
internal static class Tensors
{
    public static Gen<string> Name { get; } = Gen.OneOf(Gen.String[Gen.Char["abz019._/\\\"ηø€"], 0, 12], Gen.Const("layer1.0.conv1.weight"),
        Gen.Const("𝜂"));

    public static Gen<NamedTensor> Any { get; } = Name.SelectMany(Of);

    /// <summary>Up to eight tensors of different names.</summary>
    public static Gen<NamedTensor[]> Several { get; } =
        Any.Array[0, 8].Select(tensors => tensors.DistinctBy(tensor => tensor.Name).ToArray());

    /// <summary>A tensor of any type and shape, of up to four dimensions; any bits.</summary>
    public static Gen<NamedTensor> Of(string name) =>
        Gen.Select(Gen.Int[0, ElementType.All.Count - 1].Select(i => ElementType.All[i]), Gen.Long[0, 4].Array[0, 4])
            .SelectMany((type, shape) =>
        (type == ElementType.Bool ? Gen.Byte[0, 1] : Gen.Byte).Array[(int)shape.Aggregate(1L, (n, length) => n * length) * type.Size]
            .Select(bytes => new NamedTensor(name, type, Items.From(shape), bytes)));

    /// <summary>The only diagnostic of a failure, which names the file.</summary>
    public static Diagnostic Problem<T>(Outcome<T> outcome, string file)
    {
        var diagnostic = outcome.Match(value => throw new InvalidOperationException($"it was read as {value}"), Assert.Single);
        Assert.Equal(file, diagnostic.File);
        return diagnostic;
    }
}
