using System.Text.Encodings.Web;
using System.Text.Json;
using LargeSteps.Configuration;

namespace LargeSteps.Experiments.Commands;

/// <summary>Writes the JSON schema of the configs.</summary>
internal static class SchemaCommand
{
    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };

    public static int Run(Terminal terminal)
    {
        terminal.Out.Write(Text() + "\n");
        return ExitCode.Done;
    }

    public static string Text() => ExperimentYaml.Schema().ToJsonString(Options);
}
