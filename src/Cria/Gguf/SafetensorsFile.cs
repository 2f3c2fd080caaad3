using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Cria.Gguf;

/// <summary>One tensor of a safetensors file: its shape, slowest-running dimension first, and the place of its data in the file.</summary>
internal sealed record SafetensorsTensor(string Name, string Type, long[] Shape, long Offset, long ByteLength)
{
    public long ElementCount => Shape.Aggregate(1L, (product, dimension) => product * dimension);
}

/// <summary>The header of a safetensors file, every part of it checked, and the data of single tensors when asked for.</summary>
internal sealed class SafetensorsFile
{
    private const int MaximumHeaderBytes = 16 << 20;
    private const int MaximumDimensions = 8;

    private readonly Dictionary<string, SafetensorsTensor> _tensors = new(StringComparer.Ordinal);

    private SafetensorsFile(string path) => Path = path;

    public string Path { get; }

    public IReadOnlyDictionary<string, SafetensorsTensor> Tensors => _tensors;

    /// <summary>Reads and checks the header.</summary>
    public static SafetensorsFile Open(string path)
    {
        var file = new SafetensorsFile(path);
        try
        {
            using FileStream stream = OpenRead(path);
            file.ReadHeader(stream);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new ModelLoadException(path, $"{path} cannot be read: {cause.Message}", cause);
        }
        catch (Exception cause) when (cause is JsonException or InvalidOperationException)
        {
            // The second kind comes from texts with halves of surrogate pairs.
            throw file.Error("header", $"it is no valid JSON: {cause.Message}", cause);
        }

        return file;
    }

    /// <summary>The values of a tensor of floats.</summary>
    public float[] ReadFloats(SafetensorsTensor tensor)
    {
        if (tensor.Type is not ("F32" or "F16" or "BF16"))
            throw new UnsupportedModelException(Path, tensor.Type, $"{FileName}: {tensor.Name} is of type {tensor.Type}, but F32, F16 or BF16 is needed.");
        if (tensor.ElementCount > Array.MaxLength / sizeof(float)) throw Error(tensor.Name, "it is too large.");
        byte[] bytes = new byte[tensor.ByteLength];
        try
        {
            using FileStream stream = OpenRead(Path);
            stream.Position = tensor.Offset;
            stream.ReadExactly(bytes);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new ModelLoadException(Path, $"{Path} cannot be read: {cause.Message}", cause);
        }

        float[] values = new float[tensor.ElementCount];
        switch (tensor.Type)
        {
            case "F32": MemoryMarshal.Cast<byte, float>(bytes).CopyTo(values); break;
            case "F16": for (int i = 0; i < values.Length; i++) values[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(bytes.AsSpan(2 * i)); break;
            default: for (int i = 0; i < values.Length; i++) values[i] = BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(2 * i)) << 16); break;
        }

        return values;
    }

    private string FileName => System.IO.Path.GetFileName(Path);

    private static FileStream OpenRead(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);

    private void ReadHeader(FileStream stream)
    {
        Span<byte> prefix = stackalloc byte[8];
        if (stream.Length < prefix.Length) throw Error("header", "the file is shorter than a header.");
        stream.ReadExactly(prefix);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        long left = stream.Length - prefix.Length;
        if (length > (ulong)left || length > MaximumHeaderBytes)
            throw Error("header", $"it claims {length} bytes; the file has {left}, and at most {MaximumHeaderBytes} are allowed.");

        byte[] header = new byte[length];
        stream.ReadExactly(header);
        using JsonDocument document = JsonDocument.Parse(header, new JsonDocumentOptions { MaxDepth = 8 });
        if (document.RootElement.ValueKind != JsonValueKind.Object) throw Error("header", "it is no JSON object.");
        long dataStart = prefix.Length + (long)length;
        foreach (JsonProperty property in document.RootElement.EnumerateObject())
        {
            if (property.Name == "__metadata__") continue;
            if (!_tensors.TryAdd(property.Name, ReadTensor(property, dataStart, stream.Length - dataStart))) throw Error(property.Name, "it is listed twice.");
        }

        SafetensorsTensor[] ordered = [.. _tensors.Values.OrderBy(tensor => tensor.Offset)];
        for (int i = 1; i < ordered.Length; i++)
        {
            if (ordered[i - 1].Offset + ordered[i - 1].ByteLength > ordered[i].Offset)
                throw Error(ordered[i].Name, $"its data overlaps that of {ordered[i - 1].Name}.");
        }
    }

    private SafetensorsTensor ReadTensor(JsonProperty property, long dataStart, long dataLength)
    {
        string name = property.Name;
        if (property.Value.ValueKind != JsonValueKind.Object) throw Error(name, "its entry is no JSON object.");
        if (!property.Value.TryGetProperty("dtype", out JsonElement type) || type.ValueKind != JsonValueKind.String) throw Error(name, "its dtype is missing.");
        long[] shape = Integers(property, "shape"), offsets = Integers(property, "data_offsets");
        if (shape.Length > MaximumDimensions) throw Error(name, $"it has {shape.Length} dimensions; at most {MaximumDimensions} are allowed.");
        if (offsets.Length != 2 || offsets[0] > offsets[1] || offsets[1] > dataLength)
            throw Error(name, $"its data_offsets, {string.Join(" to ", offsets)}, do not lie in the file's {dataLength} bytes of data.");

        Int128 bytes = ElementBytes(name, type.GetString()!);
        foreach (long dimension in shape)
        {
            bytes *= dimension;
            if (bytes > long.MaxValue) throw Error(name, "its size is beyond 63 bits.");
        }

        if (bytes != offsets[1] - offsets[0]) throw Error(name, $"its data has {offsets[1] - offsets[0]} bytes, but its shape needs {bytes}.");
        return new SafetensorsTensor(name, type.GetString()!, shape, dataStart + offsets[0], (long)bytes);
    }

    private long[] Integers(JsonProperty tensor, string key)
    {
        if (!tensor.Value.TryGetProperty(key, out JsonElement array) || array.ValueKind != JsonValueKind.Array) throw Error(tensor.Name, $"its {key} is missing.");
        var numbers = new long[array.GetArrayLength()];
        int count = 0;
        foreach (JsonElement element in array.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt64(out long number) || number < 0)
                throw Error(tensor.Name, $"its {key} has {element.GetRawText()} where a size is needed.");
            numbers[count++] = number;
        }

        return numbers;
    }

    private int ElementBytes(string name, string type) => type switch
    {
        "F64" or "I64" or "U64" => 8,
        "F32" or "I32" or "U32" => 4,
        "F16" or "BF16" or "I16" or "U16" => 2,
        "I8" or "U8" or "BOOL" or "F8_E4M3" or "F8_E5M2" => 1,
        _ => throw Error(name, $"its dtype, {type}, is not known."),
    };

    private ModelLoadException Error(string field, string problem, Exception? cause = null) =>
        new(Path, $"{FileName}: {field}: {problem} The file is damaged or incomplete; copy or write it again.", cause);
}
