using System.CommandLine;
using System.Text;
using System.Text.RegularExpressions;
using LargeSteps.Formats;
using LargeSteps.Forms;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Commands;

/// <summary>Writes a config to begin with: one of the published, under another name.</summary>
internal static class NewCommand
{
    private const string Usual = "diagonal_sgd", SchemaFile = "docs/experiment.schema.json";

    /// <summary>The verb with its options.</summary>
    public static Command Verb(Terminal terminal)
    {
        var name = new Argument<string>("NAME") { Description = "The name of the experiment, also of its file and its results." };
        var from = new Option<string>("--from")
        {
            Description = "The published config that it is like; 'list' says what each shows.",
            HelpName = "CONFIG",
            DefaultValueFactory = _ => Usual
        };
        from.CompletionSources.Add(_ => CarriedConfigs.Names.Select(each => new System.CommandLine.Completions.CompletionItem(each)));
        var output = new Option<string?>("--output", "-o")
        {
            Description = "The file, or the folder of it. [default: NAME.yaml here]",
            HelpName = "PATH"
        };
        var command = new Command("new", "Writes a config to begin with: one of the published, under another name.") { name, from, output };
        command.SetAction(parsed => Run(parsed.GetValue(name)!, parsed.GetValue(from)!, parsed.GetValue(output), terminal));
        return command;
    }

    public static int Run(string name, string from, string? output, Terminal terminal)
    {
        var report = new Report("NAME");
        _ = Codecs.FileName.Read(new ScalarNode(name, Plain: true), report);
        if (report.Diagnostics is [var problem, ..]) throw Bad($"NAME: {problem.Message}");
        var names = CarriedConfigs.Names;
        if (!names.Contains(from)) throw Bad($"there is no config '{from}'{Nearest.Suggestion(from, names)}");

        var file = FileOf(name, output);
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        // Before anything is made; Write looks again at the moment of writing.
        if (Path.Exists(file)) throw InTheWay(file);
        Directory.CreateDirectory(folder);
        Write(file, Text(name, from, SchemaFrom(folder), $"{terminal.Program} {ProgramName.Quoted(file)}"));
        terminal.Out.WriteLine(file);
        terminal.Out.WriteLine($"try it: {terminal.Program} {ProgramName.Quoted(file)} --smoke");
        return ExitCode.Done;
    }

    /// <summary>A published config under another name: its comments stay, but for the line of the command, and that of the schema where
    /// there is none.</summary>
    /// <param name="name">The name.</param>
    /// <param name="from">The config.</param>
    /// <param name="schema">Where its schema is, as seen from the file; null: nowhere.</param>
    /// <param name="command">What runs it.</param>
    internal static string Text(string name, string from, string? schema, string command)
    {
        var lines = CarriedConfigs.Lines(from).Select(line => line switch
        {
            _ when line.Contains("yaml-language-server", StringComparison.Ordinal) =>
                schema is null ? null : $"# yaml-language-server: $schema={schema}",
            _ when line.StartsWith('#') => line.Replace($"{CarriedConfigs.Program} configs/{from}.yaml", command, StringComparison.Ordinal),
            _ when line == $"name: {from}" => $"name: {name}",
            _ => OwnResults(line, from, name),
        }).OfType<string>();
        return string.Join('\n', lines) + "\n";
    }

    // A figure that shows the results of the experiment beside those of others shows those of the new one.
    private static string OwnResults(string line, string from, string name) => Regex.Replace(line, @"(?<=\bresults: \[[^\]]*)[\w.-]+",
        folder => folder.Value == from ? name : folder.Value).Replace($"\"{from}: ", $"\"{name}: ", StringComparison.Ordinal);

    private static string FileOf(string name, string? output)
    {
        var file = name + ".yaml";
        if (output is null) return file;
        return Directory.Exists(output) || Path.EndsInDirectorySeparator(output) ? Path.Combine(output, file) : output;
    }

    // In the folder of the file or one above it, as in a clone of the project.
    private static string? SchemaFrom(string folder)
    {
        for (var at = folder; at is not null; at = Path.GetDirectoryName(at))
        {
            if (File.Exists(Path.Combine(at, SchemaFile)))
                return Path.GetRelativePath(folder, Path.Combine(at, SchemaFile)).Replace('\\', '/');
        }
        return null;
    }

    private static void Write(string file, string text)
    {
        var aside = FormattableString.Invariant($"{file}.{Guid.NewGuid():N}.tmp");
        try
        {
            WholeFile.Write(aside, path => File.WriteAllText(path, text, new UTF8Encoding(false)));
            File.Move(aside, file, overwrite: false);
        }
        catch (IOException) when (Path.Exists(file))
        {
            throw InTheWay(file);
        }
        finally
        {
            File.Delete(aside);
        }
    }

    private static CommandException Bad(string message) => new(ExitCode.BadInput, $"error LS0300: {message}");

    private static CommandException InTheWay(string file) => new(ExitCode.BadInput,
        $"error LS0321: '{file}' is there already, and is left as it is: choose another name, or another file with --output");
}
