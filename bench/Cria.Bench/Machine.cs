using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Cria.Runtime;

namespace Cria.Bench;

/// <summary>What a measurement was made on.</summary>
internal static class Machine
{
    /// <summary>Name and value, line by line.</summary>
    public static IReadOnlyList<(string Name, string Value)> Describe() =>
    [
        ("processor", $"{Processor()}; {ProcessorCores.Count()} cores, {Environment.ProcessorCount} threads for this process"),
        ("instruction sets", string.Join(", ", InstructionSets())),
        ("memory", $"{MachineMemory.Read().TotalBytes / 1e9:F1} GB"),
        ("system", $"{RuntimeInformation.OSDescription.Trim()}, {RuntimeInformation.ProcessArchitecture}"),
        (".NET", RuntimeInformation.FrameworkDescription),
    ];

    private static string Processor()
    {
        if (!File.Exists("/proc/cpuinfo")) return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? "unknown";
        ILookup<string, string> fields = File.ReadLines("/proc/cpuinfo").Select(line => line.Split(':', 2))
            .Where(parts => parts.Length == 2).ToLookup(parts => parts[0].Trim(), parts => parts[1].Trim());
        string Field(string name) => fields[name].FirstOrDefault() ?? "unknown";
        // Virtual machines often hide the name, but not the family.
        return $"{Field("model name")} (family {Field("cpu family")}, model {Field("model")})";
    }

    private static IEnumerable<string> InstructionSets()
    {
        if (Avx2.IsSupported) yield return "AVX2";
        if (Fma.IsSupported) yield return "FMA";
        if (AvxVnni.IsSupported) yield return "AVX-VNNI";
        if (Avx512BW.IsSupported) yield return "AVX-512";
        if (AdvSimd.IsSupported) yield return "NEON";
        if (Dp.IsSupported) yield return "dot product";
    }
}
