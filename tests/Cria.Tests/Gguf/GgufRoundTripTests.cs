using System.Text;
using Cria.Gguf;

namespace Cria.Tests.Gguf;

public sealed class GgufRoundTripTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(2u)]
    [InlineData(3u)]
    public void Reads_back_every_type_of_value(uint version)
    {
        var writer = new GgufWriter { Version = version };
        writer.Set("u8", (byte)200);
        writer.Set("i8", (sbyte)-100);
        writer.Set("u16", (ushort)60000);
        writer.Set("i16", (short)-30000);
        writer.Set("u32", 4_000_000_000u);
        writer.Set("i32", -2_000_000_000);
        writer.Set("u64", 9_000_000_000_000_000_000ul);
        writer.Set("i64", long.MinValue);
        writer.Set("f32", 1.5f);
        writer.Set("f64", Math.PI);
        writer.Set("yes", true);
        writer.Set("no", false);
        writer.Set("text", "Grüße 🦙");
        writer.Set("empty", "");
        string path = _folder.Write(writer);

        using GgufFile file = GgufFile.Open(path);
        GgufMetadata metadata = file.Metadata;
        Assert.Equal((int)version, file.Version);
        Assert.Equal(14, metadata.Count);
        Assert.Equal(200, metadata.GetInteger("u8"));
        Assert.Equal(-100, metadata.GetInteger("i8"));
        Assert.Equal(60000, metadata.GetInteger("u16"));
        Assert.Equal(-30000, metadata.GetInteger("i16"));
        Assert.Equal(4_000_000_000, metadata.GetInteger("u32"));
        Assert.Equal(-2_000_000_000, metadata.GetInteger("i32"));
        Assert.Equal(9_000_000_000_000_000_000, metadata.GetInteger("u64"));
        Assert.Equal(long.MinValue, metadata.GetInteger("i64"));
        Assert.Equal(1.5, metadata.GetNumber("f32"));
        Assert.Equal(Math.PI, metadata.GetNumber("f64"));
        Assert.Equal(200, metadata.GetNumber("u8"));
        Assert.True(metadata.GetBoolean("yes"));
        Assert.False(metadata.GetBoolean("no"));
        Assert.Equal("Grüße 🦙", metadata.GetString("text"));
        Assert.Equal("", metadata.GetString("empty"));
        Assert.Null(metadata.GetString("missing"));
        Assert.Equal(GgufValueType.Int16, metadata["i16"].Type);
    }

    [Fact]
    public void Reads_back_every_type_of_array()
    {
        var writer = new GgufWriter();
        writer.Set("u8", new byte[] { 0, 255 });
        writer.Set("i8", new sbyte[] { -128, 127 });
        writer.Set("u16", new ushort[] { 0, 65535 });
        writer.Set("i16", new short[] { -32768, 1 });
        writer.Set("u32", new uint[] { 1, 2_000_000_000 });
        writer.Set("i32", new[] { int.MinValue, int.MaxValue });
        writer.Set("u64", new ulong[] { 7 });
        writer.Set("i64", new long[] { -7 });
        writer.Set("f32", new[] { 0.25f, float.NegativeInfinity });
        writer.Set("f64", new[] { 0.25 });
        writer.Set("bool", new[] { true, false, true });
        writer.Set("none", Array.Empty<int>());
        writer.Set("texts", new[] { "a", "", "llama 🦙" });
        writer.SetUtf8("bytes", [new byte[] { 0xff, 0xfe }, Array.Empty<byte>()]);
        string path = _folder.Write(writer);

        using GgufFile file = GgufFile.Open(path);
        GgufMetadata metadata = file.Metadata;
        Assert.Equal([0, 255], metadata.GetIntegers("u8")!);
        Assert.Equal([0, 255], metadata.GetBytes("u8")!);
        Assert.Equal([-128, 127], metadata.GetIntegers("i8")!);
        Assert.Equal([0, 65535], metadata.GetIntegers("u16")!);
        Assert.Equal([-32768, 1], metadata.GetIntegers("i16")!);
        Assert.Equal([1, 2_000_000_000], metadata.GetIntegers("u32")!);
        Assert.Equal([int.MinValue, int.MaxValue], metadata.GetIntegers("i32")!);
        Assert.Equal([7], metadata.GetIntegers("u64")!);
        Assert.Equal([-7], metadata.GetIntegers("i64")!);
        Assert.Equal([0.25f, float.NegativeInfinity], metadata.GetFloats("f32")!);
        Assert.Equal([0.25f], metadata.GetFloats("f64")!);
        Assert.Equal([true, false, true], metadata.GetBooleans("bool")!);
        Assert.Equal([], metadata.GetIntegers("none")!);
        Assert.Equal(["a", "", "llama 🦙"], metadata.GetStrings("texts"));
        Assert.Equal([0xff, 0xfe], metadata.GetStrings("bytes")!.Utf8(0).ToArray());
        Assert.Equal("\ufffd\ufffd", metadata.GetStrings("bytes")![0]);
        Assert.Equal("", metadata.GetStrings("bytes")![1]);
        Assert.Null(metadata.GetStrings("missing"));
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(8u)]
    [InlineData(32u)]
    [InlineData(4096u)]
    public void Reads_back_tensors_at_any_alignment(uint alignment)
    {
        byte[] single = Encoding.ASCII.GetBytes("abcd");
        byte[] blocks = [.. Enumerable.Range(0, 34 * 6).Select(i => (byte)i)];
        byte[] cube = [.. Enumerable.Range(0, 48).Select(i => (byte)(255 - i))];
        var writer = new GgufWriter();
        writer.Set("general.alignment", alignment);
        writer.AddTensor("single", TensorType.F32, [1], single);
        writer.AddTensor("blocks", TensorType.Q8_0, [64, 3], stream =>
        {
            foreach (byte b in blocks) stream.WriteByte(b);
        });
        writer.AddTensor("cube", TensorType.F16, [2, 3, 2, 2], cube);
        string path = _folder.Write(writer);

        using GgufFile file = GgufFile.Open(path);
        Assert.Equal((int)alignment, file.Alignment);
        Assert.Equal(["single", "blocks", "cube"], file.Tensors.Select(tensor => tensor.Name));
        Assert.Equal(single, file.FindTensor("single")!.Bytes(0, 4));
        GgufTensor found = file.FindTensor("blocks")!;
        Assert.Equal(TensorType.Q8_0, found.Type);
        Assert.Equal([64L, 3L], found.Dimensions);
        Assert.Equal(192, found.ElementCount);
        Assert.Equal(blocks, found.Bytes(0, (int)found.ByteLength));
        Assert.Equal(cube, file.FindTensor("cube")!.Bytes(0, 48));
        Assert.Null(file.FindTensor("missing"));
        Assert.Equal(new FileInfo(path).Length, file.FileBytes);
        Assert.Equal([path], file.Paths);
    }
}
