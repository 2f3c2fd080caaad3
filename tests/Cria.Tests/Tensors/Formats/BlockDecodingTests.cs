using Cria.Gguf;
using Cria.Tensors.Formats;

namespace Cria.Tests.Tensors.Formats;

public class BlockDecodingTests
{
    public static TheoryData<TensorType> Readable => new(Enum.GetValues<TensorType>().Where(BlockFormat.CanDecode));

    [Fact]
    public void Reads_the_formats_of_common_models()
    {
        Assert.Equal(16, Readable.Count);
        Assert.False(BlockFormat.CanDecode(TensorType.I32));
        Assert.False(BlockFormat.CanDecode((TensorType)16));
    }

    [Theory]
    [MemberData(nameof(Readable))]
    public void Decodes_random_blocks_as_the_formulas_say(TensorType type)
    {
        const int Blocks = 200;
        byte[] blocks = new byte[Blocks * type.BlockBytes()];
        float[] values = new float[Blocks * type.BlockLength()];
        new Random(3).NextBytes(blocks);

        BlockFormat.Decode(type, blocks, values);

        for (int i = 0; i < values.Length; i++)
        {
            ReadOnlySpan<byte> block = blocks.AsSpan(i / type.BlockLength() * type.BlockBytes(), type.BlockBytes());
            (double expected, double size) = ReferenceFormulas.Value(type, block, i % type.BlockLength());
            if (!double.IsFinite(size) || size > float.MaxValue)
            {
                Assert.False(float.IsFinite(values[i]));
                continue;
            }

            Assert.InRange(values[i], expected - size * 3e-7 - float.Epsilon, expected + size * 3e-7 + float.Epsilon);
        }
    }

    [Theory]
    [MemberData(nameof(Readable))]
    public void Decodes_any_number_of_blocks_and_no_more(TensorType type)
    {
        int length = type.BlockLength();
        byte[] blocks = new byte[5 * type.BlockBytes()];
        new Random(4).NextBytes(blocks);
        float[] whole = new float[5 * length];
        BlockFormat.Decode(type, blocks, whole);
        for (int count = 0; count < 5; count++)
        {
            float[] values = new float[count * length + 1];
            values[^1] = 77;
            BlockFormat.Decode(type, blocks, values.AsSpan(0, count * length));
            Assert.Equal(whole[..(count * length)], values[..^1]);
            Assert.Equal(77, values[^1]);
        }
    }

    [Theory]
    [MemberData(nameof(Readable))]
    public void Refuses_too_few_bytes(TensorType type) =>
        Assert.Throws<ArgumentOutOfRangeException>(
            () => BlockFormat.Decode(type, new byte[2 * type.BlockBytes() - 1], new float[2 * type.BlockLength()]));

    [Fact]
    public void Refuses_a_part_of_a_block() =>
        Assert.Contains("31", Assert.Throws<ArgumentException>(
            () => BlockFormat.Decode(TensorType.Q4_0, new byte[18], new float[31])).Message);

    [Fact]
    public void Refuses_a_type_it_does_not_know() =>
        Assert.Contains("I32", Assert.Throws<NotSupportedException>(
            () => BlockFormat.Decode(TensorType.I32, new byte[4], new float[1])).Message);

    [Fact]
    public void Decodes_a_block_worked_out_by_hand()
    {
        // Scale 0.5; the first byte holds 3 (value 0) and 15 (value 16), the rest 8, which stands for zero.
        byte[] block = [0x00, 0x38, 0xF3, .. Enumerable.Repeat((byte)0x88, 15)];
        float[] values = new float[32];
        BlockFormat.Decode(TensorType.Q4_0, block, values);
        Assert.Equal(-2.5f, values[0]);
        Assert.Equal(3.5f, values[16]);
        Assert.Equal(30, values.Count(value => value == 0));
    }
}
