using LargeSteps.Datasets;
using LargeSteps.Models;
using LargeSteps.Numerics;
using LargeSteps.Training;
using LargeSteps.Training.Diagonal;
using LargeSteps.Training.Relu;
using LargeSteps.Values;

namespace LargeSteps.Tests.Training;

/// <summary>Losses, gradients and Hessian products of the training loss, in closed form against autograd and against differences.</summary>
public class TrainingLossTests
{
    private static readonly RegressionData Spheres = ReluProblems.TeacherStudent(ReluShape.Of(true, 4, 3, 1), TeacherForm.Gaussian, 13, 2,
        7);
    private static readonly RegressionData Signs = Spheres with { Labels = Items.From(Spheres.Labels.Select(y => y > 0 ? 1.0 : -1.0)) };

    public static TheoryData<string> Problems =>
        ["diagonal", "one hidden layer", "two hidden layers", "biases here and there", "no hidden layer", "logistic"];

    [Theory]
    [MemberData(nameof(Problems))]
    public void Both_engines_have_the_same_loss_gradient_and_Hessian(string problem)
    {
        var (closed, autograd) = Make(problem);
        using (closed)
        using (autograd)
        {
            var point = Point(closed.Parameters, 1);
            var loss = closed.MoveTo(point);
            Assert.Equal(autograd.MoveTo(point), loss, 1e-13 * loss);
            Close(Gradient(autograd), Gradient(closed), 1e-13);
            foreach (var seed in (uint[])[2, 3, 4])
            {
                var direction = Point(closed.Parameters, seed);
                Close(Product(autograd, direction), Product(closed, direction), 1e-13);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Problems))]
    public void The_gradient_and_the_Hessian_are_what_differences_say(string problem)
    {
        var (closed, autograd) = Make(problem);
        using (closed)
        using (autograd)
        {
            double[] point = Point(closed.Parameters, 1), direction = Point(closed.Parameters, 2);
            const double h = 1e-6;
            double[] Moved(double by) => [.. point.Zip(direction, (w, v) => w + by * v)];
            double above = closed.MoveTo(Moved(h)), below;
            var gradientAbove = Gradient(closed);
            below = closed.MoveTo(Moved(-h));
            var gradientBelow = Gradient(closed);
            closed.MoveTo(point);
            var slope = Vectors.Dot(Gradient(closed), direction);
            Assert.Equal((above - below) / (2 * h), slope, 1e-7 * Math.Abs(slope));
            Close([.. gradientAbove.Zip(gradientBelow, (a, b) => (a - b) / (2 * h))], Product(closed, direction), 1e-7);
        }
    }

    [Fact]
    public void A_product_does_not_depend_on_those_before_it()
    {
        var (closed, autograd) = Make("two hidden layers");
        using (closed)
        using (autograd)
        {
            closed.MoveTo(Point(closed.Parameters, 1));
            var first = Product(closed, Point(closed.Parameters, 2));
            Product(closed, Point(closed.Parameters, 3));
            Gradient(closed);
            Assert.Equal(first, Product(closed, Point(closed.Parameters, 2)));
        }
    }

    [Theory]
    [InlineData("diagonal")]
    [InlineData("two hidden layers")]
    public void Autograd_gives_the_same_bits_wherever_arrays_lie(string problem)
    {
        double[]? first = null;
        for (var i = 0; i < 16; i++)
        {
            // Moves the next arrays by eight bytes at a time.
            GC.KeepAlive(new byte[8 * (i % 8) + 1]);
            var (closed, autograd) = Make(problem);
            using (closed)
            using (autograd)
            {
                autograd.MoveTo(Point(autograd.Parameters, 1));
                var product = Product(autograd, Point(autograd.Parameters, 2));
                Assert.Equal(first ??= product, product);
            }
        }
    }

    [Fact]
    public void The_logistic_loss_is_finite_far_out()
    {
        // h = 1000 x on the samples x = 1, −1 with labels 1, 1: losses 0 and 1000.
        var data = ReluCases.Data([[1], [-1]], 1, 1);
        using var loss = new ReluTrainingLoss(ReluShape.Of(false, 1, 1), data, ReluLoss.Logistic);
        Assert.Equal(500, loss.MoveTo([1000]));
        Assert.Equal([0.5], Gradient(loss));
        Assert.Equal([0.0], Product(loss, [1]));
    }

    private static (ITrainingLoss Closed, ITrainingLoss Autograd) Make(string problem)
    {
        if (problem == "diagonal")
        {
            var data = DatasetFactory.Create(DiagonalCases.Small);
            return (new DiagonalTrainingLoss(data), AutogradTrainingLoss.OfDiagonal("cpu", data));
        }
        var shape = problem switch
        {
            "one hidden layer" => ReluShape.Of(false, 4, 9, 1),
            "two hidden layers" => ReluShape.Of(true, 4, 7, 5, 1),
            "no hidden layer" => ReluShape.Of(true, 4, 1),
            "logistic" => new([4, 6, 1], [true, false]),
            _ => new([4, 5, 6, 3, 1], [false, true, false, true]),
        };
        var (samples, loss) = problem == "logistic" ? (Signs, ReluLoss.Logistic) : (Spheres, ReluLoss.Squared);
        return (new ReluTrainingLoss(shape, samples, loss), AutogradTrainingLoss.OfRelu("cpu", shape, samples, loss));
    }

    private static double[] Point(int count, uint seed)
    {
        var random = new NumpyRandom(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.StandardNormal())];
    }

    private static double[] Gradient(ITrainingLoss loss)
    {
        var gradient = new double[loss.Parameters];
        loss.Gradient(gradient);
        return gradient;
    }

    private static double[] Product(ITrainingLoss loss, double[] direction)
    {
        var product = new double[loss.Parameters];
        loss.HessianProduct(direction, product);
        return product;
    }

    private static void Close(double[] expected, double[] actual, double tolerance)
    {
        var scale = expected.Max(Math.Abs);
        Assert.True(scale > 0);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance * scale));
    }
}
