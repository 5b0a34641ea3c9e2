using LargeSteps.Configuration;
using LargeSteps.Experiments;
using LargeSteps.Experiments.Commands;
using LargeSteps.Experiments.Results;
using LargeSteps.Pipelines;
using LargeSteps.Running;

namespace LargeSteps.Tests.Browser;

/// <summary>An experiment that runs one unit at a time, as far as the test says, and tells of it as the program does.</summary>
internal sealed class GatedRun : IProgress<RunEvent>, IDisposable
{
    private readonly SemaphoreSlim _reached = new(0), _go = new(0);
    private readonly LiveMeasurements _live;
    private readonly ResultFolder _folder;
    private readonly Task _run;
    private readonly string _config, _results;
    private volatile int _stopAt;
    private int _row;
    private long _measured;
    private bool _waits;

    public GatedRun(string results, string name, string text)
    {
        (_results, _config) = (results, Path.Combine(results, name + ".yaml"));
        File.WriteAllText(_config, text);
        var experiment = ExperimentYaml.Load(_config).OrThrow();
        var units = Units.Of(experiment).OrThrow();
        var names = new UnitNames(results);
        _folder = ResultFolder.Create(Path.Combine(results, name), units.Count);
        _folder.WriteExperiment(experiment, names.Of(units), DateTimeOffset.UtcNow);
        _live = new(LiveFolder.Of(_folder.Path), units.Count, () => _folder.Units.Names(), pipeline => names.Of(pipeline).Name,
            TimeProvider.System,
            TextWriter.Null);
        _stopAt = 1;
        _run = Task.Run(() => ExperimentRunner.Run(units, RunContext.Default with { Names = names }, 1, _folder.Units, resume: false,
            new Listeners([_live, this])));
        _reached.Wait();
    }

    /// <summary>The iteration that was measured last.</summary>
    public long Measured { get; private set; }

    /// <summary>Lets the first unit go on to its so-manieth measurement, and waits until that is written.</summary>
    public void LetGoTo(int row)
    {
        _stopAt = row;
        _go.Release();
        _reached.Wait();
    }

    /// <summary>Lets it go to its end, and has the program make the tables.</summary>
    public void End()
    {
        _stopAt = int.MaxValue;
        _go.Release();
        _run.Wait();
        _folder.Dispose();
        var error = new StringWriter();
        var code = CommandLine.Run([_config, "--output", _results, "--quiet", "--resume"], new Terminal(TextWriter.Null, error,
            Interactive: false));
        Assert.True(code == 0, error.ToString());
        _live.Dispose();
    }

    public void Report(RunEvent value)
    {
        if (value is not UnitProgressed { Progress: var progress }) return;
        if (progress.Measured is { } measured)
        {
            _row++;
            _measured = measured.Measurement.Iteration;
        }
        if (_waits)
        {
            // By now what was measured has been written.
            _waits = false;
            Measured = _measured;
            _reached.Release();
            _go.Wait();
        }
        else if (_row >= _stopAt)
        {
            // The next event finds that the last writing is more than a second ago.
            _waits = true;
            Thread.Sleep(1_100);
        }
    }

    public void Dispose()
    {
        _stopAt = int.MaxValue;
        _go.Release();
        _run.Wait();
        _live.Dispose();
        _folder.Dispose();
        _reached.Dispose();
        _go.Dispose();
    }
}
