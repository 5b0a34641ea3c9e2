using LargeSteps.Datasets;
using LargeSteps.Numerics;

namespace LargeSteps.Training.Diagonal;

/// <summary>
/// The training loss ‖X(u⊙v) − y‖²/(2n) of a diagonal network as a function of (u, v). With r = Xᵀ(X(u⊙v) − y)/n the gradient is (r⊙v,
/// r⊙u); in the direction (p, q) it changes by (s⊙v + r⊙q, s⊙u + r⊙p), s = XᵀX(p⊙v + u⊙q)/n.
/// </summary>
internal sealed class DiagonalTrainingLoss(RegressionData data) : ITrainingLoss
{
    private readonly int _d = data.Dimensions;
    private readonly double[] _point = new double[2 * data.Dimensions];
    private readonly double[] _r = new double[data.Dimensions], _s = new double[data.Dimensions], _predictor = new double[data.Dimensions];

    public int Parameters => 2 * _d;

    private ReadOnlySpan<double> U => _point.AsSpan(0, _d);

    private ReadOnlySpan<double> V => _point.AsSpan(_d);

    public double MoveTo(ReadOnlySpan<double> point)
    {
        point.CopyTo(_point);
        Vectors.Multiply(U, V, _predictor);
        _r.AsSpan().Clear();
        double squares = 0;
        for (var i = 0; i < data.Samples; i++)
        {
            var x = data.Features.Row(i);
            var e = Vectors.Dot(x, _predictor) - data.Labels[i];
            squares += e * e;
            Vectors.AddScaled(_r, e / data.Samples, x);
        }
        return squares / (2.0 * data.Samples);
    }

    public void Gradient(Span<double> gradient)
    {
        Vectors.Multiply(_r, V, gradient[.._d]);
        Vectors.Multiply(_r, U, gradient[_d..]);
    }

    public void HessianProduct(ReadOnlySpan<double> vector, Span<double> product)
    {
        var p = vector[.._d];
        var q = vector[_d..];
        for (var j = 0; j < _d; j++) _predictor[j] = p[j] * V[j] + U[j] * q[j];
        _s.AsSpan().Clear();
        for (var i = 0; i < data.Samples; i++)
        {
            var x = data.Features.Row(i);
            Vectors.AddScaled(_s, Vectors.Dot(x, _predictor) / data.Samples, x);
        }
        for (var j = 0; j < _d; j++) (product[j], product[_d + j]) = (_s[j] * V[j] + _r[j] * q[j], _s[j] * U[j] + _r[j] * p[j]);
    }

    public void Dispose() { }
}
