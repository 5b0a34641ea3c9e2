using System.Globalization;
using System.Text;
using LargeSteps.Experiments.Results;
using LargeSteps.Running;
using LargeSteps.Values;

namespace LargeSteps.Experiments.View;

/// <summary>The ends of runs over their seeds as a table that a page sorts, and switches between medians and means.</summary>
internal static class EndsHtml
{
    /// <summary>Appends the table: a row for each run.</summary>
    /// <param name="html">The page.</param>
    /// <param name="results">The units.</param>
    /// <param name="stateOf">How a unit is, in a word.</param>
    public static void Append(StringBuilder html, Items<UnitResult> results, Func<UnitResult, string> stateOf)
    {
        var metrics = ResultFrames.MetricsOf(results);
        html.Append("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"the ends of the runs\"><table class=\"ends sortable\">\n<thead><tr>")
            .AppendJoin("", ((string[])["run", "survived", .. metrics]).Select(column => $"<th scope=\"col\">{HtmlPage.Text(column)}</th>"))
            .Append("</tr></thead>\n<tbody>\n");
        foreach (var run in results.GroupBy(r => r.Unit.Label))
        {
            var seeds = run.ToArray();
            html.Append(CultureInfo.InvariantCulture, $"<tr><th scope=\"row\">{HtmlPage.Text(run.Key)}</th>{Survived(seeds, stateOf)}");
            foreach (var metric in metrics) html.Append(Cell(ResultFrames.LastValues(seeds, metric)));
            html.Append("</tr>\n");
        }
        html.Append("</tbody></table></div>\n");
    }

    private static string Survived(UnitResult[] seeds, Func<UnitResult, string> stateOf)
    {
        var done = seeds.Where(IsDone).ToArray();
        var alive = done.Count(seed => ResultFrames.Survived(seed.AtEnd));
        var others = seeds.Where(seed => !IsDone(seed)).GroupBy(stateOf)
            .Select(state => FormattableString.Invariant($", {state.Count()} {state.Key}"));
        return string.Create(CultureInfo.InvariantCulture,
            $"<td data-value=\"{(done.Length == 0 ? -1 : (double)alive / done.Length)}\">{alive}/{done.Length}{string.Concat(others)}</td>");
    }

    private static bool IsDone(UnitResult seed) => seed.Name is not null || seed.AtEnd.End.IsOwnEnd;

    // Both stand in the page; the attribute says what it is sorted by.
    private static string Cell(double[] values)
    {
        if (values.Length == 0) return "<td>–</td>";
        var (median, mean) = (Ensemble.Quantile(values, 0.5), values.Average());
        if (values.Length == 1) return $"<td data-value=\"{NumberText.Invariant(mean)}\">{Short(mean)}</td>";
        return $"<td data-value=\"{NumberText.Invariant(median)}\" data-mean=\"{NumberText.Invariant(mean)}\"><span class=\"median\">{Short(median)} " +
            $"<small>[{Short(Ensemble.Quantile(values, 0.25))}, {Short(Ensemble.Quantile(values, 0.75))}]</small></span>" +
            $"<span class=\"mean\">{Short(mean)} <small>± {Short(Statistics.Deviation(values))}</small></span></td>";
    }

    private static string Short(double value) => value.ToString("G4", CultureInfo.InvariantCulture);
}
