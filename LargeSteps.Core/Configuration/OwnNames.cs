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
        var parts = new List<string>();
        for (var type = part.GetType(); type is { IsAbstract: false }; type = type.BaseType)
        {
            foreach (var field in type.GetFields(
                BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly)
                .OrderBy(field => field.Name, StringComparer.Ordinal))
            {
                if (!typeof(Delegate).IsAssignableFrom(field.FieldType) && TextOf(field.GetValue(part)) is var text && text != name)
                    parts.Add(text);
            }
        }

        return parts.Count == 0 ? name : $"{name}({string.Join(", ", parts)})";
    }

    private static string TextOf(object? value) => value switch
    {
        string text => text,
        double number => NumberText.Invariant(number),
        System.Collections.IEnumerable all => $"[{string.Join(", ", all.Cast<object?>().Select(TextOf))}]",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
