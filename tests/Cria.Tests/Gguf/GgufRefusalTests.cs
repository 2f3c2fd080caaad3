using Cria.Gguf;

namespace Cria.Tests.Gguf;

/// <summary>Every way in which a header can be wrong, one test each: the error names file, field and offset, and what to do.</summary>
public sealed class GgufRefusalTests : IDisposable
{
    private const uint F32 = 0, Q4_0 = 2;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Refuses_a_header_that_is_cut_off() =>
        Refuses(new RawGguf(0, 0).ToArray()[..20], "header", 0, "ends after 20 bytes");

    [Theory]
    [InlineData(0u)]
    [InlineData(0x7fff1234u)]
    public void Refuses_a_version_that_never_was(uint version) =>
        Refuses(new RawGguf(0, 0, version).ToArray(), "version", 4, $"no GGUF version {version}");

    [Theory]
    [InlineData(1u, "GGUF version 1", "Convert")]
    [InlineData(4u, "GGUF version 4", "Update")]
    [InlineData(0x03000000u, "big-endian GGUF", "little-endian")]
    public void Names_a_version_that_is_not_read(uint version, string feature, string advice)
    {
        var error = Assert.Throws<UnsupportedModelException>(() => Open(new RawGguf(0, 0, version).ToArray()));
        Assert.Equal(feature, error.Feature);
        Assert.Contains("model.gguf", error.Message);
        Assert.Contains(advice, error.Message);
    }

    [Theory]
    [InlineData(1ul)]
    [InlineData(ulong.MaxValue)]
    [InlineData(1ul << 62)]
    public void Refuses_more_tensors_than_the_bytes_left_can_hold(ulong count) =>
        Refuses(new RawGguf(count, 0).ToArray(), "tensor count", 8, $"announces {count} tensors");

    [Theory]
    [InlineData(1ul)]
    [InlineData(ulong.MaxValue)]
    public void Refuses_more_keys_than_the_bytes_left_can_hold(ulong count) =>
        Refuses(new RawGguf(0, count).ToArray(), "key count", 16, $"announces {count} keys");

    [Fact]
    public void Refuses_absurd_counts_even_if_the_file_is_large_enough()
    {
        Refuses(new RawGguf(70_000, 0).Data(3_000_000).ToArray(), "tensor count", 8, "70000");
        Refuses(new RawGguf(0, 70_000).Data(3_000_000).ToArray(), "key count", 16, "70000");
    }

    [Theory]
    [InlineData(1000ul)]
    [InlineData(ulong.MaxValue)]
    [InlineData(ulong.MaxValue - 8)]
    public void Refuses_a_key_longer_than_the_bytes_left(ulong length)
    {
        RawGguf raw = new RawGguf(0, 1).U64(length);
        Refuses(raw.Raw(new byte[20]).ToArray(), "key", 24, $"{length} bytes");
    }

    [Fact]
    public void Accepts_a_key_of_65535_bytes_and_refuses_a_longer_one()
    {
        string key = new('k', 65535);
        using (GgufFile file = Open(new RawGguf(0, 1).Key(key, GgufValueType.UInt8).Raw(7).ToArray()))
            Assert.Equal(7, file.Metadata.GetInteger(key));
        Refuses(new RawGguf(0, 1).Key(key + "k", GgufValueType.UInt8).Raw(7).ToArray(), "key", 24, "at most 65535");
    }

    [Fact]
    public void Refuses_an_empty_key() =>
        Refuses(new RawGguf(0, 1).Key("", GgufValueType.UInt32).U64(0).ToArray(), "key", 24, "empty");

    [Theory]
    [InlineData("a\u001b[2J")]
    [InlineData("schlüssel")]
    public void Refuses_a_key_beyond_printable_ascii(string key) =>
        Refuses(new RawGguf(0, 1).Key(key, GgufValueType.UInt8).Raw(1).ToArray(), "key", 24, "ASCII");

    [Fact]
    public void Refuses_a_key_that_appears_twice()
    {
        RawGguf raw = new RawGguf(0, 2).Key("a.b", GgufValueType.UInt8).Raw(1).Text("a.b");
        long at = raw.Last;
        Refuses(raw.U32(0).Raw(1).ToArray(), "a.b", at, "twice");
    }

    [Theory]
    [InlineData(13u)]
    [InlineData(uint.MaxValue)]
    public void Refuses_an_unknown_value_type(uint type)
    {
        RawGguf raw = new RawGguf(0, 1).Text("a").U32(type);
        Refuses(raw, "a", $"unknown value type {type}", tail: 8);
    }

    [Fact]
    public void Refuses_an_unknown_element_type()
    {
        RawGguf raw = new RawGguf(0, 1).Key("a", GgufValueType.Array).U32(13);
        Refuses(raw, "a", "unknown value type 13", tail: 16);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void Refuses_a_value_that_is_cut_off(int bytes)
    {
        RawGguf raw = new RawGguf(0, 1).Key("a", GgufValueType.UInt64).Raw(new byte[bytes]);
        Refuses(raw, "a", $"8 bytes are needed, but only {bytes} are left");
    }

    [Theory]
    [InlineData(9ul)]
    [InlineData(ulong.MaxValue)]
    [InlineData(1ul << 63)]
    public void Refuses_a_text_longer_than_the_bytes_left(ulong length)
    {
        RawGguf raw = new RawGguf(0, 1).Key("a", GgufValueType.String).U64(length);
        Refuses(raw, "a", $"a text of {length} bytes", tail: 8);
    }

    [Fact]
    public void Refuses_a_text_of_more_than_64_MiB()
    {
        string path = _folder.Write(new RawGguf(0, 1).Key("a", GgufValueType.String).U64((64 << 20) + 1).ToArray());
        using (FileStream file = File.OpenWrite(path)) file.SetLength(65 << 20);
        var error = Assert.Throws<GgufFormatException>(() => GgufFile.Open(path).Dispose());
        Assert.Contains("at most 67108864", error.Message);
    }

    [Theory]
    [InlineData(GgufValueType.UInt8, 33ul)]
    [InlineData(GgufValueType.Float64, 5ul)]
    [InlineData(GgufValueType.String, 5ul)]
    [InlineData(GgufValueType.Array, 3ul)]
    [InlineData(GgufValueType.UInt64, 1ul << 61)]
    [InlineData(GgufValueType.Int8, ulong.MaxValue)]
    public void Refuses_more_elements_than_the_bytes_left_can_hold(GgufValueType type, ulong count)
    {
        RawGguf raw = new RawGguf(0, 1).Array("a", type, count);
        Refuses(raw, "a", $"announces {count} elements", tail: 32);
    }

    [Fact]
    public void Accepts_arrays_in_an_array_and_refuses_to_go_deeper()
    {
        const uint Array = 9;
        byte[] once = new RawGguf(0, 2).Array("a", GgufValueType.Array, 2).U32(4).U64(1).U32(7).U32(0).U64(0)
            .Key("b", GgufValueType.UInt8).Raw(3).ToArray();
        using (GgufFile file = Open(once))
        {
            Assert.Equal(GgufValueType.Array, file.Metadata["a"].ElementType);
            Assert.Equal(3, file.Metadata.GetInteger("b"));
        }

        RawGguf twice = new RawGguf(0, 1).Array("a", GgufValueType.Array, 1).U32(Array).U64(1).Raw();
        Refuses(twice, "a", "nested more than once", tail: 12);
    }

    [Fact]
    public void Refuses_a_boolean_that_is_neither_0_nor_1()
    {
        Refuses(new RawGguf(0, 1).Key("a", GgufValueType.Boolean).Raw(2), "a", "neither 0 nor 1", tail: 1);

        RawGguf array = new RawGguf(0, 1).Array("a", GgufValueType.Boolean, 3).Raw(0, 1, 255);
        Refuses(array.ToArray(), "a", array.Last + 2, "neither 0 nor 1");
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(3u)]
    [InlineData(48u)]
    [InlineData(1u << 31)]
    public void Refuses_an_alignment_that_is_no_power_of_two(uint alignment)
    {
        RawGguf raw = new RawGguf(0, 1).Key("general.alignment", GgufValueType.UInt32).U32(alignment);
        Refuses(raw, "general.alignment", $"alignment is {alignment}");
    }

    [Fact]
    public void Refuses_an_alignment_of_another_type()
    {
        RawGguf raw = new RawGguf(0, 1).Key("general.alignment", GgufValueType.UInt64).U64(32);
        Refuses(raw, "general.alignment", "must be of type UInt32, but is UInt64");
    }

    [Fact]
    public void Refuses_a_tensor_name_of_64_bytes_or_none()
    {
        Refuses(new RawGguf(1, 0).Tensor(new string('t', 64), F32, 0, 1).Data(4).ToArray(), "tensor name", 24, "at most 63");
        Refuses(new RawGguf(1, 0).Tensor("", F32, 0, 1).Data(40).ToArray(), "tensor name", 24, "empty");
    }

    [Fact]
    public void Refuses_a_tensor_that_appears_twice()
    {
        RawGguf raw = new RawGguf(2, 0).Tensor("t", F32, 0, 1).Tensor("t", F32, 32, 1);
        Refuses(raw.Data(64), "t", "twice");
    }

    [Theory]
    [InlineData(5)]
    [InlineData(100)]
    public void Refuses_more_than_four_dimensions(int count)
    {
        RawGguf raw = new RawGguf(1, 0).Text("t").U32((uint)count);
        Refuses(raw, "t", $"{count} dimensions", tail: 2000);
    }

    [Fact]
    public void Takes_a_tensor_without_dimensions_for_a_single_value()
    {
        using GgufFile file = Open(new RawGguf(1, 0).Tensor("t", F32, 0).Data(4).ToArray());
        Assert.Equal([1L], file.Tensors[0].Dimensions);
        Assert.Equal(4, file.Tensors[0].ByteLength);
    }

    [Theory]
    [InlineData(0ul, 1ul, "is 0")]
    [InlineData(4ul, 0ul, "is 0")]
    [InlineData(1ul << 63, 1ul, "is -9223372036854775808")]
    [InlineData(4ul, ulong.MaxValue, "is -1")]
    [InlineData(1ul << 32, 1ul << 32, "product")]
    [InlineData((1ul << 63) - 1, (1ul << 63) - 1, "product")]
    [InlineData(1ul << 61, 2ul, "size of the data")]
    public void Refuses_impossible_dimensions(ulong first, ulong second, string problem)
    {
        byte[] bytes = new RawGguf(1, 0).Tensor("t", F32, 0, first, second).Data(64).ToArray();
        Refuses(bytes, "t", 24 + 9 + 4, problem);
    }

    [Fact]
    public void Refuses_rows_that_are_not_whole_blocks()
    {
        byte[] bytes = new RawGguf(1, 0).Tensor("t", Q4_0, 0, 48, 2).Data(64).ToArray();
        Refuses(bytes, "t", 24 + 9 + 4, "rows of 48 values are not made of whole Q4_0 blocks of 32 values");
    }

    [Theory]
    [InlineData(43u)]
    [InlineData(1000u)]
    [InlineData(uint.MaxValue)]
    public void Refuses_an_unknown_tensor_type(uint type)
    {
        byte[] bytes = new RawGguf(1, 0).Tensor("t", type, 0, 32).Data(64).ToArray();
        Refuses(bytes, "t", 24 + 9 + 4 + 8, $"unknown tensor type {type}");
    }

    [Theory]
    [InlineData(16u, "IQ2_XXS")]
    [InlineData(34u, "TQ1_0")]
    [InlineData(35u, "TQ2_0")]
    [InlineData(31u, "Q4_0_4_4")]
    [InlineData(40u, "NVFP4")]
    public void Names_a_tensor_type_that_it_does_not_compute_with(uint type, string name)
    {
        byte[] bytes = new RawGguf(1, 0).Tensor("blk.0.ffn_up.weight", type, 0, 256).Data(256).ToArray();
        var error = Assert.Throws<UnsupportedModelException>(() => Open(bytes));
        Assert.Equal(name, error.Feature);
        Assert.Contains("model.gguf", error.Message);
        Assert.Contains("blk.0.ffn_up.weight", error.Message);
        Assert.Contains($"of type {name}", error.Message);
        Assert.Contains("quantise it again", error.Message);
    }

    [Fact]
    public void Refuses_a_misaligned_offset()
    {
        RawGguf raw = new RawGguf(1, 0).Tensor("t", F32, 16, 1);
        Refuses(raw.Data(64), "t", "no multiple of the alignment 32");
    }

    [Theory]
    [InlineData(0ul, 17ul)]
    [InlineData(64ul, 1ul)]
    [InlineData(ulong.MaxValue - 31, 1ul)]
    [InlineData(1ul << 62, 1ul)]
    [InlineData(0ul, 1ul << 60)]
    public void Refuses_a_tensor_past_the_end(ulong offset, ulong values)
    {
        byte[] bytes = new RawGguf(1, 0).Tensor("t", F32, offset, values).Data(64).ToArray();
        var error = Assert.Throws<GgufFormatException>(() => Open(bytes));
        Assert.Contains("past the end", error.Message);
        Assert.Equal("t", error.Field);
    }

    [Fact]
    public void Refuses_tensors_of_a_file_that_ends_with_its_header()
    {
        RawGguf raw = new RawGguf(1, 0).Tensor("t", F32, 0, 1);
        Refuses(raw, "t", "past the end");
    }

    [Fact]
    public void Refuses_tensors_that_overlap()
    {
        RawGguf raw = new RawGguf(2, 0).Tensor("a", F32, 32, 8).Tensor("b", F32, 0, 9);
        long first = 24;
        Refuses(raw.Data(64).ToArray(), "a", first, "overlaps that of b");
    }

    [Fact]
    public void Accepts_tensors_in_any_order_and_with_gaps()
    {
        using GgufFile file = Open(new RawGguf(2, 0).Tensor("a", F32, 96, 1).Tensor("b", F32, 0, 8).Data(100).ToArray());
        Assert.Equal(2, file.Tensors.Count);
    }

    [Fact]
    public void Opens_a_file_without_keys_and_tensors()
    {
        using GgufFile file = Open(new RawGguf(0, 0).ToArray());
        Assert.Empty(file.Metadata);
        Assert.Empty(file.Tensors);
    }

    private GgufFile Open(byte[] bytes) => GgufFile.Open(_folder.Write(bytes));

    /// <summary>Expects an error at the field that was written last.</summary>
    private void Refuses(RawGguf raw, string field, string problem, int tail = 0)
    {
        long at = raw.Last;
        Refuses(raw.Raw(new byte[tail]).ToArray(), field, at, problem);
    }

    private void Refuses(byte[] bytes, string field, long offset, string problem)
    {
        var error = Assert.Throws<GgufFormatException>(() => Open(bytes).Dispose());
        Assert.Contains(problem, error.Message);
        Assert.Equal(field, error.Field);
        Assert.Equal(offset, error.Offset);
        Assert.Equal("model.gguf", Path.GetFileName(error.Path));
        Assert.Contains("model.gguf", error.Message);
        Assert.Contains($"at byte {offset}", error.Message);
        Assert.Contains("download it or convert it again", error.Message);
    }
}
