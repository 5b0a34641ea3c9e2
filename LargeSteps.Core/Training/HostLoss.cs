using LargeSteps.Optimizers;
using LargeSteps.Probes;

namespace LargeSteps.Training;

/// <summary>A loss on the host as probes see it.</summary>
internal sealed class HostLoss(ITrainingLoss loss) : ILoss, ICurvature
{
    public int Order => loss.Parameters;

    public double Value(ParameterVector at) => loss.MoveTo(HostVector<double>.Of(at));

    public ParameterVector Gradient(ParameterVector at)
    {
        loss.MoveTo(HostVector<double>.Of(at));
        var gradient = new double[loss.Parameters];
        loss.Gradient(gradient);
        return new HostVector<double>(gradient);
    }

    public ICurvature Curvature(ParameterVector at)
    {
        loss.MoveTo(HostVector<double>.Of(at));
        return this;
    }

    public void Times(ReadOnlySpan<double> vector, Span<double> product) => loss.HessianProduct(vector, product);

    // The loss belongs to the run.
    public void Dispose() { }
}
