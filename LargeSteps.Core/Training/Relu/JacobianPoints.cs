using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Optimizers;

namespace LargeSteps.Training.Relu;

/// <summary>The points at which the Jacobian of a fully connected network is taken.</summary>
internal static class JacobianPoints
{
    /// <summary>
    /// The points of the Jacobian in one dimension: uniform between the least and the greatest sample, from the stream of the sampling as
    /// a run of so many steps leaves it. What is drawn does not depend on the weights, so the points are known before the run.
    /// </summary>
    /// <param name="data">The samples, of one feature.</param>
    /// <param name="count">The number of points.</param>
    /// <param name="steps">The steps of the run.</param>
    /// <param name="batchSize">The samples of a step; 0: all.</param>
    /// <param name="seed">The seed of the stream.</param>
    /// <param name="noisy">Whether a step draws label noise too.</param>
    public static Matrix Uniform(RegressionData data, int count, long steps, int batchSize, uint seed, Func<long, bool> noisy)
    {
        if (data.Dimensions != 1) throw new ArgumentException("Uniform points are for samples of one feature.", nameof(data));
        var sampler = new SamplerWithoutReplacement(data.Samples, batchSize, seed);
        for (long k = 0; k < steps; k++)
        {
            sampler.Next();
            if (!noisy(k)) continue;
            for (var i = 0; i < sampler.BatchSize; i++) sampler.Random.StandardNormal();
        }
        var points = new double[count];
        var samples = data.Features.AsSpan().ToArray();
        sampler.Random.Uniform(samples.Min(), samples.Max(), points);
        return new Matrix(count, 1, Array.ConvertAll(points, x => (double)(float)x));
    }

    /// <summary>The points of the Jacobian elsewhere: the first P test samples, or all where there are fewer.</summary>
    public static Matrix FirstTest(ReluShape shape, RegressionData data)
    {
        var rows = Math.Min(shape.Parameters, data.TestFeatures.Rows);
        return new Matrix(rows, data.Dimensions, data.TestFeatures.AsSpan()[..(rows * data.Dimensions)].ToArray());
    }
}
