using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using LargeSteps.Datasets.Images;
using LargeSteps.Formats;
using LargeSteps.Models.Deep;
using LargeSteps.Optimizers;
using LargeSteps.Pipelines;
using LargeSteps.Probes;
using LargeSteps.Schedules;
using LargeSteps.Training.Deep;
using LargeSteps.Values;
using SkiaSharp;

namespace LargeSteps.Fuzz;

/// <summary>The kinds of files from outside, each the smallest that is valid.</summary>
internal static class Inputs
{
    private const int Images = 3;

    // Zeros are images too: a batch has up to 30 MB of them, of which there are several copies while it is read.
    private const long MostBatch = 200L << 20;

    private static readonly string[] Cifar10Batches =
        ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"];

    public static IReadOnlyList<InputKind> All { get; } =
    [
        new("MNIST idx", Mnist, [], Of(ImageSource.Mnist)),
        new("MNIST idx.gz", Mnist, [Each(".gz", Zipped)], Of(ImageSource.Mnist)),
        new("CIFAR-10 binary", Cifar10, [], Of(ImageSource.Cifar10)),
        new("CIFAR-10 binary tar.gz", Cifar10, [Tar("cifar-10-binary.tar"), Each(".gz", Zipped)], Of(ImageSource.Cifar10), MostBatch),
        new("CIFAR-100 binary tar.gz", Cifar100, [Tar("cifar-100-binary.tar"), Each(".gz", Zipped)], Of(ImageSource.Cifar100), MostBatch),
        new("CIFAR-10 Python", Cifar10Pickles, [], Of(ImageSource.Cifar10), MostBatch),
        new("CIFAR-100 Python tar.gz", Cifar100Pickles, [Tar("cifar-100-python.tar"), Each(".gz", Zipped)],
            Of(ImageSource.Cifar100), MostBatch),
        new("SVHN mat", Svhn, [Matlab], Of(ImageSource.Svhn)),
        new("SVHN mat, compressed", Svhn, [Each("", Compressed), Matlab], Of(ImageSource.Svhn)),
        new("Tiny ImageNet folder", TinyImageNet, [], Of(ImageSource.TinyImageNet)),
        new("Tiny ImageNet zip", TinyImageNet, [Zip("tiny-imagenet-200.zip")], Of(ImageSource.TinyImageNet)),
        new("folder of pictures", Pictures, [], Own(folder => ImageSource.OfFolder(folder))),
        new("arrays of NumPy", Arrays, [], Own(folder => ImageSource.OfArrays(folder))),
        new("arrays of NumPy in a zip", Arrays, [Zip("x.npz")], Own(folder => ImageSource.OfArrays(Path.Combine(folder, "x.npz")))),
        new("safetensors", Safetensors, [], Weights("weights.safetensors")),
        new("torch.save", TorchParts, [Stored("weights.pth")], Weights("weights.pth")),
        new("torch.save before 1.6", TorchLegacy, [], Weights("weights.pth")),
        new("TensorBoard events", Events, [], ReadEvents),
    ];

    private static Func<string, bool, IReadOnlyList<Diagnostic>> Of(ImageSource source) => (folder, allowPartial) =>
        ImageStore.Load(source, folder, new(AllowPartial: allowPartial)).Match<IReadOnlyList<Diagnostic>>(set =>
        {
            foreach (var images in (LabelledImages[])[set.Train, set.Test])
            {
                if (images.Count == 0 || images.Shape != source.Shape || images.Labels.Any(label => label < 0 || label >= set.Classes))
                    throw new WrongValueException($"{images} with labels of {images.Labels.Min()} to {images.Labels.Max()}");
            }

            return [];
        }, problems => problems);

    private static Func<string, bool, IReadOnlyList<Diagnostic>> Own(Func<string, Outcome<ImageSource>> source) => (folder, allowPartial) =>
        source(folder).Bind(known => ImageStore.Load(known, null, new())).Match<IReadOnlyList<Diagnostic>>(set =>
            set.Train.Count > 0 && set.Train.Labels.Concat(set.Test.Labels).All(label => label >= 0 && label < set.Classes) ? []
            : throw new WrongValueException($"{set.Train} with labels that are none"), problems => problems);

    private static byte[] Pixels(int image, int length) => [.. Enumerable.Range(0, length).Select(p => (byte)(31 * image + p / 7))];

    private static byte[] BigEndian(params int[] words) =>
        [.. words.SelectMany(word => BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness(word)))];

    private static byte[] LittleEndian(params int[] words) => [.. words.SelectMany(BitConverter.GetBytes)];

    private static InputFiles Mnist(int number)
    {
        var files = new InputFiles();
        foreach (var part in (string[])["train", "t10k"])
        {
            var count = Images + number;
            var images = Enumerable.Range(number, count);
            files[$"mnist/{part}-images-idx3-ubyte"] = [.. BigEndian(0x803, count, 28, 28), .. images.SelectMany(i => Pixels(i, 784))];
            files[$"mnist/{part}-labels-idx1-ubyte"] = [.. BigEndian(0x801, count), .. images.Select(i => (byte)(i % 10))];
        }
        return files;
    }

    private static InputFiles Cifar10(int number)
    {
        var files = new InputFiles();
        foreach (var batch in Cifar10Batches)
        {
            files[$"cifar-10-batches-bin/{batch}.bin"] =
                [.. Enumerable.Range(number, number).SelectMany(i => Pixels(i, 3072).Prepend((byte)(i % 10)))];
        }

        return files;
    }

    private static InputFiles Cifar100(int number)
    {
        var files = new InputFiles();
        foreach (var part in (string[])["train", "test"])
        {
            files[$"cifar-100-binary/{part}.bin"] =
            [
                .. Enumerable.Range(number, Images).SelectMany(i => (byte[])[(byte)(i % 20), (byte)(i * 33 % 100), .. Pixels(i, 3072)]),
            ];
        }

        return files;
    }

    private static InputFiles Cifar10Pickles(int number)
    {
        var files = new InputFiles();
        foreach (var batch in Cifar10Batches) files[$"cifar-10-batches-py/{batch}"] = Pickle("labels", number);
        return files;
    }

    private static InputFiles Cifar100Pickles(int number) => new()
    {
        ["cifar-100-python/train"] = Pickle("fine_labels", number),
        ["cifar-100-python/test"] = Pickle("fine_labels", number + 1),
    };

    // As Python 2 wrote the batches: a dictionary with an array of bytes and a list of labels.
    private static byte[] Pickle(string labels, int number)
    {
        byte[] Text(string text) => [(byte)'U', (byte)text.Length, .. Encoding.ASCII.GetBytes(text)];
        byte[] Global(string module, string name) => Encoding.ASCII.GetBytes($"c{module}\n{name}\n");
        byte[] data = [.. Enumerable.Range(number, number).SelectMany(i => Pixels(i, 3072))];
        return
        [
            0x80, 2, (byte)'}', (byte)'(', .. Text("data"),
            .. Global("numpy.core.multiarray", "_reconstruct"), .. Global("numpy", "ndarray"), (byte)'K', 0, 0x85, .. Text("b"), 0x87,
            (byte)'R',
            (byte)'(', (byte)'K', 1, (byte)'K', (byte)number, (byte)'M', 0, 12, 0x86,
            .. Global("numpy", "dtype"), .. Text("u1"), (byte)'K', 0, (byte)'K', 1, 0x87, (byte)'R',
            (byte)'(', (byte)'K', 3, .. Text("|"), .. "NNN"u8, (byte)'J', .. LittleEndian(-1), (byte)'J', .. LittleEndian(-1),
            (byte)'K', 0, (byte)'t', (byte)'b',
            0x89, (byte)'T', .. LittleEndian(data.Length), .. data, (byte)'t', (byte)'b',
            .. Text(labels), (byte)']', (byte)'(',
            .. Enumerable.Range(0, number).SelectMany(i => (byte[])[(byte)'K', (byte)(i % 10)]), (byte)'e', (byte)'u', (byte)'.',
        ];
    }

    private static InputFiles Svhn(int number)
    {
        var files = new InputFiles();
        foreach (var part in (string[])["train", "test"])
        {
            files[$"{part}/1"] = Variable("X", 2, Pixels(number, 3072 * Images), 32, 32, 3, Images);
            // SciPy writes the labels as bytes, MATLAB as doubles.
            files[$"{part}/2"] = number == 1 ? Variable("y", 2, [1, 10, 9], Images, 1)
                : Variable("y", 9, [.. ((double[])[2, 8, 10]).SelectMany(BitConverter.GetBytes)], Images, 1);
        }
        return files;
    }

    private static byte[] Variable(string name, int type, byte[] values, params int[] dimensions)
    {
        byte[] Element(int type, byte[] data) => [.. LittleEndian(type, data.Length), .. data, .. new byte[(8 - data.Length % 8) % 8]];
        const int words = 6, integers = 5, text = 1, matrix = 14, bytes = 9;
        return Element(matrix, [.. Element(words, LittleEndian(bytes, 0)), .. Element(integers, LittleEndian(dimensions)),
            .. Element(text, Encoding.ASCII.GetBytes(name)), .. Element(type, values)]);
    }

    private static byte[] Compressed(byte[] element)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true)) zlib.Write(element);
        return [.. LittleEndian(15, (int)packed.Length), .. packed.ToArray()];
    }

    private static InputFiles Matlab(InputFiles variables)
    {
        byte[] head = [.. Encoding.ASCII.GetBytes("MATLAB 5.0 MAT-file".PadRight(124)), 0, 1, (byte)'I', (byte)'M'];
        var files = new InputFiles();
        foreach (var part in variables.GroupBy(variable => variable.Key.Split('/')[0]))
            files[$"{part.Key}_32x32.mat"] = [.. head, .. part.SelectMany(variable => variable.Value)];
        return files;
    }

    private static InputFiles TinyImageNet(int number) => new()
    {
        ["tiny-imagenet-200/train/n01/images/n01_0.JPEG"] = Picture(number, 90),
        ["tiny-imagenet-200/train/n01/images/n01_1.JPEG"] = Picture(number + 1, 30),
        ["tiny-imagenet-200/train/n02/images/n02_0.JPEG"] = number == 1 ? Grey(progressive: false) : Grey(progressive: true),
        ["tiny-imagenet-200/val/images/val_0.JPEG"] = number == 1 ? Grey(progressive: true) : Picture(number, 100),
        ["tiny-imagenet-200/val/images/val_1.JPEG"] = Picture(number + 5, 50),
        ["tiny-imagenet-200/val/val_annotations.txt"] = Encoding.ASCII.GetBytes(
            $"val_0.JPEG\tn02\t0\t0\t9\t9\nval_1.JPEG\tn0{number}\t0\t0\t9\t9\n"),
    };

    private static InputFiles Pictures(int number) => new()
    {
        ["train/a/0.jpg"] = Picture(number, 90),
        ["train/a/1.png"] = Picture(number + 1, 100, SKEncodedImageFormat.Png),
        ["train/b/0.jpeg"] = Grey(progressive: number == 1),
        ["test/b/0.png"] = Picture(number + 5, 100, SKEncodedImageFormat.Png),
    };

    private static InputFiles Arrays(int number) => new()
    {
        ["x_train.npy"] = Npy("|u1", [.. Enumerable.Range(0, 3).SelectMany(i => Pixels(i, 12))], "3, 2, 2, 3"),
        ["y_train.npy"] = Npy("<i4", LittleEndian(0, 1, number - 1), "3,"),
        ["x_test.npy"] = Npy("|u1", Pixels(number, 12), "1, 2, 2, 3"),
        ["y_test.npy"] = Npy(">u2", [0, 1], "1, 1"),
    };

    private static byte[] Npy(string type, byte[] elements, string shape)
    {
        var head = $"{{'descr': '{type}', 'fortran_order': False, 'shape': ({shape}), }}".PadRight(117) + "\n";
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)head.Length, 0, .. Encoding.ASCII.GetBytes(head), .. elements];
    }

    private static byte[] Picture(int number, int quality, SKEncodedImageFormat format = SKEncodedImageFormat.Jpeg)
    {
        using var bitmap = new SKBitmap(64, 64);
        for (var row = 0; row < 64; row++)
        {
            for (var column = 0; column < 64; column++)
                bitmap.SetPixel(column, row, new SKColor((byte)(row * number * 3), (byte)(column * 5), (byte)((row ^ column) * number)));
        }

        using var data = bitmap.Encode(format, quality);
        return data.ToArray();
    }

    // 64 blocks of one grey, with a code of one bit for 'nothing differs' and one for 'nothing follows'.
    private static byte[] Grey(bool progressive)
    {
        byte[] Segment(byte marker, params byte[] data) => [0xff, marker, (byte)((data.Length + 2) >> 8), (byte)(data.Length + 2), .. data];
        byte[] Codes(byte table) => Segment(0xc4, [table, 1, .. new byte[15], 0]);
        byte[] Scan(byte from, byte to, int bits) => [.. Segment(0xda, 1, 1, 0, from, to, 0), .. new byte[bits / 8]];
        return
        [
            0xff, 0xd8, .. Segment(0xdb, [0, .. Enumerable.Repeat((byte)1, 64)]),
            .. Segment(progressive ? (byte)0xc2 : (byte)0xc0, 8, 0, 64, 0, 64, 1, 1, 0x11, 0),
            .. Codes(0), .. Codes(0x10), .. progressive ? (byte[])[.. Scan(0, 0, 64), .. Scan(1, 63, 64)] : Scan(0, 63, 128), 0xff, 0xd9,
        ];
    }

    private static Func<InputFiles, InputFiles> Each(string ending, Func<byte[], byte[]> pack) => files =>
    {
        var packed = new InputFiles();
        foreach (var (name, bytes) in files) packed[name + ending] = pack(bytes);
        return packed;
    };

    private static byte[] Zipped(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(content);
        return packed.ToArray();
    }

    private static Func<InputFiles, InputFiles> Tar(string name) => files =>
    {
        using var packed = new MemoryStream();
        using (var tar = new TarWriter(packed, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var (path, bytes) in files)
            {
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, path)
                {
                    DataStream = new MemoryStream(bytes),
                    ModificationTime = DateTimeOffset.UnixEpoch,
                });
            }
        }

        return new() { [name] = packed.ToArray() };
    };

    private static Func<InputFiles, InputFiles> Zip(string name) => files =>
    {
        using var packed = new MemoryStream();
        using (var zip = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (path, bytes) in files)
            {
                var entry = zip.CreateEntry(path, CompressionLevel.Fastest);
                entry.LastWriteTime = new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);
                using var stream = entry.Open();
                stream.Write(bytes);
            }
        }

        return new() { [name] = packed.ToArray() };
    };

    private static Func<InputFiles, InputFiles> Stored(string name) => files =>
    {
        using var packed = new MemoryStream();
        StoredZip.Write(packed, [.. files.Select(file => (file.Key, (ReadOnlyMemory<byte>)file.Value))]);
        return new() { [name] = packed.ToArray() };
    };

    private static ImageDataset WeightsFor { get; } = new(ImageSource.GaussiansBinary, new());

    private static DeepNetwork Network(string? weights) => new(Architecture.Linear, Weights: weights);

    private static NamedTensor[] Tensors(int number)
    {
        using var network = FlatNetwork.Of(Network(null), WeightsFor.Shape, WeightsFor.Source.Classes);
        return [.. network.Shapes.Select(shape => NamedTensor.Of<float>(shape.Name, shape.Shape,
            [.. Enumerable.Range(0, (int)Shapes.Count(shape.Shape)!.Value).Select(i => MathF.Sin(i + number))]))];
    }

    private static InputFiles Safetensors(int number) => new()
    {
        ["weights.safetensors"] = Written("x.safetensors", path => SafetensorsFile.Write(path, Tensors(number))),
    };

    private static byte[] Written(string name, Action<string> write)
    {
        byte[] bytes = [];
        Calls.InFolder(folder =>
        {
            var path = Path.Combine(folder, name);
            write(path);
            bytes = File.ReadAllBytes(path);
        });
        return bytes;
    }

    private static InputFiles TorchParts(int number)
    {
        using var zip = new ZipArchive(new MemoryStream(Written("x.pth", path => TorchFile.WriteStateDict(path, Tensors(number)))));
        var files = new InputFiles();
        foreach (var entry in zip.Entries)
        {
            using var content = new MemoryStream();
            using (var stream = entry.Open()) stream.CopyTo(content);
            files[entry.FullName] = content.ToArray();
        }
        return files;
    }

    // A magic number, the version, the machine, the value and the keys of the storages, each a pickle; then the storages.
    private static InputFiles TorchLegacy(int number)
    {
        var (pickle, storages) = Pickler.Write(TorchValue.StateDict(Tensors(number)));
        byte[] Of(params byte[] content) => [0x80, 2, .. content, (byte)'.'];
        byte[] Text(string text) => [(byte)'X', .. LittleEndian(text.Length), .. Encoding.ASCII.GetBytes(text)];
        return new()
        {
            ["weights.pth"] =
            [
                .. Of(0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19), .. Of((byte)'M', 0xe9, 3),
                .. Of([(byte)'}', (byte)'(', .. Text("little_endian"), 0x88, (byte)'u']), .. pickle,
                .. Of([(byte)']', (byte)'(', .. storages.SelectMany((_, i) => Text(FormattableString.Invariant($"{i}"))), (byte)'e']),
                .. storages.SelectMany(storage => (byte[])[.. BitConverter.GetBytes((long)storage.Count), .. storage.Bytes.Span]),
            ],
        };
    }

    /// <summary>Weights are read as they stand in the file; those that are no numbers never get into a network.</summary>
    private static Func<string, bool, IReadOnlyList<Diagnostic>> Weights(string name) => (folder, _) =>
    {
        var path = Path.Combine(folder, name);
        var file = File.ReadAllBytes(path);
        var tensors = DeepWeights.Read(path).Match<Items<NamedTensor>?>(read => read.Tensors, problems => null);
        foreach (var tensor in tensors ?? [])
        {
            // A tensor can be a view of its storage: then its numbers stand in the file one by one.
            if (file.AsSpan().IndexOf(tensor.Bytes.Span) < 0
                && !tensor.Bytes.ToArray().Chunk(tensor.Type.Size).All(number => file.AsSpan().IndexOf(number) >= 0))
            {
                throw new WrongValueException($"'{tensor.Name}' has numbers that are not in the file");
            }
        }

        var problems = DeepWeights.Problems(Pipeline.Of(WeightsFor, Network(path), Schedule.Constant(0.1),
            OptimizerSpec.Sgd(1, 1, 0, Sampling.Shuffled), ProbePlan.Of(Cadence.Every(1), new Losses())));
        var areNumbers = tensors?.All(tensor => !tensor.Type.IsFloatingPoint || tensor.ToFloats().All(float.IsFinite)) == true;
        if (problems.Count == 0 && !areNumbers)
            throw new WrongValueException("weights that are no numbers are taken");
        return problems;
    };

    private static InputFiles Events(int number) => new()
    {
        ["events.out.tfevents.1"] = Written("x", path =>
        {
            using (var events = EventFile.Create(Path.GetDirectoryName(path)!, DateTimeOffset.UnixEpoch))
            {
                for (var step = 0; step < 3; step++)
                    events.Add(DateTimeOffset.UnixEpoch, step, [KeyValuePair.Create("loss", (double)number / (step + 1))]);
            }

            File.Move(Directory.GetFiles(Path.GetDirectoryName(path)!)[0], path);
        }),
    };

    // What is damaged counts as the end.
    private static IReadOnlyList<Diagnostic> ReadEvents(string folder, bool allowPartial) =>
        EventFile.Read(Path.Combine(folder, "events.out.tfevents.1")).Count() == 3 ? [] : [new("", "there are fewer events")];
}
