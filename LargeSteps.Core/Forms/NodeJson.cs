using System.Globalization;
using System.Text.Json.Nodes;

namespace LargeSteps.Forms;

/// <summary>Nodes as JSON: for what a JSON schema says about values, its defaults and examples.</summary>
internal static class NodeJson
{
    /// <summary>A plain scalar is what YAML's core schema takes it for, and the numbers that JSON does not have are texts.</summary>
    public static JsonNode? Of(Node node) => node switch
    {
        SequenceNode list => new JsonArray([.. list.Items.Select(Of)]),
        MappingNode mapping => new JsonObject(mapping.Entries.Select(e => KeyValuePair.Create(e.Key.Text, Of(e.Value)))),
        ScalarNode { IsNothing: true } => null,
        ScalarNode { Plain: true, Text: "true" or "True" or "TRUE" } => true,
        ScalarNode { Plain: true, Text: "false" or "False" or "FALSE" } => false,
        ScalarNode { Plain: true } scalar when double.TryParse(
            scalar.Text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
            CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) => number,
        ScalarNode scalar => scalar.Text,
        _ => throw new ArgumentException($"There is no JSON of {node.Description}.", nameof(node)),
    };
}
