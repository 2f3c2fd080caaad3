using System.Buffers;
using System.Runtime.ExceptionServices;
using Cria.Gguf;
using Cria.Tensors.Formats;

namespace Cria.Models;

/// <summary>Writes a model file anew with smaller weights.</summary>
public static class ModelQuantizer
{
    /// <summary>
    /// Quantizes the model at <paramref name="input"/> (of a split model, the first file) into one file at <paramref name="output"/>,
    /// which appears only when it is complete. Memory use does not depend on the size of the model.
    /// </summary>
    /// <exception cref="InvalidOptionException">The output is the input, or exists; or an option is out of range.</exception>
    /// <exception cref="ModelLoadException">The input cannot be read, or the output not be written.</exception>
    /// <exception cref="QuantizationException">A tensor has values that are no numbers or too large, or is quantized already.</exception>
    public static Task<QuantizationReport> QuantizeAsync(
        string input,
        string output,
        QuantizationMix mix,
        QuantizationOptions? options = null,
        IProgress<QuantizationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(input);
        ArgumentException.ThrowIfNullOrEmpty(output);
        options ??= new QuantizationOptions();
        return Task.Run(() => Quantize(input, output, mix, options, progress, cancellationToken), cancellationToken);
    }

    private static QuantizationReport Quantize(
        string input, string output, QuantizationMix mix, QuantizationOptions options, IProgress<QuantizationProgress>? progress,
        CancellationToken cancellationToken)
    {
        if (options.Threads < 0) throw new InvalidOptionException(nameof(options.Threads), options.Threads, "0 (all processors) or more");
        using GgufFile file = GgufFile.Open(input);
        CheckOutput(file, output, options.Overwrite);

        var plan = new QuantizationPlan(file, mix, options);
        QuantizedTensor[] tensors = [.. file.Tensors.Select(tensor => new QuantizedTensor(tensor.Name, tensor.Type, plan.TypeFor(tensor)))];
        foreach (QuantizedTensor tensor in tensors)
        {
            if (tensor.From != tensor.To && tensor.From.BlockLength() > 1 && !options.AllowRequantize)
            {
                throw new QuantizationException(
                    tensor.Name,
                    $"is {tensor.From} already, and quantizing it again to {tensor.To} loses quality. "
                    + "Start from an F32, F16 or BF16 model, or set AllowRequantize.");
            }
        }

        var work = new Work(file, options.Threads, progress, cancellationToken);
        var writer = new GgufWriter();
        writer.CopyMetadata(file.Metadata);
        writer.Set("general.quantization_version", 2u);
        writer.Set("general.file_type", (uint)mix);
        long bytesAfter = 0;
        for (int i = 0; i < tensors.Length; i++)
        {
            GgufTensor tensor = file.Tensors[i];
            TensorType type = tensors[i].To;
            bytesAfter += type.BytesFor(tensor.ElementCount);
            writer.AddTensor(tensor.Name, type, tensor.Dimensions, stream => work.Write(tensor, type, stream));
        }

        writer.Write(output, cancellationToken);
        return new QuantizationReport(tensors, work.BytesTotal, bytesAfter);
    }

    private static void CheckOutput(GgufFile file, string output, bool overwrite)
    {
        StringComparison comparison = OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
        string target = RealPath(output);
        if (file.Paths.Any(path => string.Equals(RealPath(path), target, comparison)))
            throw new InvalidOptionException("output", output, "another file than the input");
        if (Directory.Exists(output)) throw new InvalidOptionException("output", output, "the path of a file, not of a folder");
        if (!overwrite && File.Exists(output))
            throw new InvalidOptionException("output", output, "the path of a new file, unless Overwrite is set");
    }

    private static string RealPath(string path) =>
        (File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName : null) ?? Path.GetFullPath(path);

    /// <summary>Encodes one tensor after the other, each in slabs of pieces that the threads share.</summary>
    private sealed class Work(GgufFile file, int threads, IProgress<QuantizationProgress>? progress, CancellationToken cancellationToken)
    {
        /// <summary>A piece is small enough for the cache and large enough to be worth handing to a thread.</summary>
        private const int PieceValues = 1 << 16;
        private const int PiecesPerThread = 4;

        /// <summary>No real matrix has rows that long; a slab of them would not fit an array.</summary>
        private const int LongestRow = 1 << 22;
        private const int LargestSlab = 1 << 25;

        private readonly int _threads = Math.Min(threads > 0 ? threads : Environment.ProcessorCount, 64);
        private long _bytesDone;

        public long BytesTotal { get; } = file.Tensors.Sum(tensor => tensor.ByteLength);

        public void Write(GgufTensor tensor, TensorType type, Stream stream)
        {
            if (type == tensor.Type) Copy(tensor, stream);
            else Encode(tensor, type, stream);
        }

        private void Copy(GgufTensor tensor, Stream stream)
        {
            const int Chunk = 1 << 22;
            for (long at = 0; at < tensor.ByteLength; at += Chunk)
            {
                int length = (int)Math.Min(Chunk, tensor.ByteLength - at);
                stream.Write(tensor.Bytes(at, length));
                Advance(tensor, length);
            }
        }

        private void Encode(GgufTensor tensor, TensorType type, Stream stream)
        {
            if (tensor.Dimensions[0] > LongestRow)
            {
                throw new QuantizationException(
                    tensor.Name, $"has rows of {tensor.Dimensions[0]} values; at most {LongestRow} can be quantized.");
            }

            int columns = (int)tensor.Dimensions[0];
            long rows = tensor.ElementCount / columns;
            int rowsPerPiece = Math.Max(1, PieceValues / columns);
            int slabRows = (int)Math.Min(rows, Math.Min(rowsPerPiece * _threads * PiecesPerThread, LargestSlab / columns));
            int rowBytes = (int)type.BytesFor(columns);
            byte[] slab = new byte[slabRows * rowBytes];
            for (long first = 0; first < rows; first += slabRows)
            {
                int count = (int)Math.Min(slabRows, rows - first);
                EncodeRows(tensor, type, first, slab.AsMemory(0, count * rowBytes), rowsPerPiece);
                stream.Write(slab.AsSpan(0, count * rowBytes));
                Advance(tensor, tensor.Type.BytesFor((long)count * columns));
            }
        }

        private void EncodeRows(GgufTensor tensor, TensorType type, long first, Memory<byte> target, int rowsPerPiece)
        {
            int columns = (int)tensor.Dimensions[0];
            int rowBytes = (int)type.BytesFor(columns), rows = target.Length / rowBytes;
            try
            {
                Parallel.For(
                    0,
                    (rows + rowsPerPiece - 1) / rowsPerPiece,
                    new ParallelOptions { MaxDegreeOfParallelism = _threads, CancellationToken = cancellationToken },
                    () => ArrayPool<float>.Shared.Rent(rowsPerPiece * columns),
                    (piece, _, buffer) =>
                    {
                        int row = piece * rowsPerPiece, count = Math.Min(rowsPerPiece, rows - row);
                        Span<byte> blocks = target.Span.Slice(row * rowBytes, count * rowBytes);
                        EncodePiece(tensor, type, first + row, buffer.AsSpan(0, count * columns), blocks);
                        return buffer;
                    },
                    buffer => ArrayPool<float>.Shared.Return(buffer));
            }
            catch (AggregateException failures)
            {
                ExceptionDispatchInfo.Throw(failures.InnerExceptions[0]);
            }
        }

        private static void EncodePiece(GgufTensor tensor, TensorType type, long row, Span<float> values, Span<byte> target)
        {
            int columns = (int)tensor.Dimensions[0];
            long offset = tensor.Type.BytesFor(row * columns);
            BlockFormat.Decode(tensor.Type, tensor.Bytes(offset, (int)tensor.Type.BytesFor(values.Length)), values);
            int bad = BlockFormat.IndexOfUnencodable(type, values);
            if (bad >= 0)
            {
                throw new QuantizationException(tensor.Name, FormattableString.Invariant(
                    $"has the value {values[bad]} in row {row + bad / columns}, column {bad % columns}, which {type} cannot hold. ")
                    + (float.IsFinite(values[bad]) ? "Quantize to BF16." : "The model is damaged; get it anew."));
            }

            BlockFormat.Encode(type, values, target);
        }

        private void Advance(GgufTensor tensor, long bytes)
        {
            _bytesDone += bytes;
            progress?.Report(new QuantizationProgress(tensor.Name, _bytesDone, BytesTotal));
        }
    }
}
