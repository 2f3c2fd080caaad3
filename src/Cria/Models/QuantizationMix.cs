using Cria.Gguf;

namespace Cria.Models;

/// <summary>
/// What a model is quantized to: one block format for most matrices and better ones for those that matter more. The numbers are those of
/// <c>general.file_type</c>, the choices those of llama.cpp.
/// </summary>
public enum QuantizationMix
{
    /// <summary>16-bit IEEE floats; half the size of 32-bit floats.</summary>
    F16 = 1,
    /// <summary>4-bit blocks of 32; the simplest 4-bit format.</summary>
    Q4_0 = 2,
    /// <summary>8-bit blocks of 32; hardly to be told from the original.</summary>
    Q8_0 = 7,
    /// <summary>5-bit blocks of 32.</summary>
    Q5_0 = 8,
    /// <summary>4-bit super-blocks, with more bits for a few matrices.</summary>
    Q4_K_S = 14,
    /// <summary>4-bit super-blocks, with 6 bits for half of the value and down projections; the usual choice.</summary>
    Q4_K_M = 15,
    /// <summary>5-bit super-blocks.</summary>
    Q5_K_S = 16,
    /// <summary>5-bit super-blocks, with 6 bits for half of the value and down projections.</summary>
    Q5_K_M = 17,
    /// <summary>6-bit super-blocks; close to the original.</summary>
    Q6_K = 18,
    /// <summary>16-bit brain floats; the range of 32-bit floats with fewer digits.</summary>
    BF16 = 32,
}

/// <summary>The names and block formats of the mixes.</summary>
public static class QuantizationMixes
{
    /// <summary>Finds a mix by its name, however it is cased; <c>Q4_K</c> and <c>Q5_K</c> are the M mixes, as in llama.cpp.</summary>
    /// <exception cref="InvalidOptionException">There is no such mix; the message lists those that there are.</exception>
    public static QuantizationMix Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string full = name.ToUpperInvariant() switch { "Q4_K" => "Q4_K_M", "Q5_K" => "Q5_K_M", string other => other };
        foreach (QuantizationMix mix in Enum.GetValues<QuantizationMix>())
        {
            if (mix.ToString() == full) return mix;
        }

        throw new InvalidOptionException("type", name, $"one of {string.Join(", ", Enum.GetNames<QuantizationMix>())}, Q4_K or Q5_K");
    }

    /// <summary>The block format of most matrices.</summary>
    public static TensorType MainType(this QuantizationMix mix) => mix switch
    {
        QuantizationMix.F16 => TensorType.F16,
        QuantizationMix.BF16 => TensorType.BF16,
        QuantizationMix.Q4_0 => TensorType.Q4_0,
        QuantizationMix.Q5_0 => TensorType.Q5_0,
        QuantizationMix.Q8_0 => TensorType.Q8_0,
        QuantizationMix.Q4_K_S or QuantizationMix.Q4_K_M => TensorType.Q4_K,
        QuantizationMix.Q5_K_S or QuantizationMix.Q5_K_M => TensorType.Q5_K,
        QuantizationMix.Q6_K => TensorType.Q6_K,
        _ => throw new InvalidOptionException("type", mix, $"one of {string.Join(", ", Enum.GetNames<QuantizationMix>())}"),
    };
}
