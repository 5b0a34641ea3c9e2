using System.Globalization;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Cluster;

/// <summary>What the tasks of a job of Kubernetes need; null: what the cluster gives.</summary>
/// <param name="Image">The image that has the program as its entry point.</param>
/// <param name="Claim">The claim of the volume in which the results, and the folder <c>data</c> of images, lie.</param>
/// <param name="Cpus">The cores of a task.</param>
/// <param name="Memory">Its memory, as Kubernetes writes it: 8Gi.</param>
/// <param name="Gpus">Its graphics cards.</param>
/// <param name="Limit">The most tasks at a time.</param>
internal sealed record KubernetesOptions(string Image, string Claim, string? Cpus, string? Memory, string? Gpus, int Limit);

/// <summary>An Indexed Job, a pod for each part, and the config that they run.</summary>
internal static class KubernetesJob
{
    /// <summary>Where the volume is in a pod.</summary>
    public const string Results = "/results";

    private const string Config = "/config/config.yaml";

    // A pod that fails for no reason that is known is tried again so often; a lost node or a preemption does not count.
    private const int MostFailures = 10;

    // The user of the Containerfile, who must be able to write to the volume.
    private const int UserOfImage = 1654;

    /// <summary>The manifest.</summary>
    /// <param name="experiment">The experiment's name.</param>
    /// <param name="config">The text of its config.</param>
    /// <param name="arguments">What follows the config on the command line of a part, but for the part.</param>
    /// <param name="plan">The parts.</param>
    /// <param name="options">What is asked for.</param>
    public static string Of(string experiment, string config, Items<string> arguments, TaskPlan plan, KubernetesOptions options)
    {
        var name = Named(experiment);
        string[] words = ["run", Config, "--output", Results, "--data", $"{Results}/data", "--shard",
            FormattableString.Invariant($"auto/{plan.Parts}"), .. arguments];
        (string Name, string? Value)[] limits = [("cpu", options.Cpus), ("memory", options.Memory), ("nvidia.com/gpu", options.Gpus)];
        var asked = string.Join(", ", limits.Where(limit => limit.Value is not null)
            .Select(limit => $"{limit.Name}: {Quoted(limit.Value!)}"));
        var lines = config.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
        var hopeless = string.Create(CultureInfo.InvariantCulture, $"{ExitCode.Bug}, {ExitCode.BadInput}, {ExitCode.NotAvailable}");
        return string.Create(CultureInfo.InvariantCulture, $$"""
            # {{experiment}}: each pod makes one part of its units and goes on where it was stopped. Made by 'submit --engine kubernetes'.
            # kubectl apply -f job.yaml; when it is complete, 'gather' makes tables and figures of the volume's folder {{experiment}}.
            apiVersion: v1
            kind: ConfigMap
            metadata: { name: {{name}} }
            data:
              config.yaml: |2
            {{string.Concat(lines.Select(line => line.Length == 0 ? "\n" : $"    {line}\n"))}}---
            apiVersion: batch/v1
            kind: Job
            metadata: { name: {{name}} }
            spec:
              completionMode: Indexed
              completions: {{plan.Parts}}
              parallelism: {{Math.Min(plan.Parts, options.Limit)}}
              backoffLimitPerIndex: {{MostFailures}}
              maxFailedIndexes: {{plan.Parts}}
              podFailurePolicy:
                rules:
                  - { action: Ignore, onPodConditions: [{ type: DisruptionTarget }] }
                  - { action: FailIndex, onExitCodes: { operator: In, values: [{{hopeless}}] } }
              template:
                spec:
                  restartPolicy: Never
                  terminationGracePeriodSeconds: 120
                  securityContext: { fsGroup: {{UserOfImage}} }
                  containers:
                    - name: part
                      image: {{Quoted(options.Image)}}
                      args: [{{string.Join(", ", words.Select(Quoted))}}]
                      resources: { limits: { {{asked}} } }
                      volumeMounts: [{ name: results, mountPath: {{Results}} }, { name: config, mountPath: /config }]
                  volumes:
                    - { name: results, persistentVolumeClaim: { claimName: {{Quoted(options.Claim)}} } }
                    - { name: config, configMap: { name: {{name}} } }

            """);
    }

    // Small letters, digits and dashes, as names of Kubernetes are.
    private static string Named(string experiment)
    {
        var name = new string([.. experiment.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')]).Trim('-');
        return name.Length == 0 ? "largesteps" : name[..Math.Min(name.Length, 50)].TrimEnd('-');
    }

    private static string Quoted(string word) => $"'{word.Replace("'", "''", StringComparison.Ordinal)}'";
}
