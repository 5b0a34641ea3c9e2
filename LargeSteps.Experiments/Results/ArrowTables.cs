using Apache.Arrow;
using Apache.Arrow.Types;
using LargeSteps.Running;
using Microsoft.Data.Analysis;
using Schema = Apache.Arrow.Schema;

namespace LargeSteps.Experiments.Results;

/// <summary>Tables as Arrow files.</summary>
internal static class ArrowTables
{
    /// <summary>Writes a table of texts, whole numbers and doubles as one batch.</summary>
    // DataFrame.ToArrowRecordBatches knows no StringDataFrameColumn.
    public static void Write(string path, DataFrame table)
    {
        var schema = new Schema.Builder();
        var columns = new List<IArrowArray>();
        foreach (var column in table.Columns)
        {
            var (type, values) = Convert(column);
            schema.Field(new Field(column.Name, type, nullable: true));
            columns.Add(values);
        }
        ArrowFiles.Write(path, new RecordBatch(schema.Build(), columns, (int)table.Rows.Count));
    }

    private static (IArrowType, IArrowArray) Convert(DataFrameColumn column)
    {
        switch (column)
        {
            case StringDataFrameColumn texts:
                var strings = new StringArray.Builder();
                foreach (var text in texts) strings.Append(text);
                return (StringType.Default, strings.Build());
            case Int64DataFrameColumn numbers:
                var longs = new Int64Array.Builder();
                foreach (var number in numbers) longs.Append(number);
                return (Int64Type.Default, longs.Build());
            case DoubleDataFrameColumn numbers:
                var doubles = new DoubleArray.Builder();
                foreach (var number in numbers) doubles.Append(number);
                return (DoubleType.Default, doubles.Build());
            default:
                throw new ArgumentException($"Column '{column.Name}' is a {column.GetType().Name}.", nameof(column));
        }
    }
}
