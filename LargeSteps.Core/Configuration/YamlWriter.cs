using System.Globalization;
using LargeSteps.Forms;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace LargeSteps.Configuration;

/// <summary>Nodes → YAML text, always the same text for the same nodes: the canonical form.</summary>
internal static class YamlWriter
{
    public static string Write(Node root)
    {
        var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        var emitter = new Emitter(text,
            new EmitterSettings(bestIndent: 2, bestWidth: int.MaxValue, isCanonical: false, maxSimpleKeyLength: 1024));
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        Emit(emitter, root, depth: 0);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
        return text.ToString().ReplaceLineEndings("\n");
    }

    // Stages and runs stand one on a line; what is inside them is written in braces.
    private static void Emit(Emitter emitter, Node node, int depth)
    {
        switch (node)
        {
            case ScalarNode scalar:
                emitter.Emit(new Scalar(
                    AnchorName.Empty, TagName.Empty, scalar.Text, scalar.Plain ? ScalarStyle.Plain : ScalarStyle.DoubleQuoted, true, true));
                break;
            case SequenceNode list:
                emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, true, depth < 2 && list.Items.Count > 0
                    ? SequenceStyle.Block : SequenceStyle.Flow));
                foreach (var item in list.Items) Emit(emitter, item, depth + 1);
                emitter.Emit(new SequenceEnd());
                break;
            case MappingNode mapping:
                emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, true, depth < 1 ? MappingStyle.Block : MappingStyle.Flow));
                foreach (var entry in mapping.Entries)
                {
                    Emit(emitter, entry.Key, depth + 1);
                    Emit(emitter, entry.Value, depth + 1);
                }
                emitter.Emit(new MappingEnd());
                break;
        }
    }
}
