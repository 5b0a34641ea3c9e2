using System.Text.Encodings.Web;
using System.Text.Json;
using LargeSteps.Configuration;

namespace LargeSteps.Experiments.Commands;

/// <summary>Writes the JSON schema of the configs, or the reference that is made of it.</summary>
internal static class SchemaCommand
{
    private static readonly JsonSerializerOptions Options =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };

    public static int Run(bool markdown, Terminal terminal)
    {
        terminal.Out.Write(markdown ? ReferencePage.Of(ExperimentYaml.Schema()) : Text() + "\n");
        return ExitCode.Done;
    }

    public static string Text() => ExperimentYaml.Schema().ToJsonString(Options);
}
