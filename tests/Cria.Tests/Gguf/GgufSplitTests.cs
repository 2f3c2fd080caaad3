using Cria.Gguf;

namespace Cria.Tests.Gguf;

public sealed class GgufSplitTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Opening_the_first_part_opens_all()
    {
        string first = Part(0);
        Part(1);
        Part(2);
        using GgufFile file = GgufFile.Open(first);
        Assert.Equal(["t0", "t1", "t2"], file.Tensors.Select(tensor => tensor.Name));
        Assert.Equal([2, 2, 2, 2], file.FindTensor("t2")!.Bytes(0, 4).ToArray());
        Assert.Equal("llama", file.Metadata.GetString("general.architecture"));
        Assert.Equal(["m-00001-of-00003.gguf", "m-00002-of-00003.gguf", "m-00003-of-00003.gguf"], file.Paths.Select(Path.GetFileName));
        Assert.Equal(file.Paths.Sum(path => new FileInfo(path).Length), file.FileBytes);
    }

    [Fact]
    public void Opening_another_part_names_the_first()
    {
        string second = Part(1);
        var error = Assert.Throws<ModelLoadException>(() => GgufFile.Open(second));
        Assert.Contains("part 2 of 3", error.Message);
        Assert.Contains("m-00001-of-00003.gguf", error.Message);

        error = Assert.Throws<ModelLoadException>(() => GgufFile.Open(Part(1, name: "renamed.gguf")));
        Assert.Contains("ends with -00001-of-00003.gguf", error.Message);
    }

    [Fact]
    public void Names_a_missing_part()
    {
        string first = Part(0);
        Part(1);
        var error = Assert.Throws<ModelLoadException>(() => GgufFile.Open(first));
        Assert.Contains("m-00003-of-00003.gguf is missing", error.Message);
    }

    [Fact]
    public void Says_how_parts_must_be_named() =>
        Assert.Contains("-00001-of-00003.gguf", Assert.Throws<ModelLoadException>(() => GgufFile.Open(Part(0, name: "renamed.gguf"))).Message);

    [Fact]
    public void Refuses_a_part_in_the_place_of_another()
    {
        string first = Part(0);
        Part(2, name: "m-00002-of-00003.gguf");
        var error = Assert.Throws<GgufFormatException>(() => GgufFile.Open(first));
        Assert.Equal("split.no", error.Field);
        Assert.Contains("m-00002-of-00003.gguf", error.Message);
        Assert.Contains("it is 2, but by its file name it must be 1", error.Message);
    }

    [Fact]
    public void Refuses_a_part_of_another_set_or_of_none()
    {
        string first = Part(0);
        Part(1, count: 4, name: "m-00002-of-00003.gguf");
        Assert.Equal("split.count", Assert.Throws<GgufFormatException>(() => GgufFile.Open(first)).Field);

        _folder.Write(new GgufWriter(), "m-00002-of-00003.gguf");
        Assert.Equal("split.no", Assert.Throws<GgufFormatException>(() => GgufFile.Open(first)).Field);
    }

    [Fact]
    public void Refuses_a_tensor_that_is_in_two_parts()
    {
        string first = Part(0);
        Part(1, tensor: "t0");
        Part(2);
        var error = Assert.Throws<GgufFormatException>(() => GgufFile.Open(first));
        Assert.Equal("t0", error.Field);
        Assert.Contains("in another part", error.Message);
    }

    [Fact]
    public void Refuses_parts_with_more_or_fewer_tensors_than_announced()
    {
        string first = Part(0, announced: 4);
        Part(1);
        Part(2);
        var error = Assert.Throws<GgufFormatException>(() => GgufFile.Open(first));
        Assert.Equal("split.tensors.count", error.Field);
        Assert.Contains("3 tensors, but 4", error.Message);
    }

    [Theory]
    [InlineData(0L, 70_000L, "split.count")]
    [InlineData(-1L, 3L, "split.no")]
    [InlineData(3L, 3L, "split.no")]
    public void Refuses_impossible_numbers(long number, long count, string field)
    {
        var writer = new GgufWriter();
        writer.Set("split.no", number);
        writer.Set("split.count", count);
        string path = _folder.Write(writer, "m-00001-of-00003.gguf");
        Assert.Equal(field, Assert.Throws<GgufFormatException>(() => GgufFile.Open(path)).Field);
    }

    [Fact]
    public void Opens_a_set_of_one()
    {
        var writer = new GgufWriter();
        writer.Set("split.no", (ushort)0);
        writer.Set("split.count", (ushort)1);
        using GgufFile file = GgufFile.Open(_folder.Write(writer, "any.gguf"));
        Assert.Single(file.Paths);
    }

    [Fact]
    public void Copied_metadata_leaves_the_split_behind()
    {
        string first = Part(0);
        Part(1);
        Part(2);
        var writer = new GgufWriter();
        using (GgufFile file = GgufFile.Open(first)) writer.CopyMetadata(file.Metadata);
        using GgufFile copy = GgufFile.Open(_folder.Write(writer, "whole.gguf"));
        Assert.Equal(["general.architecture"], copy.Metadata.Keys);
    }

    private string Part(int number, int count = 3, string? name = null, string? tensor = null, int announced = 3)
    {
        var writer = new GgufWriter();
        if (number == 0) writer.Set("general.architecture", "llama");
        writer.Set("split.no", (ushort)number);
        writer.Set("split.count", (ushort)count);
        writer.Set("split.tensors.count", announced);
        writer.AddTensor(tensor ?? $"t{number}", TensorType.I8, [4], Enumerable.Repeat((byte)number, 4).ToArray());
        return _folder.Write(writer, name ?? $"m-{number + 1:D5}-of-{count:D5}.gguf");
    }
}
