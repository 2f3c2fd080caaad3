using System.Security.Cryptography;

namespace Cria.Gguf;

/// <summary>Tells models apart by their content, without reading all of a large file.</summary>
internal static unsafe class GgufFingerprint
{
    private const int SampleBytes = 4096;
    private const long FinestStep = 1 << 20;
    private const int MostSamples = 4096;

    /// <summary>
    /// The SHA-256 of the headers, the lengths, the first bytes of every tensor and samples of the rest. Training or merging changes
    /// nearly every byte of a tensor, so that models that differ on purpose differ here.
    /// </summary>
    public static byte[] Of(GgufFile file)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long data = file.Tensors.Sum(tensor => tensor.ByteLength);
        long step = Math.Max(FinestStep, data / MostSamples);
        foreach (GgufSource source in file.Sources)
        {
            hash.AppendData(BitConverter.GetBytes(source.FileLength));
            Append(hash, source.Start, HeaderLength(file, source));
        }

        foreach (GgufTensor tensor in file.Tensors)
            for (long at = 0; at < tensor.ByteLength; at += step) hash.AppendData(tensor.Bytes(at, (int)Math.Min(SampleBytes, tensor.ByteLength - at)));
        return hash.GetHashAndReset();
    }

    private static long HeaderLength(GgufFile file, GgufSource source)
    {
        long length = source.Length;
        foreach (GgufTensor tensor in file.Tensors)
            if (tensor.Address >= source.Start && tensor.Address < source.Start + source.Length) length = Math.Min(length, tensor.Address - source.Start);
        return length;
    }

    private static void Append(IncrementalHash hash, byte* start, long length)
    {
        for (long at = 0; at < length; at += 1 << 30) hash.AppendData(new ReadOnlySpan<byte>(start + at, (int)Math.Min(1 << 30, length - at)));
    }
}
