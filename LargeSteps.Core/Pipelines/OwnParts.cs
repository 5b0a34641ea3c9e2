using System.Reflection;

namespace LargeSteps.Pipelines;

/// <summary>What must hold of records that only a program can give: they are values, by which runs are told apart.</summary>
internal static class OwnParts
{
    /// <summary>A field that can change once the record is made, by the name of its property; null: there is none.</summary>
    public static string? Changeable(object part)
    {
        for (var type = part.GetType(); type is not null; type = type.BaseType)
        {
            foreach (var field in type.GetFields(
                BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly))
            {
                if (!field.IsInitOnly) return NameOf(field);
            }
        }
        return null;
    }

    // The compiler calls the field of a property <Name>k__BackingField.
    private static string NameOf(FieldInfo field) =>
        field.Name is ['<', .. var rest] ? rest[..rest.IndexOf('>', StringComparison.Ordinal)] : field.Name;
}
