namespace Cria.Gguf;

/// <summary>What the tensors of a header must obey: known types, whole blocks, and data that lies in the file without overlap.</summary>
internal static class GgufTensorRules
{
    /// <summary>Gives the type of that number, or says which type it is that cannot be read.</summary>
    public static TensorType CheckType(GgufSource source, string tensor, uint number, long at)
    {
        var type = (TensorType)number;
        if (number <= int.MaxValue && type.IsKnown()) return type;
        if (OtherTypeName(number) is not { } name)
            throw source.Error(tensor, at, $"unknown tensor type {number}.");

        string file = System.IO.Path.GetFileName(source.Path);
        throw new UnsupportedModelException(source.Path, name,
            $"{file}: tensor {tensor} at byte {at} is of type {name}, which Cria does not compute with. " +
            "Get the model in another quantisation, such as Q4_K_M or Q8_0, or quantise it again from the original.");
    }

    /// <summary>Computes the bytes of a tensor's data; gives what is wrong if its dimensions make no sense, else null.</summary>
    public static string? Measure(TensorType type, ReadOnlySpan<long> dimensions, out long byteLength)
    {
        byteLength = 0;
        Int128 values = 1;
        foreach (long dimension in dimensions)
        {
            if (dimension < 1) return $"a dimension is {dimension}; it must be at least 1.";
            // Four factors below 2^63 could overflow even 128 bits, so the product is checked as it grows.
            values *= dimension;
            if (values > long.MaxValue) return "the product of the dimensions is beyond 63 bits.";
        }

        if (dimensions[0] % type.BlockLength() != 0)
            return $"rows of {dimensions[0]} values are not made of whole {type} blocks of {type.BlockLength()} values.";
        Int128 bytes = values / type.BlockLength() * type.BlockBytes();
        if (bytes > long.MaxValue) return "the size of the data is beyond 63 bits.";
        byteLength = (long)bytes;
        return null;
    }

    /// <summary>Turns offsets into places in the file, each aligned, inside the file, and apart from all others.</summary>
    public static void Place(GgufSource source, List<GgufTensorInfo> tensors, long dataStart, int alignment)
    {
        for (int i = 0; i < tensors.Count; i++)
        {
            GgufTensorInfo tensor = tensors[i];
            if (tensor.Data % alignment != 0)
                throw source.Error(tensor.Name, tensor.At, $"the offset of the data, {tensor.Data}, is no multiple of the alignment {alignment}.");
            long room = source.FileLength - dataStart;
            if (tensor.ByteLength > room || tensor.Data > room - tensor.ByteLength)
            {
                throw source.Error(tensor.Name, tensor.At,
                    $"the data ({tensor.ByteLength} bytes at {tensor.Data} of the data section) ends past the end of the file, " +
                    $"which has {Math.Max(room, 0)} bytes of data.");
            }

            tensors[i] = tensor with { Data = dataStart + tensor.Data };
        }

        GgufTensorInfo[] ordered = [.. tensors];
        Array.Sort(ordered, (a, b) => a.Data.CompareTo(b.Data));
        for (int i = 1; i < ordered.Length; i++)
        {
            if (ordered[i - 1].Data + ordered[i - 1].ByteLength > ordered[i].Data)
                throw source.Error(ordered[i].Name, ordered[i].At, $"the data overlaps that of {ordered[i - 1].Name}.");
        }
    }

    private static string? OtherTypeName(uint number) => number switch
    {
        4 => "Q4_2",
        5 => "Q4_3",
        9 => "Q8_1",
        15 => "Q8_K",
        16 => "IQ2_XXS",
        17 => "IQ2_XS",
        18 => "IQ3_XXS",
        19 => "IQ1_S",
        21 => "IQ3_S",
        22 => "IQ2_S",
        29 => "IQ1_M",
        31 => "Q4_0_4_4",
        32 => "Q4_0_4_8",
        33 => "Q4_0_8_8",
        34 => "TQ1_0",
        35 => "TQ2_0",
        36 => "IQ4_NL_4_4",
        37 => "IQ4_NL_4_8",
        38 => "IQ4_NL_8_8",
        40 => "NVFP4",
        41 => "Q1_0",
        42 => "Q2_0",
        _ => null,
    };
}
