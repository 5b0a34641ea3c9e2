using System.Globalization;
using LargeSteps.Schedules;

namespace LargeSteps.Tests.Schedules;

public class PublishedSchedulesTests
{
    private const double Rate = 0.75;
    private const int Epochs = 100;

    private sealed record Row(string Schedule, double WarmUpBase, double WarmUpFactor, double Epoch, double LearningRate);

    private static readonly Row[] Rows =
    [
        .. File.ReadLines(Fixture.PathOf("lr_schedules.csv")).Skip(1).Select(line => line.Split(',')).Select(cell =>
            new Row(cell[0], Number(cell[1]), Number(cell[2]), Number(cell[3]), Number(cell[4]))),
    ];

    public static TheoryData<string> Names => [.. PublishedSchedules.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_published_schedule_has_the_published_values(string name)
    {
        var rows = Rows.Where(row => row.Schedule == name && row.Epoch > 0).ToArray();
        Assert.NotEmpty(rows);
        Assert.All(rows, row =>
        {
            var schedule = PublishedSchedules.Create(name, Rate, row.WarmUpBase, row.WarmUpFactor);
            var horizon = new Horizon(Epochs * 100, 100);
            var rate = schedule.Function(horizon)(horizon.Progress((long)Math.Round(row.Epoch * 100) - 1));
            Assert.InRange(rate, row.LearningRate * (1 - 1e-12) - 1e-15, row.LearningRate * (1 + 1e-12) + 1e-15);
        });
    }

    [Fact]
    public void Every_schedule_of_the_table_is_known() =>
        Assert.Equal(PublishedSchedules.Names.Order(StringComparer.Ordinal), Rows.Select(row => row.Schedule).Distinct()
            .Order(StringComparer.Ordinal));

    [Fact]
    public void An_unknown_name_is_a_bug_of_the_caller() =>
        Assert.Throws<ArgumentException>(() => PublishedSchedules.Create("piecewise_02epochs", Rate));

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
