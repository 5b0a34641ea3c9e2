using LargeSteps.Fuzz;

namespace LargeSteps.Tests;

/// <summary>A fixed part of what the project fuzz tries: whatever is done to a text or a file, the program takes it as it is meant, or
/// tells.</summary>
public class FuzzTests
{
    [Fact]
    public void A_text_that_is_nearly_a_config_is_refused_in_a_few_lines_or_is_an_experiment_in_all_respects() =>
        TemporaryFolder.In(folder =>
    {
        var (fuzz, tally) = (new ConfigFuzz(), new Tally("configs"));
        tally.Each(400, 1_000_000, seed => fuzz.Check(seed, tally, folder, mayRun: false), TextWriter.Null);
        Assert.Empty(tally.Findings);
        Assert.InRange(tally.Counts["accepted"], 40, 360);
    });

    [Fact]
    public void A_damaged_file_counts_as_none_or_is_read_as_it_was_written() => TemporaryFolder.In(folder =>
    {
        var (fuzz, tally) = (new FileFuzz(folder), new Tally("files"));
        tally.Each(400, 1_000_000, seed => fuzz.Check(seed, tally, mayRun: false), TextWriter.Null);
        Assert.Empty(tally.Findings);
        Assert.InRange(tally.Counts["counts as none"], 40, 360);
    });

    [Fact]
    public void A_damaged_file_from_outside_is_told_or_gives_what_stands_in_it() => TemporaryFolder.In(folder =>
    {
        var (fuzz, tally) = (new InputFuzz(folder), new Tally("inputs"));
        tally.Each(150, 1_000_000, seed => fuzz.Check(seed, tally), TextWriter.Null);
        // Other tests run at the same time, and what they make counts too.
        Assert.DoesNotContain(tally.Findings, finding => finding.Fault != Fault.Memory);
        Assert.InRange(tally.Counts["told"], 15, 135);
    });

    [Fact]
    public void A_failure_at_any_step_of_writing_costs_nothing_that_was_kept() => TemporaryFolder.In(folder =>
    {
        var (fuzz, tally) = (new WriteFuzz(folder), new Tally("writes"));
        tally.Each(6, 1_000_000, seed => fuzz.Check(seed, tally), TextWriter.Null);
        Assert.Empty(tally.Findings);
    });

    [Fact]
    public void Mutations_are_functions_of_what_they_are_given()
    {
        byte[] file = [.. Enumerable.Range(0, 100).Select(i => (byte)i)], other = [.. Enumerable.Range(50, 100).Select(i => (byte)i)];
        for (var seed = 0; seed < 200; seed++)
        {
            var damaged = Mutations.OfFile(file, other, new Random(seed));
            Assert.Equal(damaged, Mutations.OfFile(file, other, new Random(seed)));
            Assert.NotEqual(file, damaged);
            Assert.Equal(Mutations.OfConfig("a: 1\n", "b: [2]\n", ["c"], new Random(seed)),
                Mutations.OfConfig("a: 1\n", "b: [2]\n", ["c"], new Random(seed)));
        }
        Assert.Equal(Enumerable.Range(0, 100).Select(i => (byte)i), file);
    }
}
