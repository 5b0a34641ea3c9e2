using System.Globalization;
using System.Reflection;
using LargeSteps.Values;

namespace LargeSteps.Configuration;

/// <summary>What stands for parts that only a program can give.</summary>
internal static class OwnNames
{
    /// <summary>The name of a record, and behind it what else it is made of, but for functions: two that are not equal are two.</summary>
    public static string Of(object part, string name)
    {
        string[] parts = [.. FieldsOf(part, new(ReferenceEqualityComparer.Instance) { part }).Where(text => text != name)];
        return parts.Length == 0 ? name : $"{name}({string.Join(", ", parts)})";
    }

    // Objects of others are not taken apart: they lead to half of the process. Those of a program may lead back to themselves.
    private static bool IsOfOthers(Type type) => type.Assembly.GetName().Name is { } name
        && (name == "System.Private.CoreLib" || name.StartsWith("System.", StringComparison.Ordinal)
            || name.StartsWith("Microsoft.", StringComparison.Ordinal) || name == "TorchSharp");

    private static IEnumerable<string> FieldsOf(object part, HashSet<object> seen)
    {
        for (var type = part.GetType(); type is { IsAbstract: false } && !IsOfOthers(type); type = type.BaseType)
        {
            foreach (var field in type.GetFields(
                BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly)
                .OrderBy(field => field.Name, StringComparer.Ordinal))
            {
                if (!typeof(Delegate).IsAssignableFrom(field.FieldType)) yield return TextOf(field.GetValue(part), seen);
            }
        }
    }

    private static string TextOf(object? value, HashSet<object> seen) => value switch
    {
        null => "",
        string text => text,
        double number => NumberText.Invariant(number),
        IFormattable plain => plain.ToString(null, CultureInfo.InvariantCulture),
        _ when !value.GetType().IsValueType && !seen.Add(value) => value.GetType().Name,
        System.Collections.IEnumerable all => $"[{string.Join(", ", all.Cast<object?>().Select(each => TextOf(each, seen)))}]",
        System.Runtime.CompilerServices.ITuple tuple =>
            $"({string.Join(", ", Enumerable.Range(0, tuple.Length).Select(i => TextOf(tuple[i], seen)))})",
        _ when IsOfOthers(value.GetType()) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
        _ => $"{value.GetType().Name}({string.Join(", ", FieldsOf(value, seen))})",
    };
}
