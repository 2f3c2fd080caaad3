using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Cria.Gguf;

/// <summary>One metadata value of a GGUF file: a number, a text, or an array of them, decoded when asked for.</summary>
/// <remarks>The value lies in the mapped file: reading it after the file was disposed throws <see cref="ObjectDisposedException"/>.</remarks>
public sealed unsafe class GgufValue
{
    private readonly GgufSource _source;
    private readonly long _data;
    private readonly uint[]? _textStarts;

    internal GgufValue(GgufSource source, string key, GgufValueType type, GgufValueType? elementType, int count, long data, long end, uint[]? textStarts)
    {
        _source = source;
        _data = data;
        _textStarts = textStarts;
        Key = key;
        Type = type;
        ElementType = elementType;
        Count = count;
        EncodedEnd = end;
    }

    /// <summary>The key that the value belongs to.</summary>
    public string Key { get; }

    /// <summary>The type as the file states it.</summary>
    public GgufValueType Type { get; }

    /// <summary>The type of an array's elements; null unless the value is an array.</summary>
    public GgufValueType? ElementType { get; }

    /// <summary>The number of an array's elements; 1 unless the value is an array.</summary>
    public int Count { get; }

    /// <summary>Where the value starts in its file, in bytes.</summary>
    public long Offset => Type switch
    {
        GgufValueType.Array => _data - 12,
        GgufValueType.String => _data - 8,
        _ => _data,
    };

    internal long EncodedEnd { get; }

    /// <summary>The value as it stands in the file, without its type: what a writer copies.</summary>
    internal ReadOnlySpan<byte> Encoded => EncodedEnd - Offset <= Array.MaxLength
        ? new ReadOnlySpan<byte>(_source.Start + Offset, (int)(EncodedEnd - Offset))
        : throw Error("the value is too large to be copied.");

    /// <summary>The text; throws unless the value is a string.</summary>
    public string AsString() => Encoding.UTF8.GetString(AsUtf8());

    /// <summary>The bytes of the text, which need not be valid UTF-8; throws unless the value is a string.</summary>
    public ReadOnlySpan<byte> AsUtf8() =>
        Type == GgufValueType.String ? new ReadOnlySpan<byte>(_source.Start + _data, (int)(EncodedEnd - _data)) : throw Wanted("a string");

    /// <summary>The integer; throws unless the value is of an integer type.</summary>
    public long AsInteger() => Type.IsInteger() ? Integer(Type, 0) : throw Wanted("an integer");

    /// <summary>The number; throws unless the value is of an integer or a float type.</summary>
    public double AsNumber() =>
        Type.IsInteger() ? Integer(Type, 0) : Type.IsFloat() ? Float(Type, 0) : throw Wanted("a number");

    /// <summary>The truth value; throws unless the value is a boolean.</summary>
    public bool AsBoolean() => Type == GgufValueType.Boolean ? _source.Start[_data] != 0 : throw Wanted("a boolean");

    /// <summary>The texts of an array, decoded one by one as they are asked for; throws unless the value is an array of strings.</summary>
    public GgufStrings AsStrings() =>
        ElementType == GgufValueType.String ? new GgufStrings(_source, _data, _textStarts!) : throw Wanted("an array of strings");

    /// <summary>The elements of an array of floats; throws unless the value is one.</summary>
    public float[] AsFloats()
    {
        if (ElementType is not { } type || !type.IsFloat()) throw Wanted("an array of floats");
        var floats = new float[Count];
        for (int i = 0; i < floats.Length; i++) floats[i] = (float)Float(type, i);
        return floats;
    }

    /// <summary>The elements of an array of integers; throws unless the value is one and each fits 32 bits.</summary>
    public int[] AsIntegers()
    {
        if (ElementType is not { } type || !type.IsInteger()) throw Wanted("an array of integers");
        var integers = new int[Count];
        for (int i = 0; i < integers.Length; i++)
        {
            long value = Integer(type, i);
            if (value != (int)value) throw Error($"element {i} is {value}, which is beyond 32 bits.");
            integers[i] = (int)value;
        }
        return integers;
    }

    /// <summary>The elements of an array of booleans; throws unless the value is one.</summary>
    public bool[] AsBooleans()
    {
        if (ElementType != GgufValueType.Boolean) throw Wanted("an array of booleans");
        var booleans = new bool[Count];
        for (int i = 0; i < booleans.Length; i++) booleans[i] = _source.Start[_data + i] != 0;
        return booleans;
    }

    /// <summary>The bytes of an array of 8-bit integers; throws unless the value is one.</summary>
    public byte[] AsBytes() => ElementType is GgufValueType.UInt8 or GgufValueType.Int8
        ? new ReadOnlySpan<byte>(_source.Start + _data, Count).ToArray()
        : throw Wanted("an array of bytes");

    /// <summary>The value in words: a text or number itself, an array by its type and length.</summary>
    public override string ToString() => Type switch
    {
        GgufValueType.String => AsString(),
        GgufValueType.Boolean => AsBoolean() ? "true" : "false",
        GgufValueType.Array => $"{Count} x {ElementType}",
        GgufValueType.UInt64 => (Read<ulong>(0)).ToString(CultureInfo.InvariantCulture),
        GgufValueType.Float32 => Read<float>(0).ToString(CultureInfo.InvariantCulture),
        GgufValueType.Float64 => Read<double>(0).ToString(CultureInfo.InvariantCulture),
        _ => Integer(Type, 0).ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>Makes the error for a value that makes no sense.</summary>
    internal GgufFormatException Error(string problem) => _source.Error(Key, Offset, problem);

    /// <summary>Makes the error for a value of another type than is wanted.</summary>
    internal GgufFormatException Wanted(string wanted) =>
        Error($"it is {(Type == GgufValueType.Array ? $"an array of {ElementType}" : $"of type {Type}")}, but {wanted} is needed.");

    private long Integer(GgufValueType type, int index) => type switch
    {
        GgufValueType.UInt8 => Read<byte>(index),
        GgufValueType.Int8 => Read<sbyte>(index),
        GgufValueType.UInt16 => Read<ushort>(index),
        GgufValueType.Int16 => Read<short>(index),
        GgufValueType.UInt32 => Read<uint>(index),
        GgufValueType.Int32 => Read<int>(index),
        GgufValueType.Int64 => Read<long>(index),
        _ => Read<ulong>(index) is var big && big <= long.MaxValue ? (long)big : throw Error($"{big} is too large a number."),
    };

    private double Float(GgufValueType type, int index) => type == GgufValueType.Float32 ? Read<float>(index) : Read<double>(index);

    // Values are not aligned in the file. (On a big-endian machine GgufFile refuses to open anything.)
    private T Read<T>(int index) where T : unmanaged =>
        MemoryMarshal.Read<T>(new ReadOnlySpan<byte>(_source.Start + _data + (long)index * sizeof(T), sizeof(T)));
}
