using System.Buffers.Binary;

namespace Cria.Starter;

/// <summary>A weight matrix, one row per output value, and its block formats.</summary>
internal sealed class Matrix(int rows, int columns)
{
    private readonly float[] _values = new float[rows * columns];

    public int Rows => rows;

    public int Columns => columns;

    public ref float this[int row, int column] => ref _values[row * columns + column];

    /// <summary>
    /// Q4_0 with a scale of a seventh of the largest value, so that blocks of 0 and ± one value keep them exactly. (The usual
    /// choice, minus an eighth of the largest, keeps only one of the two signs.)
    /// </summary>
    public byte[] ToQ4()
    {
        byte[] blocks = new byte[_values.Length / 32 * 18];
        for (int block = 0; block < _values.Length / 32; block++)
        {
            ReadOnlySpan<float> values = _values.AsSpan(block * 32, 32);
            Span<byte> bytes = blocks.AsSpan(block * 18, 18);
            float scale = Largest(values) / 7;
            BinaryPrimitives.WriteHalfLittleEndian(bytes, (Half)scale);
            for (int i = 0; i < 16; i++) bytes[2 + i] = (byte)(Level(values[i], scale, 7) + 8 | Level(values[i + 16], scale, 7) + 8 << 4);
        }

        return blocks;
    }

    public byte[] ToQ8()
    {
        byte[] blocks = new byte[_values.Length / 32 * 34];
        for (int block = 0; block < _values.Length / 32; block++)
        {
            ReadOnlySpan<float> values = _values.AsSpan(block * 32, 32);
            Span<byte> bytes = blocks.AsSpan(block * 34, 34);
            float scale = Largest(values) / 127;
            BinaryPrimitives.WriteHalfLittleEndian(bytes, (Half)scale);
            for (int i = 0; i < 32; i++) bytes[2 + i] = (byte)(sbyte)Level(values[i], scale, 127);
        }

        return blocks;
    }

    private static float Largest(ReadOnlySpan<float> values)
    {
        float largest = 0;
        foreach (float value in values) largest = Math.Max(largest, Math.Abs(value));
        return largest;
    }

    private static int Level(float value, float scale, int most) =>
        scale == 0 ? 0 : Math.Clamp((int)MathF.Round(value / scale), -most, most);
}
