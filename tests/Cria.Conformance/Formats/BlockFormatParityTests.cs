using Cria.Gguf;
using Cria.Tensors.Formats;
using Cria.Testing;
using LlamaCpp;

namespace Cria.Conformance.Formats;

public class BlockFormatParityTests
{
    private const int Blocks = 500;

    public static TheoryData<TensorType> Readable => new(Types(BlockFormat.CanDecode));

    [SkippableTheory]
    [MemberData(nameof(Readable))]
    public void Decodes_random_blocks_to_the_same_bits(TensorType type)
    {
        GgmlFormats ggml = Open();
        byte[] blocks = new byte[Blocks * type.BlockBytes()];
        new Random(7).NextBytes(blocks);
        float[] expected = new float[Blocks * type.BlockLength()], actual = new float[expected.Length];

        ggml.Decode(type, blocks, expected);
        BlockFormat.Decode(type, blocks, actual);

        AssertSameBits(expected, actual);
    }

    public static TheoryData<TensorType> Writable => new(Types(BlockFormat.CanEncode));

    [SkippableTheory]
    [MemberData(nameof(Writable))]
    public void Encodes_to_the_same_values(TensorType type)
    {
        GgmlFormats ggml = Open();
        foreach ((string kind, float[] values) in Samples())
        {
            float[] expected = new float[values.Length], actual = new float[values.Length];
            byte[] blocks = new byte[type.BytesFor(values.Length)];

            BlockFormat.Encode(type, values, blocks);
            BlockFormat.Decode(type, blocks, actual);
            BlockFormat.Decode(type, ggml.Encode(type, values), expected);

            // Values, not bytes: the numbers in a group whose scale became zero are free.
            int different = expected.Zip(actual).Count(pair => pair.First != pair.Second);
            Assert.True(different == 0, $"{different} of {values.Length} {kind} values differ.");
        }
    }

    /// <summary>Values as weights have them, and as they should not.</summary>
    private static IEnumerable<(string Kind, float[] Values)> Samples()
    {
        const int Count = 64 * 256;
        var random = new Random(11);
        float Normal() => MathF.Sqrt(-2 * MathF.Log(1 - random.NextSingle())) * MathF.Cos(2 * MathF.PI * random.NextSingle());
        float[] Make(Func<int, float> value) => [.. Enumerable.Range(0, Count).Select(value)];

        yield return ("normal", Make(_ => 0.02f * Normal()));
        yield return ("heavy-tailed", Make(_ => 0.02f * MathF.Pow(Normal(), 5)));
        yield return ("shifted", Make(_ => 3 + Normal()));
        yield return ("negative", Make(_ => -MathF.Abs(Normal())));
        yield return ("sparse", Make(_ => random.Next(20) == 0 ? Normal() : 0));
        yield return ("constant", Make(i => i / 256 - 30));
        yield return ("small whole", Make(_ => random.Next(-8, 8)));
        yield return ("tiny", Make(_ => 1e-6f * Normal()));
        yield return ("vanishing", Make(_ => 1e-20f * Normal()));
        yield return ("huge", Make(_ => 6000 * Normal()));
        yield return ("of many sizes", Make(i => Normal() * MathF.Pow(10, i / 32 % 8 - 5)));
    }

    private static IEnumerable<TensorType> Types(Func<TensorType, bool> filter) =>
        Enum.GetValues<TensorType>().Where(type => type != TensorType.F32 && filter(type));

    private static GgmlFormats Open()
    {
        string? reason = LlamaCppInstall.WhyUnavailable();
        Require.That(reason is null, reason ?? "");
        return new GgmlFormats(LlamaCppInstall.Folder());
    }

    /// <summary>All bits count, those of zeros too; only the payload of a NaN is free.</summary>
    private static void AssertSameBits(float[] expected, float[] actual)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            bool same = float.IsNaN(expected[i])
                ? float.IsNaN(actual[i])
                : BitConverter.SingleToInt32Bits(expected[i]) == BitConverter.SingleToInt32Bits(actual[i]);
            Assert.True(same, $"Value {i} is {actual[i]:R}, not {expected[i]:R}.");
        }
    }
}
