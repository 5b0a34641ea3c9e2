using CsCheck;
using LargeSteps.Schedules;
using LargeSteps.Values;

namespace LargeSteps.Tests.Schedules;

public class CadenceTests
{
    [Fact]
    public void The_grid_of_the_diagonal_networks_is_the_published_one()
    {
        var grid = Cadence.Evenly(100, 250).Iterations(new Horizon(100_001, 1));
        Assert.Equal(348, grid.Count);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => (long)i), grid.Take(100));
        Assert.Equal([402, 803, 1205, 1606, 2008, 2410, 2811, 3213, 3614, 4016, 4418, 4819], grid.Skip(100).Take(12));
        Assert.Equal([48595, 48996, 49398, 49800, 50201, 50603], grid.Skip(220).Take(6));
        Assert.Equal([98395, 98796, 99198, 99599], grid.TakeLast(4));
    }

    [Theory]
    [InlineData(31_623, 31_412)]
    [InlineData(14_126, 14_032)]
    [InlineData(10_001, 9_934)]
    public void The_grid_of_the_ReLU_networks_ends_where_it_was_published(long steps, long last) =>
        Assert.Equal(last, Cadence.Evenly(100, 151).Iterations(new Horizon(steps, 1))[^1]);

    [Fact]
    public void The_grid_of_the_loss_surface_is_the_published_one()
    {
        var grid = Cadence.Logarithmic(500, 201).Iterations(new Horizon(10_001, 1));
        Assert.Equal(566, grid.Count);
        Assert.Equal(Enumerable.Range(0, 500).Select(i => (long)i), grid.Take(500));
        Assert.Equal(
            [
                501, 524, 549, 575, 602, 630, 660, 691, 724, 758, 794, 831, 870, 912, 954, 1000, 1047, 1096, 1148, 1202, 1258, 1318, 1380,
                1445, 1513, 1584, 1659,
                1737, 1819, 1905, 1995, 2089, 2187, 2290, 2398, 2511, 2630, 2754, 2884, 3019, 3162, 3311, 3467, 3630, 3801, 3981, 4168,
                4365, 4570, 4786, 5011, 5248,
                5495, 5754, 6025, 6309, 6606, 6918, 7244, 7585, 7943, 8317, 8709, 9120, 9549, 10000,
            ],
            grid.Skip(500));
    }

    [Fact]
    public void Iterations_ascend_begin_with_the_first_and_lie_inside_the_run() =>
        Gen.Select(Generators.Cadences, Gen.Long[1, 200_000]).Sample((cadence, steps) =>
    {
        var grid = cadence.Iterations(new Horizon(steps, 1));
        var (start, last) = (cadence.After ? 1 : 0, cadence is EveryInterval { End: true } || cadence.After ? steps : steps - 1);
        return grid.Count > 0 && grid.All(i => i >= start && i <= last) && grid.Zip(grid.Skip(1)).All(pair => pair.First < pair.Second)
            && cadence.Match(e => Begins(grid, e.First), e => Begins(grid, 1), l => Begins(grid, l.First));

        bool Begins(Items<long> iterations, long first) => iterations.Take((int)Math.Min(first, steps)).Select((i, at) => i == start + at)
            .All(same => same);
    });

    [Fact]
    public void After_an_iteration_is_before_the_next() => Gen.Select(Generators.Cadences, Gen.Long[1, 200_000]).Sample((cadence, steps) =>
    {
        var horizon = new Horizon(steps, 1);
        var (before, after) = (cadence.WithAfter(false).Iterations(horizon), cadence.WithAfter(true).Iterations(horizon));
        // The end of the run is what it is, and not measured twice.
        return after.Equals(Items.From(before.Select(i => Math.Min(i + 1, steps)).Distinct()))
            && cadence.WithAfter(true).Count(horizon) == after.Count;
    });

    [Fact]
    public void The_loss_surface_is_measured_after_its_steps_up_to_the_end_of_the_run()
    {
        var grid = Cadence.Logarithmic(500, 201).WithAfter(true).Iterations(new Horizon(10_001, 1));
        Assert.Equal((566, 1, 10_001), (grid.Count, grid[0], grid[^1]));
    }

    [Fact]
    public void Every_so_many_steps_is_that() => Gen.Select(Gen.Long[1, 1000], Gen.Long[1, 10_000]).Sample((every, steps) =>
        Cadence.Every(every).Iterations(new Horizon(steps, 1))
            .Equals(Items.From(Enumerable.Range(0, (int)steps).Select(i => (long)i).Where(i => i % every == 0))));

    [Fact]
    public void Epochs_are_rounded_to_steps_and_the_end_is_measured_where_it_is_asked_for() =>
        Assert.Equal([0, 2, 5, 8, 10], Cadence.EveryEpochs(0.5, end: true).Iterations(new Horizon(10, 5)));

    [Fact]
    public void More_first_iterations_than_the_run_has_are_all_of_them() =>
        Assert.Equal(3, Cadence.Evenly(int.MaxValue, 2).Iterations(new Horizon(3, 1)).Count);

    [Theory]
    [InlineData(1)]
    [InlineData(99)]
    [InlineData(1000)]
    public void The_iterations_are_counted(long steps)
    {
        var horizon = new Horizon(steps, 7);
        foreach (var at in (Cadence[])[Cadence.Every(1), Cadence.Every(10), Cadence.Every(2000), Cadence.EveryEpochs(0.5, end: true),
            Cadence.EveryEpochs(1.3), Cadence.Evenly(10, 7), Cadence.Logarithmic(3, 20)])
        {
            Assert.Equal(at.Iterations(horizon).Count, at.Count(horizon));
        }
    }

    [Fact]
    public void Counting_many_iterations_takes_no_list_of_them() =>
        Assert.Equal(1_000_000_000_000, Cadence.Every(1).Count(new Horizon(1_000_000_000_000, 1)));
}
