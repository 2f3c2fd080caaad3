namespace Cria.Bench;

/// <summary>What a row compares.</summary>
internal enum Subject
{
    /// <summary>Tokens per second of a workload.</summary>
    Speed,

    /// <summary>Seconds from asking for a model, its file in the page cache, to the first token.</summary>
    FirstToken,

    /// <summary>The most memory that the process held.</summary>
    PeakMemory,
}

/// <summary>One line of the comparison.</summary>
internal sealed record Row(string Id, string Title, string Model, double Goal)
{
    public Subject Subject { get; init; } = Subject.Speed;

    public Workload Workload { get; init; } = new(0, 0);

    /// <summary>The same in miniature, for quick runs.</summary>
    public Workload QuickWorkload { get; init; } = new(0, 0);

    /// <summary>Both engines without anything beyond AVX2.</summary>
    public bool OnlyAvx2 { get; init; }

    /// <summary>Whether each token reads the whole file, so that memory is the ceiling.</summary>
    public bool ReadsWholeFile { get; init; }

    /// <summary>What llama.cpp reached when built on a 2-core Zen 4 machine, with OpenMP; 0 where nobody measured.</summary>
    public double NativeTokensPerSecond { get; init; }

    /// <summary>Whether the ratio of memory is meant, where less is better.</summary>
    public bool IsLessBetter => Subject == Subject.PeakMemory;

    public bool IsReached(double ratio) => IsLessBetter ? ratio <= Goal : ratio >= Goal;
}

/// <summary>The lines that make up the comparison; those of one model are neighbours.</summary>
internal static class Rows
{
    private const int GeneratedTokens = 64, QuickGeneratedTokens = 8;

    public static IReadOnlyList<Row> All { get; } =
    [
        Prefill("prefill-q4km", "Q4_K_M", 2.0),
        Prefill("prefill4096-q4km", "Q4_K_M", 2.5, 4096),
        Prefill("prefill-avx2", "Q4_K_M", 1.3) with { Title = "prefill of 512 tokens, Q4_K_M, AVX2 only", OnlyAvx2 = true },
        Decode("decode-q4km", "Q4_K_M", 1.4, native: 54),
        Decode("decode4096-q4km", "Q4_K_M", 2.0, depth: 4096),
        Decode("decode8-q4km", "Q4_K_M", 2.5, sequences: 8),
        new("first-token", "load to first token of a 10-token prompt, Q4_K_M", "Q4_K_M", 2.0) { Subject = Subject.FirstToken },
        new("memory", "peak memory, prompt of 512 and 32 generated, Q4_K_M", "Q4_K_M", 1.0)
        {
            Subject = Subject.PeakMemory,
            Workload = new Workload(512, 32),
            QuickWorkload = new Workload(64, 8),
        },
        Prefill("prefill-q40", "Q4_0", 2.0),
        Decode("decode-q40", "Q4_0", 1.4, native: 47),
        Prefill("prefill-q6k", "Q6_K", 3.0),
        Prefill("prefill-q5km", "Q5_K_M", 3.0),
        Prefill("prefill-q80", "Q8_0", 1.5),
        Decode("decode-q80", "Q8_0", 1.4, native: 28),
        Prefill("prefill-iq4xs", "IQ4_XS", 1.5),
        Prefill("prefill-f16", "F16", 1.0),
        Prefill("prefill-bf16", "BF16", 1.0),
        Prefill("prefill-moe", ModelCache.Experts, 1.2) with { Title = "prefill of 512 tokens, 8 of 64 experts, Q4_K_M" },
        Decode("decode-moe", ModelCache.Experts, 1.2) with { Title = "decode, 8 of 64 experts, Q4_K_M", ReadsWholeFile = false },
    ];

    private static Row Prefill(string id, string model, double goal, int tokens = 512) => new(id, $"prefill of {tokens:N0} tokens, {model}", model, goal)
    {
        Workload = Workload.Prefill(tokens),
        QuickWorkload = Workload.Prefill(tokens / 8),
    };

    private static Row Decode(string id, string model, double goal, double native = 0, int depth = 0, int sequences = 1)
    {
        string title = depth > 0 ? $"decode behind {depth:N0} tokens" : sequences > 1 ? $"decode of {sequences} sequences together" : "decode";
        return new Row(id, $"{title}, {model}", model, goal)
        {
            Workload = Workload.Decode(GeneratedTokens, depth, sequences),
            QuickWorkload = Workload.Decode(QuickGeneratedTokens, depth / 8, sequences),
            ReadsWholeFile = depth == 0 && sequences == 1,
            NativeTokensPerSecond = native,
        };
    }
}
