namespace Cria.Gguf;

/// <summary>One tensor as a header describes it; <paramref name="At"/> and <paramref name="Data"/> are positions in the file.</summary>
internal readonly record struct GgufTensorInfo(string Name, TensorType Type, long[] Dimensions, long At, long Data, long ByteLength);

/// <summary>The checked header of one GGUF file: everything but the tensors' data.</summary>
internal sealed class GgufHeader
{
    /// <summary>No model comes near these; they keep a hostile file from costing much more memory than its own size.</summary>
    public const int MaximumKeys = 65_536, MaximumTensors = 65_536;

    private const int MaximumKeyBytes = 65_535, MaximumTensorNameBytes = 63, MaximumDimensions = 4;
    private const int MaximumElements = 1 << 30;
    private const int DefaultAlignment = 32;

    // The fewest bytes of a record: its name's length and one character, then type and one byte; or dimensions, type and offset.
    private const int KeyBytes = 9 + 4 + 1, TensorBytes = 9 + 4 + 4 + 8;

    public required GgufSource Source { get; init; }
    public required int Version { get; init; }
    public required int Alignment { get; init; }
    public required GgufMetadata Metadata { get; init; }
    public required IReadOnlyList<GgufTensorInfo> Tensors { get; init; }

    /// <summary>Reads and checks a whole header, or throws what is wrong with it.</summary>
    public static GgufHeader Read(GgufSource source)
    {
        GgufSignature.Check(source);
        var cursor = new GgufCursor(source);
        cursor.Skip(8);
        int version = (int)GgufSignature.Version(source);

        cursor.Field = "tensor count";
        long tensorCount = cursor.Count(TensorBytes, "tensors");
        if (tensorCount > MaximumTensors) cursor.Fail(8, $"{tensorCount} tensors are more than the {MaximumTensors} allowed.");
        cursor.Field = "key count";
        long keyCount = cursor.Count(KeyBytes, "keys");
        if (keyCount > MaximumKeys) cursor.Fail(16, $"{keyCount} keys are more than the {MaximumKeys} allowed.");

        var values = new OrderedDictionary<string, GgufValue>();
        for (long i = 0; i < keyCount; i++) ReadKey(source, ref cursor, values);
        var metadata = new GgufMetadata(values);
        int alignment = ReadAlignment(metadata);

        var tensors = new List<GgufTensorInfo>();
        var names = new HashSet<string>();
        for (long i = 0; i < tensorCount; i++)
        {
            GgufTensorInfo tensor = ReadTensor(source, ref cursor);
            if (!names.Add(tensor.Name)) cursor.Fail(tensor.At, "the tensor appears twice.");
            tensors.Add(tensor);
        }

        if (tensorCount > 0)
        {
            long dataStart = (cursor.Position + alignment - 1) / alignment * alignment;
            GgufTensorRules.Place(source, tensors, dataStart, alignment);
        }

        GgufMetadataRules.Check(metadata);
        return new GgufHeader { Source = source, Version = version, Alignment = alignment, Metadata = metadata, Tensors = tensors };
    }

    private static void ReadKey(GgufSource source, ref GgufCursor cursor, OrderedDictionary<string, GgufValue> values)
    {
        cursor.Field = "key";
        long at = cursor.Position;
        string key = cursor.Name(MaximumKeyBytes);
        cursor.Field = key;
        if (values.ContainsKey(key)) cursor.Fail(at, "the key appears twice.");

        GgufValueType type = cursor.ValueType();
        GgufValueType? elementType = null;
        uint[]? textStarts = null;
        int count = 1;
        long data = cursor.Position;
        if (type == GgufValueType.Array)
        {
            (elementType, count) = ReadArrayHead(ref cursor);
            data = cursor.Position;
            textStarts = SkipElements(ref cursor, elementType.Value, count, mayNest: true);
        }
        else if (type == GgufValueType.String)
        {
            data += 8;
            cursor.Text();
        }
        else
        {
            SkipElements(ref cursor, type, 1, mayNest: false);
        }

        values.Add(key, new GgufValue(source, key, type, elementType, count, data, cursor.Position, textStarts));
    }

    private static (GgufValueType ElementType, int Count) ReadArrayHead(ref GgufCursor cursor)
    {
        GgufValueType elementType = cursor.ValueType();
        long at = cursor.Position;
        long count = cursor.Count(elementType.MinimumBytes(), "elements");
        if (count > MaximumElements) cursor.Fail(at, $"{count} elements are more than the {MaximumElements} allowed in an array.");
        return (elementType, (int)count);
    }

    /// <summary>Checks and passes over the elements of an array; gives the places of texts, so that they can be found later.</summary>
    private static uint[]? SkipElements(ref GgufCursor cursor, GgufValueType type, int count, bool mayNest)
    {
        switch (type)
        {
            case GgufValueType.String:
                long start = cursor.Position;
                var starts = new uint[count + 1];
                for (int i = 0; i < count; i++)
                {
                    cursor.Text();
                    long next = cursor.Position - start;
                    if (next > uint.MaxValue) cursor.Fail(start, "an array of texts may not be larger than 4 GiB.");
                    starts[i + 1] = (uint)next;
                }

                return starts;
            case GgufValueType.Array:
                if (!mayNest) cursor.Fail(cursor.Position, "arrays are nested more than once.");
                for (int i = 0; i < count; i++)
                {
                    (GgufValueType inner, int innerCount) = ReadArrayHead(ref cursor);
                    SkipElements(ref cursor, inner, innerCount, mayNest: false);
                }

                return null;
            case GgufValueType.Boolean:
                long at = cursor.Position;
                int bad = cursor.Bytes(count).IndexOfAnyExceptInRange((byte)0, (byte)1);
                if (bad >= 0) cursor.Fail(at + bad, "a boolean is neither 0 nor 1.");
                return null;
            default:
                cursor.Skip((long)count * type.FixedBytes());
                return null;
        }
    }

    private static int ReadAlignment(GgufMetadata metadata)
    {
        if (!metadata.TryGetValue("general.alignment", out GgufValue? value)) return DefaultAlignment;
        if (value.Type != GgufValueType.UInt32) throw value.Error($"the alignment must be of type UInt32, but is {value.Type}.");
        long alignment = value.AsInteger();
        if (alignment > 1 << 30 || !long.IsPow2(alignment)) throw value.Error($"the alignment is {alignment}, but must be a power of two up to 2^30.");
        return (int)alignment;
    }

    private static GgufTensorInfo ReadTensor(GgufSource source, ref GgufCursor cursor)
    {
        cursor.Field = "tensor name";
        long at = cursor.Position;
        string name = cursor.Name(MaximumTensorNameBytes);
        cursor.Field = name;

        uint dimensionCount = cursor.UInt32();
        if (dimensionCount > MaximumDimensions)
            cursor.Fail(cursor.Position - 4, $"the tensor has {dimensionCount} dimensions; at most {MaximumDimensions} are allowed.");
        long dimensionsAt = cursor.Position;
        // A tensor without dimensions is a single value, which one dimension of 1 says as well.
        var dimensions = new long[Math.Max(dimensionCount, 1)];
        dimensions[0] = 1;
        for (int d = 0; d < dimensionCount; d++)
        {
            // Beyond 63 bits it turns negative, and is refused as such.
            dimensions[d] = (long)cursor.UInt64();
        }

        long typeAt = cursor.Position;
        uint number = cursor.UInt32();
        TensorType type = GgufTensorRules.CheckType(source, name, number, typeAt);
        if (GgufTensorRules.Measure(type, dimensions, out long bytes) is { } problem) cursor.Fail(dimensionsAt, problem);

        ulong offset = cursor.UInt64();
        if (offset > long.MaxValue) cursor.Fail(cursor.Position - 8, $"the offset of the data, {offset}, is past the end of the file.");
        return new GgufTensorInfo(name, type, dimensions, at, (long)offset, bytes);
    }
}
