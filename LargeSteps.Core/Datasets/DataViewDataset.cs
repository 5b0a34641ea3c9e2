using System.Globalization;
using System.Numerics;
using LargeSteps.Numerics;
using LargeSteps.Values;
using Microsoft.Data.Analysis;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace LargeSteps.Datasets;

/// <summary>Reads regression problems from data views: text files, databases, objects, tables, whatever ML.NET loads or
/// transforms.</summary>
internal static class DataViewDataset
{
    public static Outcome<RegressionData> Read(IDataView train, Items<string> features, string label, IDataView? test)
    {
        if (NameProblems(features, label).ToArray() is { Length: > 0 } problems) return Outcome.Failure<RegressionData>(problems);
        var trained = ReadTable(train, "training data", features, label);
        var tested = test is null ? null : ReadTable(test, "test data", features, label);
        return trained.Match(
            data => (tested ?? Outcome.Success(new Table(new Matrix(0, data.Features.Columns, []), []))).Match(
                testData => Join(data, testData),
                diagnostics => new Outcome<RegressionData>.Failure(diagnostics)),
            diagnostics => new Outcome<RegressionData>.Failure(
                Items.From(diagnostics.Concat(tested is null ? [] : tested.Match(_ => [], more => more)))));
    }

    private sealed record Table(Matrix Features, Items<double> Labels);

    private static IEnumerable<Diagnostic> NameProblems(Items<string> features, string label)
    {
        if (features.Count == 0) yield return new("LS0507", "no feature column is named");
        foreach (var twice in features.GroupBy(name => name).Where(same => same.Count() > 1))
            yield return new("LS0507", $"feature column '{twice.Key}' is named twice");
        if (features.Contains(label))
        {
            yield return new("LS0507",
            $"column '{label}' is the label and a feature as well: the model would see what it is to learn");
        }
    }

    private static Outcome<RegressionData> Join(Table train, Table test) => train.Features.Columns == test.Features.Columns
        ? Outcome.Success(RegressionData.Of(train.Features, train.Labels, test.Features, test.Labels))
        : Outcome.Failure<RegressionData>(new Diagnostic(
            "LS0506", FormattableString.Invariant(
                $"a row of the test data has {test.Features.Columns} features, one of the training data {train.Features.Columns}")));

    private static Outcome<Table> ReadTable(IDataView view, string what, Items<string> features, string label)
    {
        var problems = new List<Diagnostic>();
        var columns = features.Select(name => Find(view, what, name, mayBeVector: true, problems)).ToArray();
        var target = Find(view, what, label, mayBeVector: false, problems);
        if (problems.Count > 0) return Outcome.Failure<Table>([.. problems]);

        Column[] all = [.. columns.Append(target).OfType<Column>()];
        var (values, labels) = (new List<double>(), new List<double>());
        using (var cursor = view.GetRowCursor(all.Select(column => column.Schema)))
        {
            var readers = Array.ConvertAll(all, column => column.Open(cursor));
            for (long row = 0; cursor.MoveNext(); row++)
            {
                for (var i = 0; i < readers.Length; i++)
                    all[i].Check(readers[i](), row, i < columns.Length ? values : labels);
            }
        }
        problems.AddRange(all.SelectMany(column => column.Problems(what)));
        if (problems.Count == 0 && labels.Count == 0) problems.Add(new("LS0504", $"the {what} have no rows"));
        if (problems.Count == 0 && values.Count == 0) problems.Add(new("LS0505", $"the feature vectors of the {what} are empty"));
        return problems.Count > 0
            ? Outcome.Failure<Table>([.. problems])
            : Outcome.Success(new Table(new Matrix(labels.Count, values.Count / labels.Count, [.. values]), Items.From(labels)));
    }

    private static Column? Find(IDataView view, string what, string name, bool mayBeVector, List<Diagnostic> problems)
    {
        if (view.Schema.GetColumnOrNull(name) is not { } column)
        {
            string[] known = [.. view.Schema.Where(c => !c.IsHidden).Select(c => c.Name)];
            problems.Add(new("LS0501", $"the {what} have no column '{name}'{Nearest.Suggestion(name, known)}"));
            return null;
        }
        var (item, isVector) = column.Type is VectorDataViewType vector ? (vector.ItemType, true) : (column.Type, false);
        var open = isVector && !mayBeVector ? null : Opener(item, isVector, column);
        if (open is not null) return new Column(column, (view as DataFrame)?.Columns[name], open);
        var expected = mayBeVector ? "a number or a vector of numbers" : "a number";
        var found = column.Type is VectorDataViewType ? $"a vector ({column.Type})" : $"of type {column.Type}";
        var hint = item is TextDataViewType ? "; let the loader read it as Single, or convert it"
            : item is KeyDataViewType ? "; a key names a category: map it to a vector"
            : item is BooleanDataViewType ? "; convert it to Single" : "";
        problems.Add(new("LS0502", $"column '{name}' of the {what} is {found}, not {expected}{hint}"));
        return null;
    }

    /// <summary>The cursor's getter of a column as a function that gives the values of the current row; null where they are no
    /// numbers.</summary>
    private static Func<DataViewRow, Func<ReadOnlyMemory<double>>>? Opener(DataViewType item, bool isVector, DataViewSchema.Column column)
    {
        // A key is stored in an unsigned integer, but it is no number: 0 stands for none.
        if (item is not NumberDataViewType) return null;
        return Type.GetTypeCode(item.RawType) switch
        {
            TypeCode.Single => Open<float>(),
            TypeCode.Double => Open<double>(),
            TypeCode.SByte => Open<sbyte>(),
            TypeCode.Int16 => Open<short>(),
            TypeCode.Int32 => Open<int>(),
            TypeCode.Int64 => Open<long>(),
            TypeCode.Byte => Open<byte>(),
            TypeCode.UInt16 => Open<ushort>(),
            TypeCode.UInt32 => Open<uint>(),
            TypeCode.UInt64 => Open<ulong>(),
            _ => null,
        };

        Func<DataViewRow, Func<ReadOnlyMemory<double>>> Open<T>() where T : INumberBase<T> => row => isVector ? Vector<T>(row, column)
            : Scalar<T>(row, column);
    }

    private static Func<ReadOnlyMemory<double>> Scalar<T>(DataViewRow row, DataViewSchema.Column column) where T : INumberBase<T>
    {
        var get = row.GetGetter<T>(column);
        var converted = new double[1];
        T value = T.Zero;
        return () =>
        {
            get(ref value);
            converted[0] = double.CreateChecked(value);
            return converted;
        };
    }

    private static Func<ReadOnlyMemory<double>> Vector<T>(DataViewRow row, DataViewSchema.Column column) where T : INumberBase<T>
    {
        var get = row.GetGetter<VBuffer<T>>(column);
        var converted = Array.Empty<double>();
        VBuffer<T> buffer = default;
        return () =>
        {
            get(ref buffer);
            if (converted.Length != buffer.Length) converted = new double[buffer.Length];
            var values = buffer.GetValues();
            if (buffer.IsDense)
            {
                for (var i = 0; i < values.Length; i++) converted[i] = double.CreateChecked(values[i]);
            }
            else
            {
                // A sparse buffer holds the positions and values of what is not zero.
                Array.Clear(converted);
                var indices = buffer.GetIndices();
                for (var i = 0; i < values.Length; i++) converted[indices[i]] = double.CreateChecked(values[i]);
            }
            return converted;
        };
    }

    /// <summary>A column while it is read: what is wrong in it is counted, and said once with the first row.</summary>
    private sealed class Column(DataViewSchema.Column schema, DataFrameColumn? frame, Func<DataViewRow, Func<ReadOnlyMemory<double>>> open)
    {
        private int _length = -1;
        private (long Rows, long First, double Value) _missing;
        private (long Rows, long First, int Length) _other;

        public DataViewSchema.Column Schema => schema;

        public Func<ReadOnlyMemory<double>> Open(DataViewRow cursor) => open(cursor);

        public void Check(ReadOnlyMemory<double> row, long number, List<double> into)
        {
            var values = row.Span;
            if (_length < 0) _length = values.Length;
            if (values.Length != _length && _other.Rows++ == 0) (_other.First, _other.Length) = (number, values.Length);
            // A data frame gives its cursor a 0 for an empty cell of a column of integers.
            var missing = frame is { NullCount: > 0 } && frame[number] is null ? double.NaN : FirstNotFinite(values);
            if (missing is { } value && _missing.Rows++ == 0) (_missing.First, _missing.Value) = (number, value);
            into.AddRange(values);
        }

        public IEnumerable<Diagnostic> Problems(string what)
        {
            if (_missing.Rows > 0)
            {
                yield return new("LS0503", string.Create(CultureInfo.InvariantCulture,
                    $"column '{schema.Name}' of the {what} has {(double.IsNaN(_missing.Value) ? "no value (NaN)" : "an infinite value")} " +
                    $"in {Rows(_missing.First, _missing.Rows)}: fill it in or leave the row out"));
            }

            if (_other.Rows > 0)
            {
                yield return new("LS0505", string.Create(CultureInfo.InvariantCulture,
                    $"column '{schema.Name}' of the {what} has {_other.Length} values in {Rows(_other.First, _other.Rows)}, but " +
                    $"{_length} in row 1"));
            }
        }

        private static double? FirstNotFinite(ReadOnlySpan<double> values)
        {
            foreach (var value in values)
                if (!double.IsFinite(value)) return value;
            return null;
        }

        private static string Rows(long first, long count) => count == 1
            ? FormattableString.Invariant($"row {first + 1}")
            : FormattableString.Invariant($"row {first + 1} and {count - 1} more");
    }
}
