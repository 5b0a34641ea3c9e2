using System.Diagnostics;
using System.Globalization;
using ImageMagick;
using LargeSteps.Experiments.Charts;
using LargeSteps.Figures;
using LargeSteps.Formats;
using LargeSteps.Pipelines;
using LargeSteps.Values;

namespace LargeSteps.Experiments.Results;

/// <summary>The frames of a surface's animation as files.</summary>
internal static class SurfaceFrames
{
    // As many as a GIF can have.
    private const int Colours = 256;

    private const int FilmRate = 25;

    /// <summary>Writes <c>path.gif</c>, and on request <c>path_frames/0001.png</c> and so on, and <c>path.mp4</c> where there is ffmpeg;
    /// returns the files.</summary>
    public static IReadOnlyList<string> Write(SurfacePicture picture, SurfaceAnimation animation, string path)
    {
        var files = new List<string> { $"{path}.gif" };
        WholeFile.Write($"{path}.gif", aside => File.WriteAllBytes(aside, Gif(picture, animation)));
        var film = animation.Film ? FindFfmpeg() : null;
        if (!animation.AllFrames && film is null) return files;

        // Of the frames of an earlier picture, which may have been more, none is to be left.
        var folder = $"{path}_frames";
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        for (var frame = 1; frame <= picture.Frames; frame++)
        {
            var png = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{frame:0000}.png"));
            WholeFile.Write(png, aside => File.WriteAllBytes(aside, ChartRenderer.Png(picture.Chart(frame))));
            if (animation.AllFrames) files.Add(png);
        }
        if (film is not null && picture.Frames > 0 && WriteFilm(film, folder, $"{path}.mp4") is { } made) files.Add(made);
        if (!animation.AllFrames) Directory.Delete(folder, recursive: true);
        return files;
    }

    /// <summary>A line for whoever asks for a film where there is no ffmpeg; null where all is well.</summary>
    public static string? Note(Experiment experiment) =>
        experiment.Figures.Any(figure => figure is SurfaceFigure { Animation.Film: true }) && FindFfmpeg() is null
            ? "no film is made: ffmpeg is not installed" : null;

    /// <summary>The chosen frames as a GIF.</summary>
    public static byte[] Gif(SurfacePicture picture, SurfaceAnimation animation) =>
        Gif(animation.Frames.Map(frame => ChartRenderer.Png(picture.Chart(frame))), animation.Seconds);

    /// <summary>Pictures of one size as a GIF that begins again at its end. The same pictures give the same bytes.</summary>
    internal static byte[] Gif(Items<byte[]> pictures, double seconds)
    {
        using var images = new MagickImageCollection();
        foreach (var picture in pictures)
        {
            var image = new MagickImage(picture) { AnimationDelay = (uint)Math.Round(100 * seconds), AnimationIterations = 0 };
            image.Strip();
            images.Add(image);
        }
        // Dots of mixed colours would make plain areas restless.
        images.Quantize(new QuantizeSettings { Colors = Colours, DitherMethod = DitherMethod.No });
        return images.ToByteArray(MagickFormat.Gif);
    }

    private static string? FindFfmpeg() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? "ffmpeg.exe" : "ffmpeg")).FirstOrDefault(File.Exists);

    // Null where ffmpeg cannot make one, which it has then said itself.
    private static string? WriteFilm(string ffmpeg, string folder, string path)
    {
        var aside = Path.Combine(folder, "film.mp4");
        // In the folder, whose path may have signs that ffmpeg reads in its own way. H.264 wants even sides.
        using var process = Process.Start(new ProcessStartInfo(ffmpeg,
        [
            "-y", "-loglevel", "error", "-framerate", FilmRate.ToString(CultureInfo.InvariantCulture), "-i", "%04d.png", "-vf",
            "pad=ceil(iw/2)*2:ceil(ih/2)*2",
            "-pix_fmt", "yuv420p", "film.mp4",
        ])
        { WorkingDirectory = folder, RedirectStandardInput = true })!;
        process.StandardInput.Close();
        process.WaitForExit();
        if (process.ExitCode == 0) File.Move(aside, path, overwrite: true);
        File.Delete(aside);
        return process.ExitCode == 0 ? path : null;
    }
}
