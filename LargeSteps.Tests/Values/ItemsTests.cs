using CsCheck;
using LargeSteps.Values;

namespace LargeSteps.Tests.Values;

public class ItemsTests
{
    [Fact]
    public void Lists_are_equal_exactly_when_their_elements_are() =>
        Gen.Select(Gen.Int[0, 2].List[0, 4], Gen.Int[0, 2].List[0, 4]).Sample((a, b) =>
            a.SequenceEqual(b) == Items.From(a).Equals(Items.From(b))
            && (!a.SequenceEqual(b) || Items.From(a).GetHashCode() == Items.From(b).GetHashCode()));

    [Fact]
    public void Map_keeps_the_order() => Assert.Equal<Items<int>>([2, 4, 6], Items.From([1, 2, 3]).Map(x => 2 * x));
}
