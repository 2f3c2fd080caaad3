namespace Cria.Cli.Commands;

/// <summary>The flags of <see cref="GenerationOptions"/>, named as llama.cpp names them.</summary>
internal static class SamplingOptions
{
    public static EngineOptions<GenerationOptions> Create()
    {
        var options = new EngineOptions<GenerationOptions>(new GenerationOptions());
        AddLimits(options);
        AddChoice(options);
        AddPenalties(options);
        AddTemperatures(options);
        return options;
    }

    private static void AddLimits(EngineOptions<GenerationOptions> options)
    {
        options.Integer(["--predict", "-n", "--n-predict"], nameof(GenerationOptions.MaxTokens),
            o => o.MaxTokens, (o, value) => o with { MaxTokens = value },
            "The most tokens to generate; -1 goes on until the model ends the text.");
        options.Number(["--temp", "--temperature"], nameof(GenerationOptions.Temperature),
            o => o.Temperature, (o, value) => o with { Temperature = value },
            "How random the text is; 0 always takes the likeliest token.");
        options.Value(["--seed", "-s"], nameof(GenerationOptions.Seed),
            Values.ReadLong, (o, value) => o with { Seed = value }, "number",
            "Starts the random numbers: the same run gives the same text. Without it each run differs.");
        options.Texts(["--stop", "-r", "--reverse-prompt"], nameof(GenerationOptions.StopSequences),
            (o, value) => o with { StopSequences = value },
            "Ends the text before this one; may be repeated.");
        options.Flag(["--context-shift"], nameof(GenerationOptions.WhenFull),
            (o, value) => o with { WhenFull = value ? ContextOverflow.DropOldest : ContextOverflow.Stop },
            "Goes on when the context is full: the oldest half of the text is forgotten.");
        options.Integer(["--keep"], nameof(GenerationOptions.KeepTokens),
            o => o.KeepTokens ?? -1, (o, value) => o with { KeepTokens = value < 0 ? null : value },
            "How many tokens at the start are never forgotten; -1 keeps the system message.");
        options.Flag(["--ignore-eos"], nameof(GenerationOptions.IgnoreEos),
            (o, value) => o with { IgnoreEos = value },
            "Does not let the model end the text.");
        options.Value(["--logit-bias", "-l"], nameof(GenerationOptions.LogitBias),
            Values.ReadBiases, (o, value) => o with { LogitBias = value }, "id=number",
            "Adds to a token's logit: 15043=1.5, or -inf to forbid it; may be repeated.");
        options.Value(["--speculate"], nameof(GenerationOptions.Speculation),
            result => Values.ReadSpeculation(result)!, (o, value) => o with { Speculation = value }, "none|lookup",
            "Whether the text is guessed from what came before, which makes repetitions faster (lookup unless given).");
        options.Integer(["--n-probs"], nameof(GenerationOptions.ProbabilityCount),
            o => o.ProbabilityCount, (o, value) => o with { ProbabilityCount = value },
            "How many of the likeliest tokens --json lists at each step.");
    }

    private static void AddChoice(EngineOptions<GenerationOptions> options)
    {
        options.Integer(["--top-k"], nameof(GenerationOptions.TopK),
            o => o.TopK, (o, value) => o with { TopK = value },
            "Keeps this many of the likeliest tokens; 0 keeps all.");
        options.Number(["--top-p"], nameof(GenerationOptions.TopP),
            o => o.TopP, (o, value) => o with { TopP = value },
            "Keeps the likeliest tokens that together have this probability; 1 keeps all.");
        options.Number(["--min-p"], nameof(GenerationOptions.MinP),
            o => o.MinP, (o, value) => o with { MinP = value },
            "Drops tokens less likely than this part of the likeliest one's probability.");
        options.Number(["--typical", "--typical-p"], nameof(GenerationOptions.TypicalP),
            o => o.TypicalP, (o, value) => o with { TypicalP = value },
            "Keeps the tokens nearest to the expected surprise, up to this probability; 1 keeps all.");
        options.Number(["--top-n-sigma", "--top-nsigma"], nameof(GenerationOptions.TopNSigma),
            o => o.TopNSigma, (o, value) => o with { TopNSigma = value },
            "Drops tokens more than this many standard deviations below the best; -1 drops none.");
        options.Number(["--xtc-probability"], nameof(GenerationOptions.XtcProbability),
            o => o.XtcProbability, (o, value) => o with { XtcProbability = value },
            "How often the likeliest tokens are left out (XTC).");
        options.Number(["--xtc-threshold"], nameof(GenerationOptions.XtcThreshold),
            o => o.XtcThreshold, (o, value) => o with { XtcThreshold = value },
            "The probability from which XTC may leave a token out.");
        options.Integer(["--min-keep"], nameof(GenerationOptions.MinKeep),
            o => o.MinKeep, (o, value) => o with { MinKeep = value },
            "The fewest tokens that the options above leave to choose from.");
    }

    private static void AddPenalties(EngineOptions<GenerationOptions> options)
    {
        options.Number(["--repeat-penalty"], nameof(GenerationOptions.RepeatPenalty),
            o => o.RepeatPenalty, (o, value) => o with { RepeatPenalty = value },
            "Divides the logits of repeated tokens; 1 changes nothing.");
        options.Integer(["--repeat-last-n"], nameof(GenerationOptions.RepeatLastN),
            o => o.RepeatLastN, (o, value) => o with { RepeatLastN = value },
            "How many of the last tokens the penalties look at; -1 takes all.");
        options.Number(["--frequency-penalty"], nameof(GenerationOptions.FrequencyPenalty),
            o => o.FrequencyPenalty, (o, value) => o with { FrequencyPenalty = value },
            "Lowers a token's logit for each time it occurred.");
        options.Number(["--presence-penalty"], nameof(GenerationOptions.PresencePenalty),
            o => o.PresencePenalty, (o, value) => o with { PresencePenalty = value },
            "Lowers a token's logit if it occurred at all.");
        options.Number(["--dry-multiplier"], nameof(GenerationOptions.DryMultiplier),
            o => o.DryMultiplier, (o, value) => o with { DryMultiplier = value },
            "The strength of the DRY penalty on prolonged repetitions; 0 is off.");
        options.Number(["--dry-base"], nameof(GenerationOptions.DryBase),
            o => o.DryBase, (o, value) => o with { DryBase = value },
            "How fast the DRY penalty grows.");
        options.Integer(["--dry-allowed-length"], nameof(GenerationOptions.DryAllowedLength),
            o => o.DryAllowedLength, (o, value) => o with { DryAllowedLength = value },
            "The longest repetition that DRY leaves alone.");
        options.Integer(["--dry-penalty-last-n"], nameof(GenerationOptions.DryLastN),
            o => o.DryLastN, (o, value) => o with { DryLastN = value },
            "How many of the last tokens DRY searches; -1 takes all.");
        options.Texts(["--dry-sequence-breaker"], nameof(GenerationOptions.DrySequenceBreakers),
            (o, value) => o with { DrySequenceBreakers = value is ["none"] ? [] : value },
            "A text across which DRY sees no repetition, instead of the usual four; 'none' for none; may be repeated.");
    }

    private static void AddTemperatures(EngineOptions<GenerationOptions> options)
    {
        options.Integer(["--mirostat"], nameof(GenerationOptions.Mirostat),
            o => o.Mirostat, (o, value) => o with { Mirostat = value },
            "Keeps the surprise of the text at a target: version 1 or 2; 0 is off.");
        options.Number(["--mirostat-tau", "--mirostat-ent"], nameof(GenerationOptions.MirostatTau),
            o => o.MirostatTau, (o, value) => o with { MirostatTau = value },
            "The surprise that Mirostat aims at.");
        options.Number(["--mirostat-eta", "--mirostat-lr"], nameof(GenerationOptions.MirostatEta),
            o => o.MirostatEta, (o, value) => o with { MirostatEta = value },
            "How fast Mirostat corrects itself.");
        options.Number(["--dynatemp-range"], nameof(GenerationOptions.DynamicTemperatureRange),
            o => o.DynamicTemperatureRange, (o, value) => o with { DynamicTemperatureRange = value },
            "How far the temperature follows the model's uncertainty; 0 keeps it fixed.");
        options.Number(["--dynatemp-exp"], nameof(GenerationOptions.DynamicTemperatureExponent),
            o => o.DynamicTemperatureExponent, (o, value) => o with { DynamicTemperatureExponent = value },
            "How steeply it follows.");
    }
}
