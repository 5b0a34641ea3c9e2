using System.IO.Compression;
using System.Numerics;
using System.Text;
using CsCheck;
using LargeSteps.Formats;
using LargeSteps.Values;

namespace LargeSteps.Tests.Formats;

/// <summary>The files in Fixtures/torch are those of torch_files.py.</summary>
public class TorchFileTests
{
    private static readonly NamedTensor[] State =
    [
        NamedTensor.Of<float>("0.weight", [2, 3], [0, 1, 2, 3, 4, 5]), NamedTensor.Of<float>("0.bias", [2], [10, 11]),
        NamedTensor.Of<float>("1.weight", [2], [20, 21]), NamedTensor.Of<float>("1.bias", [2], [30, 31]),
        NamedTensor.Of<float>("1.running_mean", [2], [40, 41]), NamedTensor.Of<float>("1.running_var", [2], [50, 51]),
            NamedTensor.Of<long>("1.num_batches_tracked", [], [60]),
    ];

    private static Gen<TorchScalar> Scalars { get; } = Gen.OneOf(
        Gen.Const(TorchScalar.Nothing), Gen.Bool.Select(TorchScalar.Flag), Gen.Double.Select(TorchScalar.Real),
            Tensors.Name.Select(TorchScalar.Text),
        Gen.OneOf(Gen.Long.Select(n => (BigInteger)n), Gen.Int.Select(n => (BigInteger)n), Gen.Int[-1, 1]
            .Select(sign => sign * BigInteger.Pow(2, 200))).Select(TorchScalar.Whole));

    [Fact]
    public void What_is_written_is_read() => TemporaryFolder.In(folder =>
    {
        var file = Path.Combine(folder, "a.pth");
        Values("", 3).Sample(value =>
        {
            TorchFile.Write(file, value);
            Assert.Equal(value, TorchFile.Read(file).OrThrow());
        }, iter: 200, threads: 1);
        Tensors.Several.Where(tensors => tensors.Length > 0).Sample(tensors =>
        {
            TorchFile.WriteStateDict(file, tensors);
            Assert.Equal(Items.From(tensors), TorchFile.ReadStateDict(file).OrThrow());
        }, iter: 100, threads: 1);
    });

    [Theory]
    [InlineData("state.pth", "")]
    [InlineData("legacy.pth", "")]
    [InlineData("checkpoint.pth", "model")]
    [InlineData("checkpoint.pth", "averages/0")]
    public void A_state_dict_of_PyTorch_is_read(string file, string at) =>
        Assert.Equal(State, TorchFile.ReadStateDict(Fixture.PathOf("torch/" + file), at).OrThrow());

    [Fact]
    public void A_checkpoint_of_PyTorch_is_read()
    {
        var checkpoint = TorchFile.Read(Fixture.PathOf("torch/checkpoint.pth")).OrThrow();
        object? Scalar(string path) => checkpoint.Find(path)!.Match(
            _ => throw new InvalidOperationException(), _ => throw new InvalidOperationException(), _ =>
                throw new InvalidOperationException(),
            leaf => leaf.Value.Match<object?>(nothing => null, flag => flag.Value, whole => whole.Value, real => real.Value,
                text => text.Value, opaque => opaque));
        Assert.Equal(
            [(BigInteger)300, BigInteger.Pow(2, 70), (BigInteger)(-70000), 0.1, "résumé", null, true, (BigInteger)3, (BigInteger)2, 0.9],
            ((string[])["epoch", "large", "negative", "loss", "name", "best", "done", "size/1", "pair/1",
                "optimizer/param_groups/0/momentum"]).Select(Scalar));
        Assert.Equal(NamedTensor.Of<float>("momentum_buffer", [2], [1, 1]),
            Assert.IsType<TorchTensor>(checkpoint.Find("optimizer/state/1/momentum_buffer")).Value);
        Assert.Equal([NamedTensor.Of<float>("w", [1], [1])], checkpoint.Find("averages/1")!.Tensors());
        Assert.All((string[])["epochs", "model/0", "averages/2", "averages/-1", "averages/01x", "epoch/0", "model/0.bias/0", "/"],
            path => Assert.Null(checkpoint.Find(path)));
        Assert.Same(checkpoint, checkpoint.Find(""));
    }

    [Fact]
    public void A_pickle_of_protocol_4_is_read()
    {
        var value = TorchFile.Read(Fixture.PathOf("torch/protocol4.pth")).OrThrow();
        Assert.Equal(TorchValue.Mapping(Entry("epoch", TorchValue.Scalar(TorchScalar.Whole(3))),
            Entry("w", TorchValue.Tensor(NamedTensor.Of<float>("w", [2], [1, 1])))), value);
    }

    [Fact]
    public void Views_are_read_row_by_row()
    {
        NamedTensor Of(string name, Items<long> shape, params IEnumerable<int> values) =>
            NamedTensor.Of<int>(name, shape, values.ToArray());
        var all = Enumerable.Range(0, 24);
        Assert.Equal(
            [
                Of("part", [6], all.Skip(4).Take(6)),
                Of("transposed", [6, 4], all.Select(i => i % 4 * 6 + i / 4)),
                Of("every_other", [2, 2, 3], 1, 2, 3, 9, 10, 11, 13, 14, 15, 21, 22, 23),
                Of("one_row", [1, 6], all.Skip(12).Take(6)),
                Of("empty", [0, 3]),
                Of("scalar", [], 7),
                NamedTensor.Of<float>("parameter", [2, 2], [1, 1, 1, 1]),
                Of("repeated_row", [2, 3], 0, 1, 2, 0, 1, 2),
            ],
            TorchFile.ReadStateDict(Fixture.PathOf("torch/views.pth")).OrThrow());
    }

    [Fact]
    public void Every_element_type_is_read()
    {
        var tensors = TorchFile.ReadStateDict(Fixture.PathOf("torch/types.pth")).OrThrow();
        Assert.Equal(ElementType.All.Map(type => type.Name).Order(), tensors.Select(tensor => tensor.Name).Order());
        Assert.All(tensors, tensor => Assert.Equal(tensor.Name, tensor.Type.Name));
        Assert.Equal((ReadOnlySpan<int>)[1, 0, 1], tensors.Single(tensor => tensor.Type == ElementType.Int32).Values<int>());
        Assert.Equal((ReadOnlySpan<bool>)[true, false, true], tensors.Single(tensor => tensor.Type == ElementType.Bool).Values<bool>());
        Assert.All(tensors.Where(tensor => tensor.Name.Contains("float", StringComparison.Ordinal)), tensor => Assert.Equal([1, 0, 1],
            tensor.ToFloats()));
    }

    [Theory]
    [InlineData("expanded.pth", "LS0703", "tensor 'w' of shape [5], strides [0] and offset 0 repeats elements of its storage")]
    [InlineData("torch_files.py", "LS0702",
        "this is no file of torch.save: it should begin with 50 4B 03 04 (or 80 02, before PyTorch 1.6), but begins with 22 22 22 46")]
    [InlineData("absent.pth", "LS0701", "there is no such file")]
    public void What_is_not_read_is_named(string name, string code, string message)
    {
        var file = Fixture.PathOf("torch/" + name);
        var problem = Tensors.Problem(TorchFile.Read(file), file);
        Assert.Equal(code, problem.Code);
        Assert.StartsWith(message, problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("beside.pth", "__builtin__")]
    [InlineData("beside4.pth", "builtins")]
    [InlineData("beside_legacy.pth", "__builtin__")]
    [InlineData("beside_legacy4.pth", "builtins")]
    public void What_stands_beside_tensors_is_read_past(string name, string builtins)
    {
        var file = TorchFile.Read(Fixture.PathOf("torch/" + name)).OrThrow();
        Assert.Equal([NamedTensor.Of<float>("w", [2], [1, 2])], file.Find("state_dict")!.Tensors());
        string Opaque(string path) => Assert.IsType<TorchOpaque>(Assert.IsType<TorchLeaf>(file.Find(path)).Value).Name;
        Assert.Equal(
            ["collections.Counter", "numpy.core.multiarray.scalar", "numpy.core.multiarray._reconstruct", "argparse.Namespace",
                "torch.float32", "json.dumps", "collections.OrderedDict",
                "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_sparse_tensor"],
            ((string[])["counter", "number", "array", "options", "type", "function", "class", "complex", "sparse"]).Select(Opaque));
        if (file.Find("module") is not null) Assert.Equal("torch.nn.modules.linear.Linear", Opaque("module"));
        // Protocol 2 makes these of calls, protocol 4 by instructions.
        Assert.Equal(builtins == "builtins" ? ["set", "frozenset", "bytes"] : ["__builtin__.set", "__builtin__.frozenset",
            "_codecs.encode"], ((string[])["set", "frozen", "bytes"]).Select(Opaque));
        Assert.EndsWith(".bytearray", "." + Opaque("bytearray"), StringComparison.Ordinal);
        Assert.Equal(TorchValue.Mapping(Entry("a", TorchValue.List(TorchValue.Scalar(TorchScalar.Whole(1))))), file.Find("default"));
        Assert.Equal(["True", "0.5", "(1, a)", "None", "<1>", "<2>"], Assert.IsType<TorchMapping>(file.Find("keys")).Entries.Select(
            entry => entry.Key));
        Assert.Equal(TorchValue.Scalar(TorchScalar.Whole(BigInteger.Pow(2, 5000))), file.Find("large"));
    }

    [Theory]
    [InlineData("cos\nsystem\nX\u0002\0\0\0ls\u0085R", "os.system")]
    [InlineData("cos\nsystem\nX\u0002\0\0\0ls\u0085\u0081}X\u0001\0\0\0aK\u0001sb", "os.system")]
    [InlineData("cbuiltins\nset\n)R(K\u0001K\u0002e", "builtins.set")]
    [InlineData("ctorch.nn\nLinear\n", "torch.nn.Linear")]
    [InlineData("ccollections\nOrderedDict\n", "collections.OrderedDict")]
    [InlineData("X\u0006\0\0\0moduleX\u0001\0\0\0a\u0086Q", "module")]
    public void What_a_pickle_asks_for_is_named_and_not_called(string value, string name) => TemporaryFolder.In(folder =>
    {
        var file = Path.Combine(folder, "a.pth");
        Put(file, Encoding.Latin1.GetBytes($"\u0080\u0002]({value}K\u0007e."));
        Assert.Equal(TorchValue.List(TorchValue.Scalar(TorchScalar.Opaque(name)), TorchValue.Scalar(TorchScalar.Whole(7))),
            TorchFile.Read(file).OrThrow());
    });

    [Fact]
    public void What_is_read_past_is_not_written() => TemporaryFolder.In(folder =>
    {
        var file = Path.Combine(folder, "a.pth");
        Assert.Throws<ArgumentException>(() => TorchFile.Write(file, TorchValue.Scalar(TorchScalar.Opaque("builtins.set"))));
        Assert.False(File.Exists(file));
    });

    // Tuples in tuples as a key: 2^40 texts in 300 bytes, or as many calls in one another.
    [Fact]
    public void Keys_without_end_have_short_texts() => TemporaryFolder.In(folder =>
    {
        var file = Path.Combine(folder, "a.pth");
        foreach (var key in (string[])[")" + string.Concat(Enumerable.Repeat("q\0h\0\u0086", 40)),
            ")" + string.Concat(Enumerable.Repeat("\u0085", 1_000_000))])
        {
            Put(file, Encoding.Latin1.GetBytes($"\u0080\u0002}}{key}K\u0001s."));
            Assert.Equal(TorchValue.Mapping(Entry("<1>", TorchValue.Scalar(TorchScalar.Whole(1)))), TorchFile.Read(file).OrThrow());
        }
    });

    [Fact]
    public void A_tensor_beside_a_state_dict_does_not_stand_for_it() => TemporaryFolder.In(folder =>
    {
        var file = Path.Combine(folder, "a.pth");
        var step = TorchValue.Tensor(NamedTensor.Of<float>("step", [1], [3]));
        TorchFile.Write(file, TorchValue.Mapping(Entry("step", step),
            Entry("state_dict", TorchValue.StateDict([NamedTensor.Of<float>("w", [1], [1])]))));
        Assert.Equal(new("LS0704", "the file has several state dicts: '.', 'state_dict'", file),
            Tensors.Problem(TorchFile.ReadStateDict(file), file));
        Assert.Equal("w", Assert.Single(TorchFile.ReadStateDict(file, "state_dict").OrThrow()).Name);
    });

    [Theory]
    [InlineData("", "the file is no state dict; expected one of model, averages/0, averages/1, optimizer/state/0, optimizer/state/1, optimizer/state/2, optimizer/state/3")]
    [InlineData("modle", "the file has no state dict at 'modle'; did you mean 'model'?")]
    [InlineData("averages", "the file has no state dict at 'averages'; did you mean 'averages/0'?")]
    public void A_place_without_a_state_dict_is_told_with_those_that_have_one(string at, string message)
    {
        var file = Fixture.PathOf("torch/checkpoint.pth");
        Assert.Equal(new("LS0704", message, file), Tensors.Problem(TorchFile.ReadStateDict(file, at), file));
    }

    // The pickle that pickletools.dis shows of PyTorch's, less the memo.
    [Fact]
    public void A_small_state_dict_has_this_pickle() => TemporaryFolder.In(folder =>
    {
        var file = Path.Combine(folder, "a.pth");
        TorchFile.WriteStateDict(file, [NamedTensor.Of<float>("w", [2], [1, -2])]);
        using var zip = ZipFile.OpenRead(file);
        Assert.Equal(["archive/data.pkl", "archive/byteorder", "archive/data/0", "archive/version"],
            zip.Entries.Select(entry => entry.FullName));
        Assert.Equal(
            "\u0080\u0002ccollections\nOrderedDict\n)R(X\u0001\0\0\0w"
                + "ctorch._utils\n_rebuild_tensor_v2\n((X\u0007\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\0"
                + "0X\u0003\0\0\0cpuJ\u0002\0\0\0tQ"
                + "J\0\0\0\0(J\u0002\0\0\0t(J\u0001\0\0\0t\u0089" + "ccollections\nOrderedDict\n)RtRu.",
            Encoding.Latin1.GetString(Bytes(zip, 0)));
        Assert.Equal(["little", "\0\0\u0080?\0\0\0\u00c0", "3\n"], ((int[])[1, 2, 3])
            .Select(i => Encoding.Latin1.GetString(Bytes(zip, i))));
    });

    [Fact]
    public void Every_storage_lies_at_a_multiple_of_64_bytes() => TemporaryFolder.In(folder =>
    {
        var file = Path.Combine(folder, "a.pth");
        byte[][] contents = [.. Enumerable.Range(1, 150).Select(i => Enumerable.Range(0, 16 + i).Select(n => (byte)(i * (n % 2)))
            .ToArray())];
        TorchFile.WriteStateDict(file, contents.Select((bytes, i) => NamedTensor.Of<byte>($"t{i}", [bytes.Length], bytes)));
        var whole = File.ReadAllBytes(file);
        Assert.All(contents, bytes => Assert.Equal(0, whole.AsSpan().IndexOf(bytes) % 64));
    });

    [Fact]
    public void The_same_value_has_the_same_bytes() => TemporaryFolder.In(folder =>
    {
        string[] files = [Path.Combine(folder, "a.pth"), Path.Combine(folder, "b.pth")];
        foreach (var file in files) TorchFile.WriteStateDict(file, State);
        Assert.Equal(File.ReadAllBytes(files[0]), File.ReadAllBytes(files[1]));
    });

    [Theory]
    [InlineData("state.pth")]
    [InlineData("legacy.pth")]
    public void A_file_cut_off_anywhere_is_told(string name) => TemporaryFolder.In(folder =>
    {
        var (file, whole) = (Path.Combine(folder, "a.pth"), File.ReadAllBytes(Fixture.PathOf("torch/" + name)));
        for (var length = 0; length < whole.Length; length += length < 64 || length > whole.Length - 64 ? 1 : 13)
        {
            File.WriteAllBytes(file, whole[..length]);
            Assert.Equal("LS0702", Tensors.Problem(TorchFile.Read(file), file).Code);
        }
    });

    [Theory]
    [InlineData("state.pth")]
    [InlineData("legacy.pth")]
    [InlineData("checkpoint.pth")]
    [InlineData("beside_legacy4.pth")]
    public void A_file_with_other_bytes_gives_a_diagnostic_or_values(string name) => TemporaryFolder.In(folder =>
    {
        var (file, whole) = (Path.Combine(folder, "a.pth"), File.ReadAllBytes(Fixture.PathOf("torch/" + name)));
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte).Array[1, 3].Sample(flips =>
        {
            var bytes = whole.ToArray();
            foreach (var (at, value) in flips) bytes[at] = value;
            File.WriteAllBytes(file, bytes);
            return TorchFile.Read(file).Match(value => value is not null, problems => problems.Count == 1 && problems[0].Code is "LS0702"
                or "LS0703");
        }, iter: 300, threads: 1);
    });

    // Without the checksums of the zip file, which would tell of every change.
    [Fact]
    public void A_pickle_with_other_bytes_gives_a_diagnostic_or_values() => TemporaryFolder.In(folder =>
    {
        var file = Path.Combine(folder, "a.pth");
        using var zip = ZipFile.OpenRead(Fixture.PathOf("torch/checkpoint.pth"));
        var contents = Enumerable.Range(0, zip.Entries.Count).Select(i => (zip.Entries[i].FullName, Content: Bytes(zip, i))).ToArray();
        Gen.Select(Gen.Int[0, contents[0].Content.Length - 1], Gen.Byte).Array[1, 3].Sample(flips =>
        {
            var pickle = contents[0].Content.ToArray();
            foreach (var (at, value) in flips) pickle[at] = value;
            Put(file, pickle, [.. contents.Skip(1).Select(entry => (entry.FullName["checkpoint/".Length..], entry.Content))]);
            return TorchFile.Read(file).Match(value => value is not null, problems => problems.Count == 1 && problems[0].Code is "LS0702"
                or "LS0703");
        }, iter: 500, threads: 1);
    });

    [Fact]
    public void A_damaged_storage_is_told() => TemporaryFolder.In(folder =>
    {
        var (file, whole) = (Path.Combine(folder, "a.pth"), File.ReadAllBytes(Fixture.PathOf("torch/state.pth")));
        whole[whole.AsSpan().IndexOf((byte[])[0, 0, 0xa0, 0x40])] ^= 1;
        File.WriteAllBytes(file, whole);
        Assert.Matches("^'state/data/0' is damaged: its checksum should be [0-9a-f]{8}, but is [0-9a-f]{8}$",
            Tensors.Problem(TorchFile.Read(file), file).Message);
    });

    [Theory]
    [InlineData("\u0080\u0002]q\0h\0a.", "values are nested more than 64 deep")] // A list in itself.
    [InlineData("\u0080\u0002ccollections\nOrderedDict\nK\u0001\u0085R.",
        "the pickle calls collections.OrderedDict with arguments that do not fit")]
    [InlineData("\u0080\u0002K\u0001)R.", "the pickle calls what is no function with arguments that do not fit")]
    [InlineData("\u0080\u0002}(K\u0001u.", "the pickle has a key without a value")]
    [InlineData("\u0080\u0002h\u0005.", "the pickle recalls value 5, which it did not keep")]
    [InlineData("\u0080\u0002u.", "the pickle takes values that are not there")]
    [InlineData("\u0080\u0002K\u0001a.", "the pickle takes values that are not there")]
    [InlineData("\u0080\u0002i.", "the pickle has instruction 0x69, which no state dict needs")]
    [InlineData("\u0080\u0002X\u0005\0\0\0w", "a value of the pickle should have 5 bytes, but 1 are left in the file")]
    [InlineData("\u0080\u0002X\u0001\0\0\0\u00ff.", "the pickle has a text that is not UTF-8")]
    [InlineData("\u0080\u0002", "the pickle ends too early")]
    [InlineData("\u0080\u0002X\u0006\0\0\0modulaX\u0001\0\0\0a\u0086Q.",
        "the pickle refers to something other than the storage of a tensor")]
    public void A_pickle_that_is_not_read_is_told(string pickle, string message) => TemporaryFolder.In(folder =>
    {
        var file = Path.Combine(folder, "a.pth");
        Put(file, Encoding.Latin1.GetBytes(pickle));
        Assert.StartsWith(message, Tensors.Problem(TorchFile.Read(file), file).Message, StringComparison.Ordinal);
    });

    [Theory]
    [InlineData("K\u0005", "K\u0002\u0085", "K\u0001\u0085", 4,
        "tensor '' of shape [2], strides [1] and offset 5 reaches beyond its storage of 4 elements")]
    [InlineData("K\0", "K\u0002K\u0002\u0086", "K\u0001\u0085", 4, "has not a stride for each dimension")]
    [InlineData("K\0", "K\u0002K\u0002\u0086",
        "\u008a\u0008\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f\u008a\u0008\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f\u0086", 4,
        "reaches beyond its storage of 4 elements")]
    [InlineData("K\0", "\u008a\u0008\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f\u008a\u0008\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f\u0086", "K\0K\0\u0086", 4, "repeats elements of its storage")]
    [InlineData("K\0", "J\u00ff\u00ff\u00ff\u00ff\u0085", "K\u0001\u0085", 4, "-1 is no length and no place")]
    [InlineData("K\0", "K\u0004\u0085", "K\u0001\u0085", 3, "storage '0' of tensor '' should have 4 elements of uint8, but has 3 bytes")]
    [InlineData("K\0", "K\u0004\u0085", "K\u0001\u0085", -1, "the zip file lacks 'archive/data/0', the storage of a tensor")]
    public void A_tensor_that_does_not_fit_its_storage_is_told(string offset, string shape, string strides, int bytes, string message) =>
        TemporaryFolder.In(folder =>
    {
        var file = Path.Combine(folder, "a.pth");
        var pickle = "\u0080\u0002" + "ctorch._utils\n_rebuild_tensor_v2\n((X\u0007\0\0\0storagectorch\nByteStorage\nX\u0001\0\0\0"
            + "0X\u0003\0\0\0cpuK\u0004tQ" + offset + shape + strides + "\u0089NtR.";
        Put(file, Encoding.Latin1.GetBytes(pickle), bytes < 0 ? [] : [("data/0", new byte[bytes])]);
        Assert.Contains(message, Tensors.Problem(TorchFile.Read(file), file).Message, StringComparison.Ordinal);
    });

    [Fact]
    public void Values_that_share_others_without_end_are_told() => TemporaryFolder.In(folder =>
    {
        // Forty lists, each of two of the one before: 2^40 values in 300 bytes.
        var pickle = "\u0080\u0002]q\0" + string.Concat(Enumerable.Range(0, 40).Select(i => $"](h{(char)i}h{(char)i}eq{(char)(i + 1)}"))
            + ".";
        var file = Path.Combine(folder, "a.pth");
        Put(file, Encoding.Latin1.GetBytes(pickle));
        Assert.Equal("the file has more than 1000000 values", Tensors.Problem(TorchFile.Read(file), file).Message);
    });

    [Fact]
    public void Another_byte_order_and_other_zip_files_are_told() => TemporaryFolder.In(folder =>
    {
        var file = Path.Combine(folder, "a.pth");
        Put(file, Encoding.Latin1.GetBytes("\u0080\u0002}."), ("byteorder", "big"u8.ToArray()));
        Assert.Equal("the elements are in byte order 'big'; only 'little' is read", Tensors.Problem(TorchFile.Read(file), file).Message);
        File.Delete(file);
        using (var zip = ZipFile.Open(file, ZipArchiveMode.Create)) zip.CreateEntry("readme.txt");
        Assert.Equal("this is no file of torch.save: the zip file has no 'data.pkl' in a folder", Tensors.Problem(TorchFile.Read(file),
            file).Message);
        File.Delete(file);
        using (var zip = ZipFile.Open(file, ZipArchiveMode.Create))
        using (var entry = zip.CreateEntry("a/data.pkl").Open())
            entry.Write(new byte[1000]);
        Assert.Equal("'a/data.pkl' is compressed, which PyTorch does not do", Tensors.Problem(TorchFile.Read(file), file).Message);
    });

    private static Gen<TorchValue> Values(string name, int depth) => depth == 0
        ? Gen.OneOf(Scalars.Select(TorchValue.Scalar), Tensors.Of(name).Select(TorchValue.Tensor))
        : Gen.OneOf(
            Values(name, 0),
            Tensors.Name.Array[0, 3].SelectMany(keys => InOrder([.. keys.Distinct().Select(key => Values(key, depth - 1)
                .Select(value => Entry(key, value)))])).Select(entries => TorchValue.Mapping(entries)),
            Gen.Int[0, 3].SelectMany(count => InOrder([.. Enumerable.Range(0, count).Select(i => Values(FormattableString.Invariant($"{i}"),
                depth - 1))])).Select(values => TorchValue.List(values)));

    private static Gen<T[]> InOrder<T>(Gen<T>[] gens) => gens.Aggregate(Gen.Const(Array.Empty<T>()), (all, next) => Gen.Select(all, next,
        (T[] values, T value) => (T[])[.. values, value]));

    private static KeyValuePair<string, TorchValue> Entry(string key, TorchValue value) => new(key, value);

    private static byte[] Bytes(ZipArchive zip, int entry)
    {
        using var stream = zip.Entries[entry].Open();
        var bytes = new byte[zip.Entries[entry].Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static void Put(string file, byte[] pickle, params (string Name, byte[] Content)[] others)
    {
        using var stream = File.Create(file);
        StoredZip.Write(stream, [("archive/data.pkl", pickle), .. others.Select(entry => ("archive/" + entry.Name,
            (ReadOnlyMemory<byte>)entry.Content))]);
    }
}
