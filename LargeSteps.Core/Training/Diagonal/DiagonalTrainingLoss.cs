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
    private readonly double[] _r = new double[data.Dimensions], _s = new double[data.Dimensions], _predictor = new double[data.Dimensions],
        _direction = new double[data.Dimensions];

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
        GaussNewtonProduct(vector, product);
        for (var j = 0; j < _d; j++)
        {
            product[j] += _r[j] * vector[_d + j];
            product[_d + j] += _r[j] * vector[j];
        }
    }

    public void GaussNewtonProduct(ReadOnlySpan<double> vector, Span<double> product)
    {
        SetDirection(vector);
        _s.AsSpan().Clear();
        for (var i = 0; i < data.Samples; i++)
        {
            var x = data.Features.Row(i);
            Vectors.AddScaled(_s, Vectors.Dot(x, _direction) / data.Samples, x);
        }
        Vectors.Multiply(_s, V, product[.._d]);
        Vectors.Multiply(_s, U, product[_d..]);
    }

    public double[] Slopes(ReadOnlySpan<double> direction)
    {
        SetDirection(direction);
        var slopes = new double[data.Samples];
        for (var i = 0; i < slopes.Length; i++)
        {
            var x = data.Features.Row(i);
            slopes[i] = (Vectors.Dot(x, _predictor) - data.Labels[i]) * Vectors.Dot(x, _direction);
        }
        return slopes;
    }

    public void CurvatureGradient(ReadOnlySpan<double> direction, Span<double> gradient) =>
        Differences.CurvatureGradient(this, [.. _point], direction, gradient);

    // How the predictor u⊙v changes in the direction (p, q): p⊙v + u⊙q.
    private void SetDirection(ReadOnlySpan<double> vector)
    {
        for (var j = 0; j < _d; j++) _direction[j] = vector[j] * V[j] + U[j] * vector[_d + j];
    }

    public void Dispose() { }
}
