using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Cria.Gguf;

namespace TestModels;

/// <summary>
/// Random tensor data of any format. Quantised formats get random bytes with sensible scales rather than encoded normal
/// deviates: every bit pattern that a kernel may meet occurs, no encoder is needed, and it is fast enough for large files.
/// </summary>
public sealed class BlockNoise
{
    private static readonly float[] s_normal = NormalTable();
    private ulong _state;

    public BlockNoise(int seed, string name)
    {
        // FNV-1a of the name, so that a tensor's data do not depend on what else the file holds.
        ulong hash = 14695981039346656037;
        foreach (char c in name) hash = (hash ^ c) * 1099511628211;
        _state = hash ^ ((ulong)seed * 0x9E3779B97F4A7C15);
    }

    /// <summary>Normal deviates around <paramref name="mean"/>.</summary>
    public float[] Floats(long count, float deviation, float mean = 0)
    {
        var values = new float[count];
        foreach (ref float value in values.AsSpan()) value = mean + deviation * Normal();
        return values;
    }

    /// <summary>Fills whole blocks with values of about that deviation and a mean near 0.</summary>
    public void Fill(TensorType type, Span<byte> blocks, float deviation)
    {
        switch (type)
        {
            case TensorType.F32:
                foreach (ref float value in MemoryMarshal.Cast<byte, float>(blocks)) value = deviation * Normal();
                return;
            case TensorType.F16:
                foreach (ref Half value in MemoryMarshal.Cast<byte, Half>(blocks)) value = (Half)(deviation * Normal());
                return;
            case TensorType.BF16:
                foreach (ref ushort value in MemoryMarshal.Cast<byte, ushort>(blocks)) value = (ushort)(BitConverter.SingleToUInt32Bits(deviation * Normal()) >> 16);
                return;
        }

        RandomBytes(blocks);
        int length = type.BlockBytes();
        for (int i = 0; i < blocks.Length; i += length) SetScales(type, blocks.Slice(i, length), deviation);
    }

    // The divisors are the root mean squares of the values that random bytes decode to at scale 1.
    private void SetScales(TensorType type, Span<byte> block, float deviation)
    {
        float d = deviation * (0.75f + 0.5f * Uniform());
        switch (type)
        {
            case TensorType.Q4_0: Put(block, 0, d / 4.6f); break;
            case TensorType.Q4_1: Put(block, 0, d / 4.6f); Put(block, 2, -7.5f * d / 4.6f); break;
            case TensorType.Q5_0: Put(block, 0, d / 9.2f); break;
            case TensorType.Q5_1: Put(block, 0, d / 9.2f); Put(block, 2, -15.5f * d / 9.2f); break;
            case TensorType.Q8_0: Put(block, 0, d / 74); break;
            case TensorType.Q2_K: Put(block, 80, d / 12); Put(block, 82, 1.5f * d / 12); break;
            case TensorType.Q3_K: Put(block, 108, d / 42); break;
            case TensorType.Q4_K: Put(block, 0, d / 258); Put(block, 2, 7.5f * d / 258); break;
            case TensorType.Q5_K: Put(block, 0, d / 533); Put(block, 2, 15.5f * d / 533); break;
            case TensorType.Q6_K: Put(block, 208, d / 1366); break;
            case TensorType.IQ4_NL: Put(block, 0, d / 68); break;
            case TensorType.IQ4_XS: Put(block, 0, d / 1250); break;
            case TensorType.MXFP4: block[0] = (byte)(127 + (int)MathF.Round(MathF.Log2(d / 2.9f))); break;
            default: throw new NotSupportedException($"No noise of type {type}.");
        }
    }

    private static void Put(Span<byte> block, int offset, float value) => BinaryPrimitives.WriteHalfLittleEndian(block[offset..], (Half)value);

    private void RandomBytes(Span<byte> bytes)
    {
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ref ulong word in words) word = Next();
        foreach (ref byte rest in bytes[(words.Length * 8)..]) rest = (byte)Next();
    }

    private float Normal() => s_normal[Next() >> 48];

    private float Uniform() => (Next() >> 40) * (1f / (1 << 24));

    // SplitMix64.
    private ulong Next()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    private static float[] NormalTable()
    {
        // Box-Muller on a seeded generator, whose sequence .NET keeps stable.
        var random = new Random(20240229);
        var table = new float[1 << 16];
        foreach (ref float value in table.AsSpan())
            value = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        return table;
    }
}
