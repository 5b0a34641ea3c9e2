namespace LargeSteps.Fuzz;

/// <summary>What must never be.</summary>
internal enum Fault
{
    /// <summary>An exception, exit code 1, or a diagnostic that is none.</summary>
    Exception,

    /// <summary>Another value than the one that was written, or other bytes than those of an undisturbed run.</summary>
    Wrong,

    /// <summary>What had been said to be kept is not there.</summary>
    Lost,

    /// <summary>The program does not go on by itself.</summary>
    ByHand,

    /// <summary>Longer than it may take.</summary>
    Slow,

    /// <summary>Much more memory than the file has bytes.</summary>
    Memory,
}

/// <summary>A law that was broken.</summary>
/// <param name="Fault">In which way.</param>
/// <param name="Seed">The seed of the case: the verb with 1 and this seed does it again.</param>
/// <param name="What">What happened.</param>
internal sealed record Finding(Fault Fault, int Seed, string What);

/// <summary>What was tried, and what came of it.</summary>
internal sealed class Tally(string verb)
{
    private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly List<Finding> _findings = [];

    public string Verb => verb;

    public IReadOnlyDictionary<string, long> Counts => _counts;

    public IReadOnlyList<Finding> Findings => _findings;

    public TimeSpan Longest { get; private set; }

    public TimeSpan Elapsed { get; set; }

    public void Count(string what) => _counts[what] = _counts.GetValueOrDefault(what) + 1;

    public void Found(Fault fault, int seed, string what) => _findings.Add(new(fault, seed, what));

    public void Took(TimeSpan time) => Longest = time > Longest ? time : Longest;

    /// <summary>A case each: those of the seeds from the first on.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">The first.</param>
    /// <param name="check">A case; what it throws is found.</param>
    /// <param name="progress">Is told what is found.</param>
    public void Each(int count, int seed, Action<int> check, TextWriter progress)
    {
        for (var i = 0; i < count; i++)
        {
            var before = _findings.Count;
            try
            {
                check(seed + i);
            }
            catch (Exception e)
            {
                Found(Fault.Exception, seed + i, e.ToString());
            }
            foreach (var finding in _findings.Skip(before)) progress.WriteLine($"{verb} 1 {finding.Seed}: {finding.Fault}: {finding.What}");
        }
    }
}
