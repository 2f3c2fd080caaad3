namespace Cria.Gguf;

/// <summary>The types of metadata values, numbered as GGUF files number them.</summary>
public enum GgufValueType
{
    /// <summary>An unsigned byte.</summary>
    UInt8 = 0,
    /// <summary>A signed byte.</summary>
    Int8 = 1,
    /// <summary>An unsigned 16-bit integer.</summary>
    UInt16 = 2,
    /// <summary>A signed 16-bit integer.</summary>
    Int16 = 3,
    /// <summary>An unsigned 32-bit integer.</summary>
    UInt32 = 4,
    /// <summary>A signed 32-bit integer.</summary>
    Int32 = 5,
    /// <summary>A 32-bit float.</summary>
    Float32 = 6,
    /// <summary>A byte that is 0 or 1.</summary>
    Boolean = 7,
    /// <summary>A UTF-8 text preceded by its length.</summary>
    String = 8,
    /// <summary>Values of one type, preceded by that type and their count.</summary>
    Array = 9,
    /// <summary>An unsigned 64-bit integer.</summary>
    UInt64 = 10,
    /// <summary>A signed 64-bit integer.</summary>
    Int64 = 11,
    /// <summary>A 64-bit float.</summary>
    Float64 = 12,
}

internal static class GgufValueTypes
{
    /// <summary>The bytes of one value; 0 for strings and arrays, whose size varies.</summary>
    public static int FixedBytes(this GgufValueType type) => type switch
    {
        GgufValueType.UInt8 or GgufValueType.Int8 or GgufValueType.Boolean => 1,
        GgufValueType.UInt16 or GgufValueType.Int16 => 2,
        GgufValueType.UInt32 or GgufValueType.Int32 or GgufValueType.Float32 => 4,
        GgufValueType.UInt64 or GgufValueType.Int64 or GgufValueType.Float64 => 8,
        _ => 0,
    };

    /// <summary>The fewest bytes that one value can take: an empty string is its length, an empty array its type and count.</summary>
    public static int MinimumBytes(this GgufValueType type) => type switch
    {
        GgufValueType.String => 8,
        GgufValueType.Array => 12,
        _ => type.FixedBytes(),
    };

    public static bool IsInteger(this GgufValueType type) => type is
        GgufValueType.UInt8 or GgufValueType.Int8 or GgufValueType.UInt16 or GgufValueType.Int16 or
        GgufValueType.UInt32 or GgufValueType.Int32 or GgufValueType.UInt64 or GgufValueType.Int64;

    public static bool IsFloat(this GgufValueType type) => type is GgufValueType.Float32 or GgufValueType.Float64;
}
