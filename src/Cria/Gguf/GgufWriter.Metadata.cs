using System.Runtime.InteropServices;
using System.Text;

namespace Cria.Gguf;

// Each kind of value has a Set of its own: readers are strict about types (llama.cpp wants UInt32 where it says UInt32), so the
// C# type that is passed is the type that is written.
public sealed partial class GgufWriter
{
    private readonly OrderedDictionary<string, Encoded> _values = [];

    private sealed record Encoded(GgufValueType Type, byte[] Bytes);

    /// <summary>Sets a key to an unsigned byte.</summary>
    public void Set(string key, byte value) => Put(key, GgufValueType.UInt8, [value]);

    /// <summary>Sets a key to a signed byte.</summary>
    public void Set(string key, sbyte value) => Put(key, GgufValueType.Int8, [(byte)value]);

    /// <summary>Sets a key to an unsigned 16-bit integer.</summary>
    public void Set(string key, ushort value) => Put(key, GgufValueType.UInt16, BitConverter.GetBytes(value));

    /// <summary>Sets a key to a signed 16-bit integer.</summary>
    public void Set(string key, short value) => Put(key, GgufValueType.Int16, BitConverter.GetBytes(value));

    /// <summary>Sets a key to an unsigned 32-bit integer, the usual type of counts and sizes.</summary>
    public void Set(string key, uint value) => Put(key, GgufValueType.UInt32, BitConverter.GetBytes(value));

    /// <summary>Sets a key to a signed 32-bit integer.</summary>
    public void Set(string key, int value) => Put(key, GgufValueType.Int32, BitConverter.GetBytes(value));

    /// <summary>Sets a key to an unsigned 64-bit integer.</summary>
    public void Set(string key, ulong value) => Put(key, GgufValueType.UInt64, BitConverter.GetBytes(value));

    /// <summary>Sets a key to a signed 64-bit integer.</summary>
    public void Set(string key, long value) => Put(key, GgufValueType.Int64, BitConverter.GetBytes(value));

    /// <summary>Sets a key to a 32-bit float.</summary>
    public void Set(string key, float value) => Put(key, GgufValueType.Float32, BitConverter.GetBytes(value));

    /// <summary>Sets a key to a 64-bit float.</summary>
    public void Set(string key, double value) => Put(key, GgufValueType.Float64, BitConverter.GetBytes(value));

    /// <summary>Sets a key to a boolean.</summary>
    public void Set(string key, bool value) => Put(key, GgufValueType.Boolean, [(byte)(value ? 1 : 0)]);

    /// <summary>Sets a key to a text.</summary>
    public void Set(string key, string value) => Put(key, GgufValueType.String, writer => WriteText(writer, value));

    /// <summary>Sets a key to an array of texts.</summary>
    public void Set(string key, IReadOnlyList<string> values) => PutArray(key, GgufValueType.String, values.Count, writer =>
    {
        foreach (string value in values) WriteText(writer, value);
    });

    /// <summary>Sets a key to an array of texts given as bytes, which need not be valid UTF-8.</summary>
    public void SetUtf8(string key, IReadOnlyList<ReadOnlyMemory<byte>> values) => PutArray(key, GgufValueType.String, values.Count, writer =>
    {
        foreach (ReadOnlyMemory<byte> value in values)
        {
            writer.Write((ulong)value.Length);
            writer.Write(value.Span);
        }
    });

    /// <summary>Sets a key to an array of unsigned bytes.</summary>
    public void Set(string key, ReadOnlySpan<byte> values) => PutArray(key, GgufValueType.UInt8, values);

    /// <summary>Sets a key to an array of signed bytes.</summary>
    public void Set(string key, ReadOnlySpan<sbyte> values) => PutArray(key, GgufValueType.Int8, values);

    /// <summary>Sets a key to an array of unsigned 16-bit integers.</summary>
    public void Set(string key, ReadOnlySpan<ushort> values) => PutArray(key, GgufValueType.UInt16, values);

    /// <summary>Sets a key to an array of signed 16-bit integers.</summary>
    public void Set(string key, ReadOnlySpan<short> values) => PutArray(key, GgufValueType.Int16, values);

    /// <summary>Sets a key to an array of unsigned 32-bit integers.</summary>
    public void Set(string key, ReadOnlySpan<uint> values) => PutArray(key, GgufValueType.UInt32, values);

    /// <summary>Sets a key to an array of signed 32-bit integers.</summary>
    public void Set(string key, ReadOnlySpan<int> values) => PutArray(key, GgufValueType.Int32, values);

    /// <summary>Sets a key to an array of unsigned 64-bit integers.</summary>
    public void Set(string key, ReadOnlySpan<ulong> values) => PutArray(key, GgufValueType.UInt64, values);

    /// <summary>Sets a key to an array of signed 64-bit integers.</summary>
    public void Set(string key, ReadOnlySpan<long> values) => PutArray(key, GgufValueType.Int64, values);

    /// <summary>Sets a key to an array of 32-bit floats.</summary>
    public void Set(string key, ReadOnlySpan<float> values) => PutArray(key, GgufValueType.Float32, values);

    /// <summary>Sets a key to an array of 64-bit floats.</summary>
    public void Set(string key, ReadOnlySpan<double> values) => PutArray(key, GgufValueType.Float64, values);

    /// <summary>Sets a key to an array of booleans.</summary>
    public void Set(string key, ReadOnlySpan<bool> values) => PutArray(key, GgufValueType.Boolean, values);

    /// <summary>Sets a key to a value of another file, exactly as it stands there.</summary>
    public void Set(GgufValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        Put(value.Key, value.Type, value.Encoded.ToArray());
    }

    /// <summary>Takes over the metadata of another file, or those keys of it that pass <paramref name="filter"/>; the file may then be closed.</summary>
    /// <remarks>The <c>split.*</c> keys stay behind, because what is written is one whole file.</remarks>
    public void CopyMetadata(GgufMetadata metadata, Func<string, bool>? filter = null)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        foreach (GgufValue value in metadata.Values)
        {
            if (!value.Key.StartsWith("split.", StringComparison.Ordinal) && (filter is null || filter(value.Key))) Set(value);
        }
    }

    /// <summary>Takes a key out again; false if it was not there.</summary>
    public bool Remove(string key) => _values.Remove(key);

    private void Put(string key, GgufValueType type, Action<BinaryWriter> encode)
    {
        using var buffer = new MemoryStream();
        using var writer = new BinaryWriter(buffer);
        encode(writer);
        Put(key, type, buffer.ToArray());
    }

    private void PutArray(string key, GgufValueType elementType, int count, Action<BinaryWriter> encode) =>
        Put(key, GgufValueType.Array, writer =>
        {
            writer.Write((uint)elementType);
            writer.Write((ulong)count);
            encode(writer);
        });

    private void PutArray<T>(string key, GgufValueType elementType, ReadOnlySpan<T> values) where T : unmanaged
    {
        byte[] bytes = MemoryMarshal.AsBytes(values).ToArray();
        PutArray(key, elementType, values.Length, writer => writer.Write(bytes));
    }

    private void Put(string key, GgufValueType type, byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(key);
        _values[key] = new Encoded(type, bytes);
    }

    private static void WriteText(BinaryWriter writer, string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)utf8.Length);
        writer.Write(utf8);
    }
}
