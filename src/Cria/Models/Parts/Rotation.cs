using Cria.Tensors;

namespace Cria.Models.Parts;

/// <summary>How a model's rotary embeddings turn with position: base, scaling, and the corrections of YaRN.</summary>
internal sealed record Rotation
{
    // YaRN's turns over the original context beyond which a pair is left alone, and below which it is fully interpolated.
    private const float FastTurns = 32, SlowTurns = 1;

    /// <summary>The number of rotated values per head.</summary>
    public required int Dimensions { get; init; }

    /// <summary>The base of the wavelengths' geometric series.</summary>
    public required float Base { get; init; }

    /// <summary>What positions are multiplied by.</summary>
    public required float Scale { get; init; }

    /// <summary>Whether YaRN keeps the fast pairs from being scaled.</summary>
    public required bool IsYarn { get; init; }

    /// <summary>The context before any extension.</summary>
    public required int OriginalContext { get; init; }

    /// <summary>What rotated vectors are multiplied by, before YaRN's own factor.</summary>
    public required float AttentionFactor { get; init; }

    public static Rotation Read(ModelReader model)
    {
        Hyperparameters settings = model.Settings;
        string scaling = settings.Text("rope.scaling.type") ?? "linear";
        if (scaling is not ("none" or "linear" or "yarn" or "longrope"))
            throw settings.Unsupported(scaling, $"the rope scaling {scaling} is not known; known are none, linear, yarn and longrope.");

        double factor = settings.Number("rope.scaling.factor") ?? settings.Number("rope.scale_linear") ?? 0;
        float scale = factor == 0 || scaling == "none" ? 1 : 1 / (float)factor;
        bool yarn = scaling == "yarn";
        int dimensions = settings.Count("rope.dimension_count", model.Shape.KeyLength, absent: model.Shape.KeyLength);
        if (dimensions % 2 != 0) throw settings.Damaged("rope.dimension_count", $"{dimensions} values cannot be rotated in pairs.");
        float attention = settings.Positive("rope.scaling.attn_factor", 1);
        return new Rotation
        {
            Dimensions = dimensions,
            Base = settings.Positive("rope.freq_base", 10000),
            Scale = scale,
            IsYarn = yarn,
            OriginalContext = settings.Count("rope.scaling.original_context_length", int.MaxValue, absent: model.Shape.TrainedContext),
            // Table multiplies by the logarithm's factor again for layers that scale; what is left for those that do not is 1.
            AttentionFactor = yarn ? attention * MathF.Max(1, LogFactor(scale)) / LogFactor(scale) : attention,
        };
    }

    /// <summary>The rotation of each pair; <paramref name="factors"/> divide the frequencies one by one.</summary>
    public RopeTable Table(RopePairing pairing, float[]? factors = null)
    {
        float step = MathF.Pow(Base, -2f / Dimensions);
        var frequencies = new float[Dimensions / 2];
        (float low, float high) = IsYarn ? YarnRange() : default;
        double frequency = 1;
        for (int i = 0; i < frequencies.Length; i++)
        {
            float unscaled = (float)frequency / (factors?[i] ?? 1);
            // 1 where a pair turns fast enough to be left alone, 0 where it is fully scaled.
            float kept = IsYarn ? 1 - Math.Clamp((i - low) / MathF.Max(0.001f, high - low), 0, 1) : 0;
            frequencies[i] = unscaled * (Scale * (1 - kept) + kept);
            frequency *= step;
        }

        return new RopeTable(pairing, frequencies, IsYarn ? AttentionFactor * LogFactor(Scale) : AttentionFactor);
    }

    /// <summary>What the file divides the frequencies by: Llama 3's factors, or those that longrope has for the context in use.</summary>
    public float[]? Factors(ModelReader model)
    {
        float[]? forLong = model.OptionalVector("rope_factors_long.weight", Dimensions / 2);
        float[]? forShort = model.OptionalVector("rope_factors_short.weight", Dimensions / 2);
        return model.OptionalVector("rope_freqs.weight", Dimensions / 2) ?? (model.ContextLength > OriginalContext ? forLong : forShort);
    }

    private (float Low, float High) YarnRange()
    {
        float Pair(float turns) => Dimensions * MathF.Log(OriginalContext / (turns * 2 * MathF.PI)) / (2 * MathF.Log(Base));
        return (MathF.Max(0, MathF.Floor(Pair(FastTurns))), MathF.Min(Dimensions - 1, MathF.Ceiling(Pair(SlowTurns))));
    }

    private static float LogFactor(float scale) => 1 + 0.1f * MathF.Log(1 / scale);
}
