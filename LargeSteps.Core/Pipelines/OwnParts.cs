using System.Reflection;

namespace LargeSteps.Pipelines;

/// <summary>What must hold of records that only a program can give: they are values, by which runs are told apart.</summary>
internal static class OwnParts
{
    /// <summary>What keeps a record from being a value, of one of its fields; null: nothing does.</summary>
    public static string? Unfit(object part)
    {
        for (var type = part.GetType(); type is not null; type = type.BaseType)
        {
            // Records of the library that are functions have a name that stands for them.
            if (IsOurs(type)) continue;
            foreach (var field in type.GetFields(
                BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly))
            {
                if (!field.IsInitOnly || Collects(field.FieldType)) return $"has the field '{NameOf(field)}', which can change";
                if (typeof(Delegate).IsAssignableFrom(field.FieldType))
                {
                    return $"has the function '{NameOf(field)}', which has no equality: a CustomProbe or a CustomRule is a function " +
                        "with a name that stands for it";
                }
            }
        }
        return null;
    }

    /// <summary>Whether a type is one of the library, and not of a program.</summary>
    public static bool IsOurs(Type type) => type.Assembly == typeof(OwnParts).Assembly;

    /// <summary>What is wrong, or what is thrown by whoever is asked for it, in words; null: nothing.</summary>
    public static string? Thrown(Func<string?> asked)
    {
        try
        {
            return asked();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return $"{e.GetType().Name}: {e.Message}";
        }
    }

    private static bool Collects(Type type) => type == typeof(System.Text.StringBuilder) || (type.IsGenericType
        && new[] { typeof(List<>), typeof(Dictionary<,>), typeof(HashSet<>), typeof(Queue<>), typeof(Stack<>) }
            .Contains(type.GetGenericTypeDefinition()));

    // The compiler calls the field of a property <Name>k__BackingField.
    private static string NameOf(FieldInfo field) =>
        field.Name is ['<', .. var rest] ? rest[..rest.IndexOf('>', StringComparison.Ordinal)] : field.Name;
}
