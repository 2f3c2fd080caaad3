using Cria.Gguf;
using Cria.Runtime;

namespace Cria;

public sealed partial class LlamaModel
{
    /// <summary>The memory that this model takes with one full context.</summary>
    public MemoryEstimate Memory => _engine.Memory;

    /// <summary>Tells whether a graphics processor computes; this version uses none.</summary>
    public bool IsGpuEnabled => false;

    /// <summary>Why no graphics processor computes though <see cref="ModelOptions.GpuLayers"/> asked for one; null if nothing was asked.</summary>
    public string? GpuDisabledReason => _engine.GpuDisabledReason;

    /// <summary>Tells, without loading it, how much memory the model in the GGUF file at <paramref name="path"/> takes with these options.</summary>
    /// <remarks>Reads only the header, also of a file that does not fit this machine; compare with <see cref="MachineMemory.Read"/>.</remarks>
    /// <exception cref="ModelLoadException">The file is missing, damaged or of an unknown kind.</exception>
    /// <exception cref="InvalidOptionException">An option is outside its range.</exception>
    public static Task<MemoryEstimate> EstimateMemoryAsync(
        string path, ModelOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new ModelOptions();
        OptionRules.Check(options);
        return Task.Run(() =>
        {
            using GgufFile file = GgufFile.Open(path);
            var plan = new MemoryPlan(file, options);
            return plan.Estimate(plan.AskedContext);
        }, cancellationToken);
    }
}
