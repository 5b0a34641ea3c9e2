using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using Microsoft.Data.Analysis;
using Schema = Apache.Arrow.Schema;

namespace LargeSteps.Experiments.Results;

/// <summary>Tables as Arrow files.</summary>
internal static class ArrowTables
{
    /// <summary>Begins a file of tables of texts, whole numbers and doubles, a batch each, whose columns are alike; what it returns writes
    /// a table, and ends the file when it is disposed.</summary>
    public static ArrowTableWriter Begin(string path) => new(File.Create(path));

    // DataFrame.ToArrowRecordBatches knows no StringDataFrameColumn.
    internal static RecordBatch Batch(DataFrame table)
    {
        var schema = new Schema.Builder();
        var columns = new List<IArrowArray>();
        foreach (var column in table.Columns)
        {
            var (type, values) = Convert(column);
            schema.Field(new Field(column.Name, type, nullable: true));
            columns.Add(values);
        }
        return new RecordBatch(schema.Build(), columns, (int)table.Rows.Count);
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

/// <summary>See <see cref="ArrowTables.Begin"/>.</summary>
internal sealed class ArrowTableWriter(Stream file) : IDisposable
{
    private ArrowFileWriter? _writer;

    /// <summary>Writes a table.</summary>
    public void Write(DataFrame table)
    {
        using var batch = ArrowTables.Batch(table);
        _writer ??= new ArrowFileWriter(file, batch.Schema, leaveOpen: false);
        _writer.WriteRecordBatch(batch);
    }

    /// <summary>Ends the file.</summary>
    public void Dispose()
    {
        _writer?.WriteEnd();
        _writer?.Dispose();
        file.Dispose();
    }
}
