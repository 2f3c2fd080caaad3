namespace Cria;

/// <summary>How a text is continued: how long, how random, and what ends it.</summary>
public sealed record GenerationOptions
{
    /// <summary>The most tokens to generate; -1 goes on until the model ends the text or the context is full.</summary>
    public int MaxTokens { get; init; } = -1;

    /// <summary>How random the choice of tokens is; 0 and below always take the likeliest.</summary>
    public float Temperature { get; init; } = 0.8f;

    /// <summary>How far the temperature may move around <see cref="Temperature"/> with the model's uncertainty; 0 keeps it fixed.</summary>
    public float DynamicTemperatureRange { get; init; }

    /// <summary>How steeply the dynamic temperature follows the model's uncertainty.</summary>
    public float DynamicTemperatureExponent { get; init; } = 1;

    /// <summary>Keeps only this many of the likeliest tokens; 0 and below keep all.</summary>
    public int TopK { get; init; } = 40;

    /// <summary>Keeps the likeliest tokens that together have this probability; 1 keeps all.</summary>
    public float TopP { get; init; } = 0.95f;

    /// <summary>Drops tokens less likely than this part of the likeliest one's probability; 0 drops none.</summary>
    public float MinP { get; init; } = 0.05f;

    /// <summary>Keeps the tokens nearest to the expected surprise that together have this probability; 1 keeps all.</summary>
    public float TypicalP { get; init; } = 1;

    /// <summary>Drops tokens whose logit is more than this many standard deviations below the best; 0 and below drop none.</summary>
    public float TopNSigma { get; init; } = -1;

    /// <summary>How often the likeliest tokens are left out to make the text less predictable; 0 never does.</summary>
    public float XtcProbability { get; init; }

    /// <summary>The probability from which a token counts as too predictable for <see cref="XtcProbability"/>.</summary>
    public float XtcThreshold { get; init; } = 0.1f;

    /// <summary>The fewest tokens that the stages above leave to choose from.</summary>
    public int MinKeep { get; init; }

    /// <summary>How many of the last tokens the repetition penalties look at; 0 switches them off, -1 takes the whole context.</summary>
    public int RepeatLastN { get; init; } = 64;

    /// <summary>Divides the logits of repeated tokens; 1 changes nothing.</summary>
    public float RepeatPenalty { get; init; } = 1;

    /// <summary>Lowers the logit of a token by this much for each time it occurred.</summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>Lowers the logit of a token that occurred at all by this much.</summary>
    public float PresencePenalty { get; init; }

    /// <summary>The strength of the DRY penalty on tokens that would prolong a repetition; 0 switches it off.</summary>
    public float DryMultiplier { get; init; }

    /// <summary>How fast the DRY penalty grows with the length of the repetition.</summary>
    public float DryBase { get; init; } = 1.75f;

    /// <summary>The longest repetition that the DRY penalty leaves alone.</summary>
    public int DryAllowedLength { get; init; } = 2;

    /// <summary>How many of the last tokens the DRY penalty searches; 0 switches it off, -1 takes the whole context.</summary>
    public int DryLastN { get; init; } = -1;

    /// <summary>Texts across which the DRY penalty sees no repetition.</summary>
    public IReadOnlyList<string> DrySequenceBreakers { get; init; } = ["\n", ":", "\"", "*"];

    /// <summary>Keeps the surprise of the text at a target instead of cutting by probability; 0 is off, else the version, 1 or 2.</summary>
    public int Mirostat { get; init; }

    /// <summary>The surprise, in bits, that <see cref="Mirostat"/> aims at.</summary>
    public float MirostatTau { get; init; } = 5;

    /// <summary>How fast <see cref="Mirostat"/> corrects itself.</summary>
    public float MirostatEta { get; init; } = 0.1f;

    /// <summary>Starts the random numbers, so that the same request gives the same text; null and -1 take another seed each time.</summary>
    public long? Seed { get; init; }

    /// <summary>What is added to the logits of single tokens; negative infinity forbids a token.</summary>
    public IReadOnlyDictionary<int, float> LogitBias { get; init; } = new Dictionary<int, float>();

    /// <summary>Forbids the tokens that end a text, so that only a limit or a stop sequence ends it.</summary>
    public bool IgnoreEos { get; init; }

    /// <summary>How many of the likeliest tokens the result lists at each step; 0 lists none.</summary>
    public int ProbabilityCount { get; init; }

    /// <summary>What the generated text must look like; only its end may be missing, where a limit or a stop sequence comes first.</summary>
    public Grammar? Grammar { get; init; }

    /// <summary>Texts that end the generation; they are not part of the result.</summary>
    public IReadOnlyList<string> StopSequences { get; init; } = [];

    /// <summary>Puts the tokens that the model wants at the start or end of a text around a prompt given as text.</summary>
    public bool AddSpecial { get; init; } = true;

    /// <summary>Reads the names of special tokens in a prompt given as text as those tokens.</summary>
    public bool ParseSpecial { get; init; } = true;

    /// <summary>
    /// LoRA adapters, from <see cref="LlamaModel.LoadAdapterAsync"/>, that act on this text, prompt included, beside those that the
    /// model was loaded with.
    /// </summary>
    public IReadOnlyList<ScaledAdapter> Adapters { get; init; } = [];

    /// <summary>How long the request may take, waiting in line included; null sets no limit. Later it fails with a <see cref="RequestTimeoutException"/>.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Who goes first where not all requests can.</summary>
    public RequestPriority Priority { get; init; } = RequestPriority.Normal;

    /// <summary>What happens when the text has filled the context.</summary>
    public ContextOverflow WhenFull { get; init; } = ContextOverflow.Stop;

    /// <summary>
    /// How many tokens at the start of the text stay when <see cref="WhenFull"/> drops what is old; null keeps a conversation's system message, and
    /// of other texts the first token if the model wants a special one there.
    /// </summary>
    public int? KeepTokens { get; init; }

    /// <summary>Where guesses come from of how the text goes on, which make it come sooner and change nothing else.</summary>
    public Speculation Speculation { get; init; } = Speculation.Lookup;
}

/// <summary>Who goes first where not all requests can.</summary>
public enum RequestPriority
{
    /// <summary>After all others: work that nobody waits for.</summary>
    Low,
    /// <summary>In the order of arrival.</summary>
    Normal,
    /// <summary>Before all others.</summary>
    High,
}

/// <summary>What happens when a text has filled the context.</summary>
public enum ContextOverflow
{
    /// <summary>A prompt that is too long is refused; a text that has grown too long ends, with <see cref="FinishReason.ContextFull"/>.</summary>
    Stop,
    /// <summary>The oldest half of the text behind <see cref="GenerationOptions.KeepTokens"/> is forgotten, and the result tells how many tokens that were.</summary>
    DropOldest,
}
