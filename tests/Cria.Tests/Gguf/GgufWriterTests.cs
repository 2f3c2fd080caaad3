using Cria.Gguf;

namespace Cria.Tests.Gguf;

public sealed class GgufWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Lays_the_file_out_as_the_format_says()
    {
        var writer = new GgufWriter();
        writer.Set("a", 7u);
        writer.AddTensor("x", TensorType.I8, [3], new byte[] { 1, 2, 3 });
        writer.AddTensor("y", TensorType.I8, [2], new byte[] { 4, 5 });

        byte[] expected = new RawGguf(2, 1).Key("a", GgufValueType.UInt32).U32(7).Tensor("x", 24, 0, 3).Tensor("y", 24, 32, 2)
            .Data(0).Raw(1, 2, 3).Data(0).Raw(4, 5).Data(0).ToArray();
        Assert.Equal(expected, File.ReadAllBytes(_folder.Write(writer)));
    }

    [Fact]
    public void Copies_metadata_and_tensors_unchanged()
    {
        var writer = new GgufWriter();
        writer.Set("keep.text", "a");
        writer.SetUtf8("keep.bytes", [new byte[] { 0xff }]);
        writer.Set("drop.number", 1u);
        byte[] data = [.. Enumerable.Range(0, 3 << 20).Select(i => (byte)(i * 7))];
        writer.AddTensor("t", TensorType.I8, [data.Length], data);
        string path = _folder.Write(writer);

        var copy = new GgufWriter();
        using (GgufFile file = GgufFile.Open(path))
        {
            copy.CopyMetadata(file.Metadata, key => key.StartsWith("keep", StringComparison.Ordinal));
            copy.AddTensor(file.Tensors[0]);
            _folder.Write(copy, "copy.gguf");
        }

        using GgufFile copied = GgufFile.Open(_folder.At("copy.gguf"));
        Assert.Equal(["keep.text", "keep.bytes"], copied.Metadata.Keys);
        Assert.Equal([0xff], copied.Metadata.GetStrings("keep.bytes")!.Utf8(0).ToArray());
        Assert.True(copied.FindTensor("t")!.Bytes(0, data.Length).SequenceEqual(data));
    }

    [Fact]
    public void Setting_a_key_again_replaces_its_value_in_place()
    {
        var writer = new GgufWriter();
        writer.Set("a", 1u);
        writer.Set("b", 2u);
        writer.Set("c", 3u);
        writer.Set("a", "new");
        Assert.True(writer.Remove("b"));
        Assert.False(writer.Remove("b"));
        using GgufFile file = GgufFile.Open(_folder.Write(writer));
        Assert.Equal(["a", "c"], file.Metadata.Keys);
        Assert.Equal("new", file.Metadata.GetString("a"));
    }

    [Fact]
    public void Replaces_a_file_that_is_open_without_disturbing_it()
    {
        if (OperatingSystem.IsWindows()) return; // There an open file cannot be replaced; the writer says so.
        var writer = new GgufWriter();
        writer.Set("a", "old");
        string path = _folder.Write(writer);
        using GgufFile old = GgufFile.Open(path);
        writer.Set("a", "new");
        writer.Write(path);
        using GgufFile replaced = GgufFile.Open(path);
        Assert.Equal("old", old.Metadata.GetString("a"));
        Assert.Equal("new", replaced.Metadata.GetString("a"));
    }

    [Fact]
    public void A_failing_source_leaves_the_old_file_and_nothing_else()
    {
        string path = _folder.Write([1, 2, 3]);
        var writer = new GgufWriter();
        writer.AddTensor("t", TensorType.I8, [4], stream =>
        {
            stream.WriteByte(1);
            throw new FormatException("the source broke");
        });
        Assert.Throws<FormatException>(() => writer.Write(path));
        AssertOnlyTheOldFile(path);
    }

    [Theory]
    [InlineData(3, "wrote 3 of the 4 bytes")]
    [InlineData(5, "more than the 4 bytes")]
    public void A_source_must_write_exactly_its_tensor(int bytes, string problem)
    {
        string path = _folder.Write([1, 2, 3]);
        var writer = new GgufWriter();
        writer.AddTensor("t", TensorType.I8, [4], new byte[bytes]);
        Assert.Contains(problem, Assert.Throws<InvalidOperationException>(() => writer.Write(path)).Message);
        AssertOnlyTheOldFile(path);
    }

    [Fact]
    public void Cancelling_stops_inside_a_tensor_and_leaves_the_old_file()
    {
        string path = _folder.Write([1, 2, 3]);
        using var cancellation = new CancellationTokenSource();
        var writer = new GgufWriter();
        int written = 0;
        writer.AddTensor("t", TensorType.I8, [4], stream =>
        {
            for (; written < 4; written++)
            {
                if (written == 2) cancellation.Cancel();
                stream.WriteByte(0);
            }
        });
        Assert.Throws<OperationCanceledException>(() => writer.Write(path, cancellation.Token));
        Assert.Equal(2, written);
        AssertOnlyTheOldFile(path);
    }

    [Fact]
    public void Refuses_what_the_reader_would_refuse()
    {
        AssertRefused("key", "empty", writer => writer.Set("", 1u));
        AssertRefused("key", "ASCII", writer => writer.Set("ä", 1u));
        AssertRefused("general.alignment", "power of two", writer => writer.Set("general.alignment", 12u));
        AssertRefused("general.alignment", "UInt32", writer => writer.Set("general.alignment", 32));
        AssertRefused("tensor name", "at most 63", writer => writer.AddTensor(new string('n', 64), TensorType.I8, [1], new byte[1]));
        AssertRefused("t", "twice", writer =>
        {
            writer.AddTensor("t", TensorType.I8, [1], new byte[1]);
            writer.AddTensor("t", TensorType.I8, [1], new byte[1]);
        });
    }

    [Fact]
    public void Refuses_impossible_tensors_when_they_are_added()
    {
        var writer = new GgufWriter();
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.AddTensor("t", (TensorType)16, [256], new byte[66]));
        Assert.Throws<ArgumentException>(() => writer.AddTensor("t", TensorType.F32, [], new byte[4]));
        Assert.Throws<ArgumentException>(() => writer.AddTensor("t", TensorType.F32, [1, 1, 1, 1, 1], new byte[4]));
        Assert.Throws<ArgumentException>(() => writer.AddTensor("t", TensorType.F32, [0], Array.Empty<byte>()));
        Assert.Throws<ArgumentException>(() => writer.AddTensor("t", TensorType.Q4_K, [128], new byte[72]));
        Assert.Throws<ArgumentException>(() => writer.AddTensor("t", TensorType.F32, [1L << 62, 4], Array.Empty<byte>()));
    }

    [Fact]
    public void Says_why_a_file_cannot_be_written()
    {
        var writer = new GgufWriter();
        Assert.Contains("is a folder", Assert.Throws<ModelLoadException>(() => writer.Write(_folder.Path)).Message);
        Assert.Contains("cannot be written", Assert.Throws<ModelLoadException>(() => writer.Write(_folder.At("no/folder.gguf"))).Message);
    }

    private void AssertRefused(string field, string problem, Action<GgufWriter> add)
    {
        string path = _folder.Write([1, 2, 3]);
        var writer = new GgufWriter();
        add(writer);
        var error = Assert.Throws<GgufFormatException>(() => writer.Write(path));
        Assert.Equal(field, error.Field);
        Assert.Contains(problem, error.Message);
        AssertOnlyTheOldFile(path);
    }

    private void AssertOnlyTheOldFile(string path)
    {
        Assert.Equal([1, 2, 3], File.ReadAllBytes(path));
        Assert.Single(Directory.GetFileSystemEntries(_folder.Path));
    }
}
