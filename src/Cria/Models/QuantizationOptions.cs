using Cria.Gguf;

namespace Cria.Models;

/// <summary>How <see cref="ModelQuantizer"/> goes about its work.</summary>
public sealed record QuantizationOptions
{
    /// <summary>The number of threads that encode; 0 uses every processor.</summary>
    public int Threads { get; init; }

    /// <summary>
    /// Allows matrices that are quantized already to be quantized once more, which loses more than starting from the
    /// original.
    /// </summary>
    public bool AllowRequantize { get; init; }

    /// <summary>Leaves the output matrix as it is.</summary>
    public bool KeepOutputTensor { get; init; }

    /// <summary>Uses the mix's main type for every matrix.</summary>
    public bool Pure { get; init; }

    /// <summary>Replaces a file that is already at the output's path.</summary>
    public bool Overwrite { get; init; }
}

/// <summary>How far a quantization has come.</summary>
/// <param name="Tensor">The name of the tensor being written.</param>
/// <param name="BytesDone">How many of the input's tensor bytes are done.</param>
/// <param name="BytesTotal">All of the input's tensor bytes.</param>
public readonly record struct QuantizationProgress(string Tensor, long BytesDone, long BytesTotal);

/// <summary>What became of one tensor.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="From">Its type in the input.</param>
/// <param name="To">Its type in the output; the same where it was copied.</param>
public readonly record struct QuantizedTensor(string Name, TensorType From, TensorType To);

/// <summary>The result of a quantization.</summary>
/// <param name="Tensors">Every tensor in the file's order.</param>
/// <param name="BytesBefore">The input's tensor bytes.</param>
/// <param name="BytesAfter">The output's tensor bytes.</param>
public sealed record QuantizationReport(IReadOnlyList<QuantizedTensor> Tensors, long BytesBefore, long BytesAfter);

/// <summary>A tensor cannot be quantized as asked.</summary>
public sealed class QuantizationException : CriaException
{
    /// <summary>Creates the exception; the message is made from the tensor and the problem.</summary>
    public QuantizationException(string tensor, string problem) : base($"Tensor {tensor} {problem}") => Tensor = tensor;

    /// <summary>The name of the tensor.</summary>
    public string Tensor { get; }
}
