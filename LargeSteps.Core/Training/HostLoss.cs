using LargeSteps.Optimizers;
using LargeSteps.Probes;

namespace LargeSteps.Training;

/// <summary>A loss on the host as probes see it; it belongs to the run.</summary>
internal sealed class HostLoss(ITrainingLoss loss) : ILoss
{
    public double Value(ParameterVector at) => loss.MoveTo(HostVector<double>.Of(at));

    public ParameterVector Gradient(ParameterVector at)
    {
        var gradient = new double[Moved(at).Parameters];
        loss.Gradient(gradient);
        return new HostVector<double>(gradient);
    }

    public ICurvature Curvature(ParameterVector at) => new Products(Moved(at).Parameters, loss.HessianProduct);

    public ICurvature GaussNewton(ParameterVector at) => new Products(Moved(at).Parameters, loss.GaussNewtonProduct);

    public double[] Slopes(ParameterVector at, ParameterVector direction) => Moved(at).Slopes(HostVector<double>.Of(direction));

    public ParameterVector CurvatureGradient(ParameterVector at, ParameterVector direction)
    {
        var gradient = new double[Moved(at).Parameters];
        loss.CurvatureGradient(HostVector<double>.Of(direction), gradient);
        return new HostVector<double>(gradient);
    }

    private ITrainingLoss Moved(ParameterVector at)
    {
        loss.MoveTo(HostVector<double>.Of(at));
        return loss;
    }

    private sealed class Products(int order, Action<ReadOnlySpan<double>, Span<double>> times) : ICurvature
    {
        public int Order => order;

        public void Times(ReadOnlySpan<double> vector, Span<double> product) => times(vector, product);

        public ParameterVector Times(ParameterVector vector)
        {
            var product = new double[order];
            times(HostVector<double>.Of(vector), product);
            return new HostVector<double>(product);
        }

        public ParameterVector VectorOf(ReadOnlySpan<double> entries) => new HostVector<double>(entries.ToArray());

        public void Dispose() { }
    }
}
