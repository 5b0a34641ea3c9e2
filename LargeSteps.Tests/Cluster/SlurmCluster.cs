using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using LargeSteps.Tests.Commands;

namespace LargeSteps.Tests.Cluster;

/// <summary>A Slurm of its own: a controller and two nodes on this machine, which end with it.</summary>
internal sealed class SlurmCluster : IDisposable
{
    private readonly string _folder;
    private readonly List<string> _pids = [];

    private SlurmCluster(string folder) => _folder = folder;

    /// <summary>Why there can be none here; null: there can be.</summary>
    public static string? Missing => !OperatingSystem.IsLinux() ? "Slurm runs on Linux"
        : Environment.UserName != "root" ? "a Slurm of one's own is started by root"
        : Array.Find(["/usr/sbin/slurmctld", "/usr/sbin/slurmd", "/usr/sbin/munged", "/usr/bin/sbatch"],
            file => !File.Exists(file)) is { } file ? $"there is no {file}: apt-get install slurm-wlm munge" : null;

    /// <summary>Starts it in a folder.</summary>
    public static SlurmCluster Start(string folder)
    {
        var cluster = new SlurmCluster(folder);
        foreach (var name in (string[])["state", "log", "spool-n1", "spool-n2"]) Directory.CreateDirectory(Path.Combine(folder, name));
        var ports = FreePorts(3);
        File.WriteAllText(cluster.Config, string.Create(CultureInfo.InvariantCulture, $"""
            ClusterName=test
            SlurmctldHost={Machine}(127.0.0.1)
            SlurmUser=root
            SlurmdUser=root
            AuthType=auth/munge
            StateSaveLocation={folder}/state
            SlurmdSpoolDir={folder}/spool-%n
            SlurmctldPidFile={folder}/controller.pid
            SlurmdPidFile={folder}/%n.pid
            SlurmctldLogFile={folder}/log/controller.log
            SlurmdLogFile={folder}/log/%n.log
            SlurmctldPort={ports[0]}
            ProctrackType=proctrack/linuxproc
            TaskPlugin=task/none
            SelectType=select/cons_tres
            SelectTypeParameters=CR_CPU
            MpiDefault=none
            JobAcctGatherType=jobacct_gather/none
            ReturnToService=2
            InactiveLimit=0
            KillWait=5
            SchedulerParameters=sched_interval=1,sched_min_interval=0
            PreemptType=preempt/partition_prio
            PreemptMode=REQUEUE
            NodeName=n1 NodeHostname={Machine} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=1 State=UNKNOWN
            NodeName=n2 NodeHostname={Machine} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=1 State=UNKNOWN
            PartitionName=low Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP PriorityTier=1 PreemptMode=REQUEUE
            PartitionName=high Nodes=n1,n2 MaxTime=INFINITE State=UP PriorityTier=10 PreemptMode=OFF

            """));
        if (cluster.Call("pgrep", "-x", "munged").Code != 0)
        {
            Directory.CreateDirectory("/run/munge");
            cluster.Call("chown", "munge", "/run/munge");
            cluster.Call("runuser", "-u", "munge", "--", "/usr/sbin/munged");
        }
        cluster.Call("slurmctld");
        cluster._pids.Add("controller.pid");
        cluster.StartNode("n1");
        cluster.StartNode("n2");
        cluster.Until(() => cluster.Call("sinfo", "-h", "-o", "%D %t", "-p", "low").Out.Trim() == "2 idle");
        return cluster;
    }

    private static string Machine => Environment.MachineName.Split('.')[0];

    private string Config => Path.Combine(_folder, "slurm.conf");

    /// <summary>Starts the daemon of a node.</summary>
    public void StartNode(string node)
    {
        Call("slurmd", "-N", node);
        if (!_pids.Contains(node + ".pid")) _pids.Add(node + ".pid");
    }

    /// <summary>Kills the daemon of a node.</summary>
    public void KillNode(string node) => Call("kill", "-9", File.ReadAllText(Path.Combine(_folder, node + ".pid")).Trim());

    /// <summary>Calls a command with this cluster's configuration.</summary>
    public Said Call(string command, params string[] arguments)
    {
        var start = new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["SLURM_CONF"] = Config;
        // A daemon that stays behind would hold the pipes open.
        if (command is "slurmctld" or "slurmd" or "runuser") (start.RedirectStandardOutput, start.RedirectStandardError) = (false, false);
        using var process = Process.Start(start)!;
        if (start.RedirectStandardOutput) return Commands.Program.Ended(process);
        process.WaitForExit();
        return new(process.ExitCode, "", "");
    }

    /// <summary>Calls our program.</summary>
    public Said Run(params string[] arguments) => Call(Commands.Program.Host, [Commands.Program.Dll, .. arguments]);

    /// <summary>The jobs that have not ended: their numbers, states and reasons. One that was queued again waits for two minutes, which is
    /// too long here.</summary>
    public string[] Jobs()
    {
        var said = Call("squeue", "-h", "-r", "-o", "%i %T %r");
        // A controller that is busy says nothing, which is not that there is nothing.
        for (var i = 0; said.Code != 0 && i < 20; i++, Thread.Sleep(500)) said = Call("squeue", "-h", "-r", "-o", "%i %T %r");
        Assert.True(said.Code == 0, said.Error);
        var jobs = said.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] held = [.. jobs.Where(job => job.EndsWith("BeginTime", StringComparison.Ordinal))];
        // A node that has not cleared away the former go ends the next one at once: that is what the two minutes are for.
        if (held.Length > 0) Thread.Sleep(TimeSpan.FromSeconds(2));
        foreach (var job in held)
            Call("scontrol", "update", $"jobid={job.Split(' ')[0]}", "StartTime=now");
        return jobs;
    }

    /// <summary>Waits for something, two minutes at most where nobody says how long.</summary>
    public void Until(Func<bool> holds, TimeSpan? most = null)
    {
        for (var watch = Stopwatch.StartNew(); !holds(); Thread.Sleep(200))
        {
            if (watch.Elapsed > (most ?? TimeSpan.FromMinutes(2)))
                throw new TimeoutException(string.Join('\n', Directory.GetFiles(Path.Combine(_folder, "log")).Select(File.ReadAllText)));
        }
    }

    public void Dispose()
    {
        Call("scancel", "-u", "root");
        Call("scontrol", "shutdown");
        foreach (var file in _pids.Select(name => Path.Combine(_folder, name)))
        {
            for (var i = 0; File.Exists(file) && i < 50; i++) Thread.Sleep(100);
            if (File.Exists(file)) Call("kill", "-9", File.ReadAllText(file).Trim());
        }
    }

    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        foreach (var listener in listeners) listener.Start();
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        foreach (var listener in listeners) listener.Dispose();
        return ports;
    }
}
