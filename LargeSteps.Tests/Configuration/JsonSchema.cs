using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace LargeSteps.Tests.Configuration;

/// <summary>
/// JSON Schema (draft 2020-12), as much of it as the schema of the configs uses. A keyword that is not known here is an error of the test:
/// it would count for editors.
/// </summary>
internal sealed class JsonSchema(JsonObject root)
{
    public bool Accepts(JsonNode? value) => Accepts(root, value);

    /// <summary>Whether a part of the schema accepts a value.</summary>
    public bool Accepts(JsonNode? value, JsonObject part) => Accepts(part, value);

    /// <summary>Every schema in the schema, with the path to it.</summary>
    public static IEnumerable<(string Path, JsonObject Schema)> All(JsonObject schema, string path = "#") =>
        schema.SelectMany(keyword => (keyword.Key, keyword.Value) switch
        {
            ("properties" or "$defs", JsonObject named) =>
                named.SelectMany(entry => All(entry.Value!.AsObject(), $"{path}/{keyword.Key}/{entry.Key}")),
            ("oneOf" or "anyOf" or "allOf", JsonArray several) =>
                several.SelectMany((each, i) => All(each!.AsObject(), $"{path}/{keyword.Key}/{i}")),
            ("items" or "not" or "additionalProperties", JsonObject one) => All(one, $"{path}/{keyword.Key}"),
            _ => [],
        }).Prepend((path, schema));

    private bool Accepts(JsonObject schema, JsonNode? value) => schema.All(keyword => Holds(keyword.Key, keyword.Value!, schema, value));

    private bool Holds(string keyword, JsonNode demand, JsonObject schema, JsonNode? value) => keyword switch
    {
        "$schema" or "$defs" or "title" or "description" or "default" or "examples" => true,
        "$ref" => Accepts(root["$defs"]![demand.GetValue<string>()["#/$defs/".Length..]]!.AsObject(), value),
        "type" => demand is JsonArray types ? types.Any(type => IsA(type!.GetValue<string>(), value))
            : IsA(demand.GetValue<string>(), value),
        "const" => JsonNode.DeepEquals(demand, value),
        "enum" => demand.AsArray().Any(one => JsonNode.DeepEquals(one, value)),
        "oneOf" => demand.AsArray().Count(one => Accepts(one!.AsObject(), value)) == 1,
        "anyOf" => demand.AsArray().Any(one => Accepts(one!.AsObject(), value)),
        "allOf" => demand.AsArray().All(one => Accepts(one!.AsObject(), value)),
        "not" => !Accepts(demand.AsObject(), value),
        "properties" => value is not JsonObject o
            || demand.AsObject().All(p => !o.TryGetPropertyValue(p.Key, out var v) || Accepts(p.Value!.AsObject(), v)),
        "required" => value is not JsonObject o || demand.AsArray().All(key => o.ContainsKey(key!.GetValue<string>())),
        "additionalProperties" => value is not JsonObject o
            || o.All(p => schema["properties"]?.AsObject().ContainsKey(p.Key) == true
            || (demand is JsonObject others && Accepts(others, p.Value))),
        "items" => value is not JsonArray a || a.All(item => Accepts(demand.AsObject(), item)),
        "minItems" => value is not JsonArray a || a.Count >= demand.GetValue<int>(),
        "maxItems" => value is not JsonArray a || a.Count <= demand.GetValue<int>(),
        "minLength" => Text(value) is not { } text || text.Length >= demand.GetValue<int>(),
        "maxLength" => Text(value) is not { } text || text.Length <= demand.GetValue<int>(),
        "pattern" => Text(value) is not { } text || Regex.IsMatch(text, demand.GetValue<string>(), RegexOptions.CultureInvariant),
        "minimum" => Number(value) is not { } x || x >= Number(demand),
        "maximum" => Number(value) is not { } x || x <= Number(demand),
        "exclusiveMinimum" => Number(value) is not { } x || x > Number(demand),
        "exclusiveMaximum" => Number(value) is not { } x || x < Number(demand),
        _ => throw new ArgumentException($"The schema has the keyword '{keyword}', which this validator does not know.", nameof(keyword)),
    };

    private static bool IsA(string type, JsonNode? value) => type switch
    {
        "object" => value is JsonObject,
        "array" => value is JsonArray,
        "string" => Text(value) is not null,
        "boolean" => value is JsonValue v && v.TryGetValue<bool>(out _),
        "number" => Number(value) is not null,
        "integer" => Number(value) is { } x && x == Math.Floor(x),
        _ => throw new ArgumentException($"There is no type '{type}'.", nameof(type)),
    };

    private static string? Text(JsonNode? value) => value is JsonValue v && v.TryGetValue<string>(out var text) ? text : null;

    private static double? Number(JsonNode? value) => value is JsonValue v && v.GetValueKind() == System.Text.Json.JsonValueKind.Number
        ? double.Parse(v.ToJsonString(), CultureInfo.InvariantCulture) : null;
}
