using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace LargeSteps.Tests.Rooms;

/// <summary>A name in a file of LargeSteps.Core that stands for something declared in another file of it.</summary>
/// <param name="From">The file, from the folder of LargeSteps.Core on.</param>
/// <param name="Line">Its line, counted from 1.</param>
/// <param name="To">The file of the declaration.</param>
/// <param name="Name">The name.</param>
internal sealed record Arrow(string From, int Line, string To, string Name)
{
    public string FromRoom => From.Split('/')[0];

    public string ToRoom => To.Split('/')[0];

    public override string ToString() => FormattableString.Invariant($"{From}({Line}): {Name} of {To}");
}

/// <summary>The code of LargeSteps.Core, as the compiler sees it.</summary>
internal sealed class Sources
{
    private readonly CSharpCompilation _compilation;

    private Sources(CSharpCompilation compilation) => _compilation = compilation;

    /// <summary>The folder of the solution.</summary>
    public static string Root
    {
        get
        {
            var folder = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(folder, "LargeSteps.sln")))
                folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests do not lie in the sources.");
            return folder;
        }
    }

    /// <summary>The files of C# below a folder of the solution, without what the build makes.</summary>
    public static string[] Files(string folder) => Files(folder, "*.cs");

    /// <summary>The same of files of another kind.</summary>
    public static string[] Files(string folder, string kind) =>
        [.. Directory.EnumerateFiles(Path.Combine(Root, folder), kind, SearchOption.AllDirectories)
        .Where(file => !Path.GetRelativePath(Root, file).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
        .Order(StringComparer.Ordinal)];

    /// <summary>LargeSteps.Core, compiled against what the tests run with. What source generators add is not there.</summary>
    public static Sources OfCore() => Compiled("LargeSteps.Core");

    /// <summary>The same with the program; the files of the program begin with their folder.</summary>
    public static Sources OfAll() => Compiled("LargeSteps.Core", "LargeSteps.Experiments");

    private static Sources Compiled(params string[] folders)
    {
        var options = new CSharpParseOptions(LanguageVersion.Preview);
        // The implicit usings of the build.
        const string Usings = "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; "
            + "global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;";
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => !Path.GetFileName(path).StartsWith("LargeSteps.", StringComparison.Ordinal))
            .Select(path => MetadataReference.CreateFromFile(path));
        return Of(references, [CSharpSyntaxTree.ParseText(Usings, options),
            .. folders.SelectMany(Files).Select(file => CSharpSyntaxTree.ParseText(File.ReadAllText(file), options,
                Path.GetRelativePath(Root, file).Replace('\\', '/').Replace("LargeSteps.Core/", "", StringComparison.Ordinal)))]);
    }

    /// <summary>Some files.</summary>
    public static Sources Of(IEnumerable<MetadataReference> references, params SyntaxTree[] trees) => new(CSharpCompilation.Create(
        "Sources", trees, references, new(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true,
            nullableContextOptions: NullableContextOptions.Enable)));

    /// <summary>The files.</summary>
    public IEnumerable<SyntaxTree> Trees => _compilation.SyntaxTrees.Where(tree => tree.FilePath.Length > 0);

    /// <summary>What the files need of one another; what stands in comments and in lists of usings counts for nothing.</summary>
    public IEnumerable<Arrow> Arrows() => Names().SelectMany(name => name.Symbol.OriginalDefinition.DeclaringSyntaxReferences
        .Select(declaration => declaration.SyntaxTree.FilePath).Where(to => to.Length > 0 && to != name.Syntax.SyntaxTree.FilePath)
        .Select(to => new Arrow(name.Syntax.SyntaxTree.FilePath, LineOf(name.Syntax), to, name.Symbol.Name)));

    /// <summary>Patterns, casts, <c>as</c> and <c>OfType</c> by which a file asks which case of a closed union of another file it
    /// has.</summary>
    public IEnumerable<Arrow> TypeTests() => Names().Where(name => name.Symbol is INamedTypeSymbol && Asks(name.Syntax))
        .Select(name => (name.Syntax, Union: UnionOf((INamedTypeSymbol)name.Symbol)))
        .Where(name => name.Union is not null && FileOf(name.Union) != name.Syntax.SyntaxTree.FilePath)
        .Select(name => new Arrow(name.Syntax.SyntaxTree.FilePath, LineOf(name.Syntax), FileOf(name.Union!), name.Syntax.Identifier.Text));

    private IEnumerable<(SimpleNameSyntax Syntax, ISymbol Symbol)> Names()
    {
        foreach (var tree in Trees)
        {
            var model = _compilation.GetSemanticModel(tree);
            foreach (var name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
            {
                if (!name.Ancestors().Any(parent => parent is UsingDirectiveSyntax) && model.GetSymbolInfo(name) is var info
                    && (info.Symbol ?? info.CandidateSymbols.FirstOrDefault()) is { } symbol and not INamespaceSymbol)
                {
                    yield return (name,
                    symbol);
                }
            }
        }
    }

    // Whether a type is one of those that a value is tried for.
    private static bool Asks(SimpleNameSyntax name)
    {
        SyntaxNode type = name;
        while (type.Parent is QualifiedNameSyntax or MemberAccessExpressionSyntax) type = type.Parent;
        return type.Parent switch
        {
            DeclarationPatternSyntax or RecursivePatternSyntax or TypePatternSyntax or ConstantPatternSyntax => true,
            CastExpressionSyntax cast => cast.Type == type,
            BinaryExpressionSyntax binary => binary.Right == type && binary.Kind() is SyntaxKind.IsExpression or SyntaxKind.AsExpression,
            TypeArgumentListSyntax { Parent: GenericNameSyntax { Identifier.Text: "OfType" or "Cast" } } => true,
            _ => false,
        };
    }

    // The closed union of which a type is a case: its base, which has the member that keeps others from deriving from it.
    private static INamedTypeSymbol? UnionOf(INamedTypeSymbol type) =>
        type.BaseType is { IsAbstract: true } union && union.GetMembers("Close").Any(member => member.IsAbstract) ? union.OriginalDefinition
            : null;

    private static string FileOf(INamedTypeSymbol type) =>
        type.DeclaringSyntaxReferences.Select(declaration => declaration.SyntaxTree.FilePath).First();

    private static int LineOf(SyntaxNode node) => node.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
}
