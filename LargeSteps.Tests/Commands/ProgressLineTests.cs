using System.Text.RegularExpressions;
using LargeSteps.Experiments.Commands;
using LargeSteps.Models;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Running;
using LargeSteps.Schedules;
using Spectre.Console;

namespace LargeSteps.Tests.Commands;

public class ProgressLineTests
{
    [Fact]
    public void A_line_has_the_run_its_seed_speed_loss_and_the_time_that_is_left()
    {
        var (clock, unit) = (new Clock(), Of("η = 0.25", 3));
        var line = new ProgressLine(unit.Label, [unit], clock);
        Assert.Equal("η = 0.25 seed 3 ─────────────────────   0 %", line.In(80, 8, 6).Text.TrimEnd());
        line.Report(new UnitStarted(unit));
        line.Report(new UnitProgressed(unit, new RunProgress(0, 1000)));
        clock.Seconds = 2;
        line.Report(new UnitProgressed(unit, new RunProgress(250, 1000, new Measured(["test_loss", "train_loss"], new Measurement(250, 250,
            0.25, [9, 0.01234])))));
        Assert.Equal("η = 0.25 seed 3 ━━━━━────────────────  25 %  125 steps/s   loss 0.0123      6 s", line.In(80, 8, 6).Text);
        clock.Seconds = 8;
        line.Report(new UnitFinished(unit, Result(RunEnd.Completed, 0.001), Kept: false));
        Assert.Equal("η = 0.25 seed 3 ━━━━━━━━━━━━━━━━━━━━━ 100 % 31.2 steps/s    loss 0.001     done", line.In(80, 8, 6).Text);
        clock.Seconds = 100;
        Assert.EndsWith("100 % 31.2 steps/s    loss 0.001     done", line.In(80, 8, 6).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_diverges_says_so()
    {
        var unit = Of("a", 0);
        var line = new ProgressLine("a", [unit], new Clock());
        line.Report(new UnitFinished(unit, Result(RunEnd.Diverged(7), double.NaN), Kept: false));
        Assert.Equal("diverged", line.In(80, 1, 6).End);
        Assert.EndsWith("diverged", line.In(80, 1, 6).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_is_stopped_stays_where_it_is()
    {
        var unit = Of("a", 0);
        var line = new ProgressLine("a", [unit], new Clock());
        line.Report(new UnitProgressed(unit, new RunProgress(3, 10)));
        line.Report(new UnitFinished(unit, Result(RunEnd.Stopped(3), 1), Kept: false));
        Assert.Contains(" 30 % ", line.In(80, 1, 6).Text, StringComparison.Ordinal);
        Assert.EndsWith("stopped", line.In(80, 1, 6).Text, StringComparison.Ordinal);
    }

    // Half of it was there: the other half takes as long as it has taken to come from there to three quarters, twice.
    [Fact]
    public void What_a_checkpoint_or_an_earlier_run_gave_does_not_count_as_speed()
    {
        var clock = new Clock();
        RunUnit[] units = [Of("a", 0), Of("a", 1)];
        var line = new ProgressLine("a", [.. units], clock);
        line.Report(new UnitFinished(units[0], Result(RunEnd.Completed, 1), Kept: true));
        line.Report(new UnitProgressed(units[1], new RunProgress(500, 1000)));
        clock.Seconds = 10;
        line.Report(new UnitProgressed(units[1], new RunProgress(750, 1000)));
        Assert.Equal("1/2", line.Seed);
        Assert.EndsWith(" 87 %   25 steps/s        loss 1     10 s", line.In(80, 1, 3).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("a label that is much longer than what any terminal has room for, with all of its parts in words")]
    [InlineData("大きな学習率の確率的勾配降下法は疎な特徴を学習する大きな学習率")]
    public void It_fits_every_width(string label)
    {
        var (clock, unit) = (new Clock(), Of(label, uint.MaxValue));
        var line = new ProgressLine(label, [unit], clock);
        line.Report(new UnitProgressed(unit, new RunProgress(0, 1_000_000_000)));
        clock.Seconds = 3;
        line.Report(new UnitProgressed(unit, new RunProgress(300_000_000, 1_000_000_000, new Measured(["train_loss"],
            new Measurement(1, 1, 1, [-1.2345e-123])))));
        for (var width = 1; width <= 200; width++)
            Assert.InRange(ProgressLine.Columns(line.In(width, ProgressLine.Columns(label), line.SeedWidth).Text), 0, width);
        Assert.Contains("100.0M steps/s", line.In(100, ProgressLine.Columns(label), line.SeedWidth).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Texts_are_broken_between_words_and_fill_their_lines()
    {
        Assert.Equal(["one two   ", "three     ", "fourteenle", "tters     "], ProgressLine.Lines("one two three fourteenletters", 10));
        Assert.Equal(["          "], ProgressLine.Lines("", 10));
        Assert.Equal(["    1    2"], ProgressLine.Lines("    1    2", 10));
    }

    // The bars are drawn, and drawn again below texts that come in between.
    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    public void A_terminal_of_80_columns_shows_no_longer_line(int seeds)
    {
        using var written = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            Interactive = InteractionSupport.Yes,
            ColorSystem = ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(written)
        });
        console.Profile.Width = 80;
        RunUnit[] units = [.. Enumerable.Range(0, seeds).SelectMany(seed => (RunUnit[])[Of("η = 0.282, ÷4.8 at 10 %, with label noise",
            (uint)seed), Of("η = 0.25", (uint)seed)])];
        RunProgressView.Show(console, "cpu", [.. units], new Clock(), events =>
        {
            foreach (var unit in units)
            {
                events!.Report(new UnitStarted(unit));
                events.Report(new UnitProgressed(unit, new RunProgress(5, 10)));
                events.Report(new UnitFinished(unit, Result(RunEnd.Completed, 0.5), Kept: false));
            }
            return 0;
        });
        var lines = Regex.Replace(written.ToString(), @"\e\[[0-9;?]*[A-Za-z]", "").Split('\n', '\r');
        Assert.Contains(lines, line => line.Contains(seeds == 1 ? "seed 0" : "40/40", StringComparison.Ordinal) && line.Contains("loss 0.5",
            StringComparison.Ordinal) && line.Contains("done", StringComparison.Ordinal));
        Assert.All(lines, line => Assert.InRange(line.TrimEnd().Length, 0, 79));
    }

    private static RunResult Result(RunEnd end, double loss) => new(["train_loss"], [new Measurement(1, 1, 0.1, [loss])], end, 10, 1, 1);

    private static RunUnit Of(string label, uint seed) => new(label, seed, Pipeline.Of(
        DiagonalCases.Small, ModelSpec.DiagonalLinear(), Schedule.Constant(0.1 + seed), OptimizerSpec.Sgd(10),
        ProbePlan.Of(Cadence.Every(1),
            new Losses())));
}
