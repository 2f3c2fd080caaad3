using Cria.Runtime;

namespace Cria;

/// <summary>How <see cref="LlamaChat"/> chooses an answer and how long that may be.</summary>
public sealed record GenerationParams
{
    /// <summary>Starts the random numbers, so that the same question gives the same answer.</summary>
    public uint Seed { get; init; } = 42;

    /// <summary>Keeps only this many of the likeliest tokens; 0 and below keep all.</summary>
    public int TopK { get; init; } = 40;

    /// <summary>Keeps the likeliest tokens that together have this probability; 1 keeps all.</summary>
    public float TopP { get; init; } = 0.9f;

    /// <summary>How random the choice of tokens is; 0 and below always take the likeliest.</summary>
    public float Temperature { get; init; } = 0.7f;

    /// <summary>Divides the logits of repeated tokens; 1 changes nothing.</summary>
    public float RepeatPenalty { get; init; } = 1.1f;

    /// <summary>How many of the last tokens <see cref="RepeatPenalty"/> looks at; 0 switches it off, -1 takes the whole context.</summary>
    public int RepetitionLookback { get; init; } = 64;

    /// <summary>The most tokens to generate; -1 goes on until the model ends the answer or the context is full.</summary>
    public int MaxTokens { get; init; } = 100;

    /// <summary>How many threads should compute; a hint, because one team of threads, of <see cref="ModelOptions.Threads"/>, computes all requests.</summary>
    public int Threads { get; init; } = 4;

    /// <summary>How many threads should read prompts; a hint like <see cref="Threads"/>.</summary>
    public int BatchThreads { get; init; } = 4;

    /// <summary>Whether vectors are wanted too; they can always be had from <see cref="LlamaModel.EmbedAsync(string, EmbeddingOptions, CancellationToken)"/>.</summary>
    public bool EnableEmbeddings { get; init; }

    /// <summary>Whether tokens see only those before them; text cannot be generated without that, so that false is refused.</summary>
    public bool EnableCausalAttention { get; init; } = true;

    internal GenerationOptions ToOptions()
    {
        OptionRules.AtLeast(nameof(Threads), Threads, 1, "1 or more");
        OptionRules.AtLeast(nameof(BatchThreads), BatchThreads, 1, "1 or more");
        OptionRules.Require(nameof(EnableCausalAttention), EnableCausalAttention, EnableCausalAttention, "true: text is generated from left to right");
        return new GenerationOptions
        {
            Seed = Seed,
            TopK = TopK,
            TopP = TopP,
            MinP = 0,
            Temperature = Temperature,
            RepeatPenalty = RepeatPenalty,
            RepeatLastN = RepetitionLookback,
            MaxTokens = MaxTokens,
        };
    }
}
