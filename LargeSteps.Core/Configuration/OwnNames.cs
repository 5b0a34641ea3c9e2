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
        string[] parts = [.. FieldsOf(part, MostDepth).Where(text => text != name)];
        return parts.Length == 0 ? name : $"{name}({string.Join(", ", parts)})";
    }

    // Of objects within objects, which may lead back to themselves.
    private const int MostDepth = 8;

    private static IEnumerable<string> FieldsOf(object part, int depth)
    {
        for (var type = part.GetType(); type is { IsAbstract: false } && type != typeof(object); type = type.BaseType)
        {
            foreach (var field in type.GetFields(
                BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly)
                .OrderBy(field => field.Name, StringComparer.Ordinal))
            {
                if (!typeof(Delegate).IsAssignableFrom(field.FieldType)) yield return TextOf(field.GetValue(part), depth);
            }
        }
    }

    private static string TextOf(object? value, int depth) => value switch
    {
        null => "",
        string text => text,
        double number => NumberText.Invariant(number),
        IFormattable plain => plain.ToString(null, CultureInfo.InvariantCulture),
        bool or char or Type or Delegate => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        System.Collections.IEnumerable all => $"[{string.Join(", ", all.Cast<object?>().Select(each => TextOf(each, depth - 1)))}]",
        _ when depth == 0 => value.GetType().Name,
        _ => $"{value.GetType().Name}({string.Join(", ", FieldsOf(value, depth - 1))})",
    };
}
