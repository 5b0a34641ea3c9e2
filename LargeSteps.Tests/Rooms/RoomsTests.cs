using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace LargeSteps.Tests.Rooms;

/// <summary>What docs/architecture.md says of the rooms of LargeSteps.Core.</summary>
public class RoomsTests
{
    /// <summary>The rooms: each sees those before it alone.</summary>
    private static readonly string[] Order =
    [
        "Values", "Forms", "Formats", "Numerics", "Models", "Datasets", "Schedules", "Optimizers", "Probes", "Figures", "Pipelines",
        "Configuration",
        "Training", "Running",
    ];

    private static readonly Lazy<Sources> Core = new(Sources.OfCore);

    [Fact]
    public void A_room_sees_those_before_it_alone() =>
        Assert.Equal([], Core.Value.Arrows().Where(arrow => Array.IndexOf(Order, arrow.ToRoom) > Array.IndexOf(Order, arrow.FromRoom))
            .Select(arrow => arrow.ToString()));

    [Fact]
    public void Each_file_is_in_a_room_and_its_namespace_is_its_folder() => Assert.Equal([], Core.Value.Trees.Select(tree => (tree.FilePath,
            Namespace: tree.GetRoot().DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>()
                .Single().Name.ToString()))
        .Where(file => !Order.Contains(file.FilePath.Split('/')[0])
            || file.Namespace != "LargeSteps." + Path.GetDirectoryName(file.FilePath)!.Replace('\\', '/').Replace('/', '.'))
        .Select(file => file.FilePath));

    [Fact]
    public void The_page_names_the_rooms_in_their_order()
    {
        var page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "architecture.md"));
        var table = page.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split('`')[1].TrimEnd('/'));
        Assert.Equal(Order, table.Where(Order.Contains).Distinct());
    }

    [Fact]
    public void Nobody_asks_which_case_a_union_is_but_the_union() =>
        Assert.Equal([], Sources.OfAll().TypeTests().Select(test => test.ToString()));

    [Fact]
    public void A_file_has_at_most_400_lines() => Assert.Equal([], ((string[])["LargeSteps.Core", "LargeSteps.Experiments"])
        .SelectMany(Sources.Files).Select(file => (File: Path.GetRelativePath(Sources.Root, file), Lines: File.ReadLines(file).Count()))
        .Where(file => file.Lines > 400).Select(file => $"{file.File}: {file.Lines}"));

    // A text that users read stays on one line, so that it can be searched for.
    [Fact]
    public void A_line_has_at_most_140_columns_unless_a_text_makes_it_longer() => Assert.Equal([], ((string[])["LargeSteps.Core",
        "LargeSteps.Experiments", "LargeSteps.Tests"]).SelectMany(Sources.Files).SelectMany(file =>
    {
        if (File.ReadLines(file).All(line => line.Length <= LongestLine)) return [];
        var tree = CSharpSyntaxTree.ParseText(File.ReadAllText(file));
        return tree.GetText().Lines.Where(line => line.Span.Length > LongestLine && !HasLongText(tree.GetRoot(), line.Span))
            .Select(line => FormattableString.Invariant($"{Path.GetRelativePath(Sources.Root, file)}({line.LineNumber + 1})"));
    }));

    [Fact]
    public void A_line_of_FSharp_has_at_most_140_columns() => Assert.Equal([], ((string[])["LargeSteps.Core", "LargeSteps.Tests"])
        .SelectMany(folder => Sources.Files(folder, "*.fs")).SelectMany(file => File.ReadLines(file).Index()
            .Where(line => line.Item.Length > LongestLine)
            .Select(line => FormattableString.Invariant($"{Path.GetRelativePath(Sources.Root, file)}({line.Index + 1})"))));

    private const int LongestLine = 140;

    private static bool HasLongText(SyntaxNode root, TextSpan line)
    {
        const int longText = 40;
        var tokens = root.DescendantTokens(line).ToArray();
        return tokens.Where(token => token.Kind(
            ) is SyntaxKind.StringLiteralToken or SyntaxKind.SingleLineRawStringLiteralToken or SyntaxKind.MultiLineRawStringLiteralToken
                or SyntaxKind.Utf8StringLiteralToken).Select(token => token.Span)
            .Concat(tokens.SelectMany(token => token.Parent!.AncestorsAndSelf().OfType<InterpolatedStringExpressionSyntax>())
                .Select(text => text.Span))
            .Any(text => text.Intersection(line) is { Length: > longText });
    }

    [Fact]
    public void Arrows_and_questions_are_found()
    {
        var corlib = MetadataReference.CreateFromFile(typeof(object).Assembly.Location);
        SyntaxTree Tree(string path, string text) => CSharpSyntaxTree.ParseText(text, path: path);
        var sources = Sources.Of([corlib],
            Tree("A/U.cs", "public abstract record U { private protected abstract void Close(); public int Own() => this is C ? 1 : 0; }\n"
                + "public sealed record C : U { private protected override void Close() { } }"),
            Tree("B/V.cs", "class V { bool F(U u) => u is C; U G(U u) => (C)u;\nbool H(U u) => u switch { C => true, _ => false }; C I(U u) => u as C; }"));
        Assert.Equal(["B/V.cs(1): C of A/U.cs", "B/V.cs(1): C of A/U.cs", "B/V.cs(2): C of A/U.cs", "B/V.cs(2): C of A/U.cs"],
            sources.TypeTests().Select(test => test.ToString()));
        Assert.Equal([("B", "A")], sources.Arrows().Select(arrow => (arrow.FromRoom, arrow.ToRoom)).Distinct());
    }
}
