using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Cria.Testing;

/// <summary>How much of the processor a child process may use.</summary>
public enum InstructionSet
{
    /// <summary>All that the processor has.</summary>
    Native,
    /// <summary>AVX-512 as the first processors had it: no AVX-VNNI, no VBMI.</summary>
    Avx512WithoutVnni,
    /// <summary>AVX2 and AVX-VNNI, but not AVX-512.</summary>
    Avx2WithVnni,
    /// <summary>AVX2, but neither AVX-512 nor AVX-VNNI.</summary>
    Avx2,
    /// <summary>SSE 4.2: vectors of 128 bits.</summary>
    Sse42,
    /// <summary>ARM vectors of 128 bits without the dot product.</summary>
    NeonWithoutDotProduct,
    /// <summary>No vectors.</summary>
    Scalar,
}

/// <summary>
/// Runs a test class again in child processes with instruction sets switched off, so that every path of a kernel is tested
/// on one machine. To add a class (one without fixtures), add a theory beside those in InstructionSetTests:
/// <code>
/// [SkippableTheory, MemberData(nameof(InstructionSets.Levels), MemberType = typeof(InstructionSets))]
/// public void Dot_products(InstructionSet level) => InstructionSets.Run&lt;DotTests&gt;(level);
/// </code>
/// </summary>
public static class InstructionSets
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>The levels that make sense on this kind of processor.</summary>
    public static TheoryData<InstructionSet> Levels => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => [InstructionSet.Native, InstructionSet.Avx512WithoutVnni, InstructionSet.Avx2WithVnni,
            InstructionSet.Avx2, InstructionSet.Sse42, InstructionSet.Scalar],
        Architecture.Arm64 => [InstructionSet.Native, InstructionSet.NeonWithoutDotProduct, InstructionSet.Scalar],
        _ => [InstructionSet.Native, InstructionSet.Scalar],
    };

    /// <summary>Runs all facts and theories of a class at a level; a failure there fails the caller with the child's output.</summary>
    public static void Run<TTests>(InstructionSet level)
    {
        Require.That(Has(level), $"This processor lacks what {level} means.");
        using Process child = Start<TTests>(level);
        Task<string> output = child.StandardOutput.ReadToEndAsync(), errors = child.StandardError.ReadToEndAsync();
        if (!child.WaitForExit(Patience))
        {
            child.Kill(entireProcessTree: true);
            Assert.Fail($"{typeof(TTests).Name} at {level} did not end within {Patience.TotalMinutes} minutes.");
        }

        string said = (output.Result + errors.Result).Trim();
        Require.That(child.ExitCode != InstructionSetChild.Skipped, said);
        Assert.True(child.ExitCode == 0, $"{typeof(TTests).Name} at {level} ended with {child.ExitCode}:\n{said}");
    }

    /// <summary>Starts a child process that runs all facts and theories of a class at a level; the caller reads its output and ends it.</summary>
    public static Process Start<TTests>(InstructionSet level = InstructionSet.Native, params IEnumerable<(string Name, string Value)> environment)
    {
        string assembly = typeof(TTests).Assembly.Location;
        var start = new ProcessStartInfo(DotnetHost(), [assembly, InstructionSetChild.Command, typeof(TTests).FullName!, level.ToString()])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string name in SwitchedOff(level)) start.Environment["DOTNET_" + name] = "0";
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>Whether this process runs at a level: what it means is there, and what it excludes is not.</summary>
    public static bool IsActive(InstructionSet level) => level switch
    {
        InstructionSet.Native => true,
        InstructionSet.Avx512WithoutVnni => Avx512BW.IsSupported && Vector512.IsHardwareAccelerated && !AvxVnni.IsSupported && !Avx512Vbmi.IsSupported,
        InstructionSet.Avx2WithVnni => Avx2.IsSupported && AvxVnni.IsSupported && !Avx512F.IsSupported && !Vector512.IsHardwareAccelerated,
        InstructionSet.Avx2 => Avx2.IsSupported && !AvxVnni.IsSupported && !Avx512F.IsSupported && !Vector512.IsHardwareAccelerated,
        InstructionSet.Sse42 => Sse42.IsSupported && !Avx.IsSupported && !Vector256.IsHardwareAccelerated,
        InstructionSet.NeonWithoutDotProduct => AdvSimd.IsSupported && !Dp.IsSupported,
        _ => !Vector128.IsHardwareAccelerated,
    };

    private static bool Has(InstructionSet level) => level switch
    {
        InstructionSet.Avx512WithoutVnni => Avx512BW.IsSupported && Vector512.IsHardwareAccelerated,
        InstructionSet.Avx2WithVnni => AvxVnni.IsSupported,
        InstructionSet.Avx2 => Avx2.IsSupported,
        InstructionSet.Sse42 => Sse42.IsSupported,
        _ => true,
    };

    // The runtime's switches (clrconfignames.h); AVX512 covers F, BW, CD, DQ and VL and all that builds on them.
    private static string[] SwitchedOff(InstructionSet level) => level switch
    {
        InstructionSet.Avx512WithoutVnni => ["EnableAVXVNNI", "EnableAVX512v2"],
        InstructionSet.Avx2WithVnni => ["EnableAVX512"],
        InstructionSet.Avx2 => ["EnableAVX512", "EnableAVXVNNI"],
        InstructionSet.Sse42 => ["EnableAVX"],
        InstructionSet.NeonWithoutDotProduct => ["EnableArm64Dp"],
        InstructionSet.Scalar => ["EnableHWIntrinsic"],
        _ => [],
    };

    private static string DotnetHost() =>
        Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path
        : Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
}
