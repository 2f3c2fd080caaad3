using Cria.Gguf;

namespace TestModels;

/// <summary>What a tiny model has beyond its architecture's usual form.</summary>
[Flags]
public enum TinyVariants
{
    None = 0,

    /// <summary>No output matrix: the embedding table serves both ways.</summary>
    TiedOutput = 1,

    /// <summary>Positions divided by 2.5.</summary>
    LinearRope = 2,

    /// <summary>YaRN from 256 tokens to four times as many.</summary>
    YarnRope = 4,

    /// <summary>Llama 3's frequency factors.</summary>
    RopeFactors = 8,

    /// <summary>Longrope's factors, short up to 256 tokens and long beyond.</summary>
    LongRope = 16,

    /// <summary>Eight experts, three used, in an architecture that can also be dense.</summary>
    Experts = 32,

    /// <summary>Biases wherever llama.cpp accepts them in a llama model.</summary>
    Biases = 64,

    /// <summary>Queries, keys and values in one matrix.</summary>
    FusedAttention = 128,

    /// <summary>A sliding window of 16 tokens in an architecture that can also do without.</summary>
    Window = 256,

    /// <summary>Rotates only half of each head.</summary>
    PartialRotation = 512,

    /// <summary>Tokens that see those after them too.</summary>
    NonCausal = 1024,

    /// <summary>The last token's embedding stands for a text.</summary>
    LastPooling = 2048,

    /// <summary>Scores documents with the words yes and no.</summary>
    Ranker = 4096,
}

/// <summary>Writes a model of a few hundred thousand random weights with an architecture's real keys and tensor names.</summary>
public sealed class TinyModel
{
    public const int TrainedContext = 1024, OriginalContext = 256, Window = 16;

    private const int ExpertCount = 8, ExpertsUsed = 3;

    // Ways back to the residual stream are kept weak, as a fresh network's are: otherwise each layer amplifies rounding,
    // and comparisons would measure that. A strong router keeps near ties between experts from mattering much.
    private const float WayBack = 0.5f, Router = 3;

    private readonly string _architecture;
    private readonly TensorType _type;
    private readonly TinyVariants _variants;
    private readonly ModelWriter _writer;
    private readonly int _embedding, _inner, _expertInner, _heads, _keyValueHeads, _headLength, _layers, _vocabulary;

    private TinyModel(string architecture, TensorType type, int seed, TinyVariants variants)
    {
        (_architecture, _type, _variants) = (architecture, type, variants);
        _writer = new ModelWriter(architecture, seed);
        // Sizes that are no multiple of a vector's length, where the format lets them be odd.
        bool isOdd = type.BlockLength() < 256;
        (_embedding, _inner, _expertInner) = isOdd ? (96, 160, 64) : (256, 512, 256);
        (_heads, _keyValueHeads) = isOdd ? (6, 2) : (8, 2);
        // Only these architectures let heads be longer than their share of the embedding.
        _headLength = isOdd && type.BlockLength() == 1 && architecture is "qwen3" or "qwen3moe" or "gemma2" or "gemma3" ? 24 : _embedding / _heads;
        _layers = architecture == "gemma3" ? 7 : 4;
        _vocabulary = 307;
    }

    /// <summary>The architectures that can be written.</summary>
    public static IReadOnlyList<string> Architectures { get; } =
        ["llama", "qwen2", "qwen3", "qwen3moe", "gemma2", "gemma3", "phi3", "granite", "olmo2", "smollm3", "gpt-oss"];

    /// <summary>Writes a model whose matrices are of <paramref name="type"/>; of gpt-oss with MXFP4, only the experts are.</summary>
    public static void Write(string path, string architecture, TensorType type = TensorType.F32, int seed = 1, TinyVariants variants = TinyVariants.None)
    {
        if (!Architectures.Contains(architecture)) throw new ArgumentException($"No tiny {architecture}; there are {string.Join(", ", Architectures)}.");
        var model = new TinyModel(architecture, type, seed, variants);
        model.WriteKeys();
        model.WriteEnds();
        for (int layer = 0; layer < model._layers; layer++) model.WriteLayer($"blk.{layer}");
        model._writer.Write(path);
    }

    private bool Has(TinyVariants variant) => _variants.HasFlag(variant);

    private bool HasExperts => Has(TinyVariants.Experts) || _architecture is "qwen3moe" or "gpt-oss";

    private void WriteKeys()
    {
        _writer.Key("general.architecture", _architecture).Key("general.name", "tiny")
            .Key("context_length", TrainedContext).Key("embedding_length", _embedding).Key("block_count", _layers).Key("feed_forward_length", _inner)
            .Key("attention.head_count", _heads).Key("attention.head_count_kv", _keyValueHeads)
            .Key("attention.layer_norm_rms_epsilon", 1e-5f).Key("rope.freq_base", 10000f).Key("vocab_size", _vocabulary)
            .Key("rope.dimension_count", Has(TinyVariants.PartialRotation) ? _headLength / 2 : _headLength);
        if (_headLength * _heads != _embedding) _writer.Key("attention.key_length", _headLength).Key("attention.value_length", _headLength);
        if (HasExperts) _writer.Key("expert_count", ExpertCount).Key("expert_used_count", ExpertsUsed);
        if (_architecture is "qwen3moe" or "gpt-oss") _writer.Key("expert_feed_forward_length", _expertInner);
        if (Has(TinyVariants.Window) || _architecture is "gemma2" or "gemma3" or "gpt-oss") _writer.Key("attention.sliding_window", Window);
        if (_architecture == "gemma2") _writer.Key("attn_logit_softcapping", 5f).Key("final_logit_softcapping", 3f);
        if (_architecture == "granite")
            _writer.Key("attention.scale", 0.3f).Key("embedding_scale", 3f).Key("residual_scale", 0.6f).Key("logit_scale", 4f);
        WriteRopeKeys();
        WriteEmbeddingKeys();
        _writer.Tokenizer(_vocabulary);
    }

    private void WriteRopeKeys()
    {
        if (Has(TinyVariants.LinearRope)) _writer.Key("rope.scaling.type", "linear").Key("rope.scaling.factor", 2.5f);
        if (Has(TinyVariants.YarnRope))
            _writer.Key("rope.scaling.type", "yarn").Key("rope.scaling.factor", 4f).Key("rope.scaling.original_context_length", OriginalContext);
        if (Has(TinyVariants.LongRope))
            _writer.Key("rope.scaling.type", "longrope").Key("rope.scaling.attn_factor", 1.19f).Key("rope.scaling.original_context_length", OriginalContext);
    }

    private void WriteEmbeddingKeys()
    {
        if (Has(TinyVariants.NonCausal)) _writer.Key("attention.causal", false);
        if (Has(TinyVariants.LastPooling)) _writer.Key("pooling_type", 3);
        if (!Has(TinyVariants.Ranker)) return;
        _writer.Key("pooling_type", 4).Key("classifier.output_labels", new[] { "yes", "no" })
            .Key("tokenizer.chat_template.rerank", "ask {query} of {document} then");
    }

    private void WriteEnds()
    {
        int rotated = Has(TinyVariants.PartialRotation) ? _headLength / 4 : _headLength / 2;
        TensorType type = _architecture == "gpt-oss" && _type == TensorType.MXFP4 ? TensorType.F32 : _type;
        _writer.Matrix("token_embd.weight", type, MathF.Sqrt(_embedding), _embedding, _vocabulary);
        _writer.Floats("output_norm.weight", 1, 0.1f, _embedding);
        if (!Has(TinyVariants.TiedOutput) && _architecture != "gemma2") _writer.Matrix("output.weight", type, 3, _embedding, _vocabulary);
        if (Has(TinyVariants.Ranker)) _writer.Matrix("cls.output.weight", type, 1, _embedding, 2);
        if (Has(TinyVariants.RopeFactors)) _writer.Floats("rope_freqs.weight", [.. Enumerable.Range(0, rotated).Select(i => 1 + 7f * i / rotated)], rotated);
        if (Has(TinyVariants.LongRope))
        {
            _writer.Floats("rope_factors_short.weight", [.. Enumerable.Range(0, rotated).Select(i => 1 + 0.1f * i)], rotated);
            _writer.Floats("rope_factors_long.weight", [.. Enumerable.Range(0, rotated).Select(i => 1 + 3f * i)], rotated);
        }
    }

    private void WriteLayer(string blk)
    {
        bool isGptOss = _architecture == "gpt-oss";
        if (_architecture != "olmo2") _writer.Floats($"{blk}.attn_norm.weight", 1, 0.1f, _embedding);
        WriteAttention(blk);
        if (_architecture is "gemma2" or "gemma3" or "olmo2" || isGptOss) _writer.Floats($"{blk}.post_attention_norm.weight", isGptOss ? 1 : WayBack, 0.1f, _embedding);
        if (_architecture is "gemma2" or "gemma3" or "olmo2") _writer.Floats($"{blk}.post_ffw_norm.weight", WayBack, 0.1f, _embedding);
        if (_architecture != "olmo2" && !isGptOss) _writer.Floats($"{blk}.ffn_norm.weight", 1, 0.1f, _embedding);
        if (HasExperts) WriteExperts(blk, _architecture is "qwen3moe" or "gpt-oss" ? _expertInner : _inner);
        else WriteFeedForward(blk);
    }

    private void WriteAttention(string blk)
    {
        bool isGptOss = _architecture == "gpt-oss";
        TensorType type = isGptOss && _type == TensorType.MXFP4 ? TensorType.F32 : _type;
        int queries = _heads * _headLength, keys = _keyValueHeads * _headLength;
        bool hasBiases = Has(TinyVariants.Biases) || _architecture == "qwen2" || isGptOss;
        (string Name, int Rows)[] projections = Has(TinyVariants.FusedAttention) || _architecture == "phi3"
            ? [("attn_qkv", queries + 2 * keys)]
            : [("attn_q", queries), ("attn_k", keys), ("attn_v", keys)];
        foreach ((string name, int rows) in projections)
        {
            _writer.Matrix($"{blk}.{name}.weight", type, 1.3f, _embedding, rows);
            if (hasBiases) _writer.Floats($"{blk}.{name}.bias", 0, 0.3f, rows);
        }

        if (_architecture is "qwen3" or "qwen3moe" or "gemma3")
        {
            _writer.Floats($"{blk}.attn_q_norm.weight", 1, 0.2f, _headLength);
            _writer.Floats($"{blk}.attn_k_norm.weight", 1, 0.2f, _headLength);
        }
        else if (_architecture == "olmo2")
        {
            _writer.Floats($"{blk}.attn_q_norm.weight", 1, 0.2f, queries);
            _writer.Floats($"{blk}.attn_k_norm.weight", 1, 0.2f, keys);
        }

        _writer.Matrix($"{blk}.attn_output.weight", type, WayBack, queries, _embedding);
        if (Has(TinyVariants.Biases) || isGptOss) _writer.Floats($"{blk}.attn_output.bias", 0, 0.3f, _embedding);
        if (isGptOss) _writer.Floats($"{blk}.attn_sinks.weight", 1, 1, _heads);
    }

    private void WriteFeedForward(string blk)
    {
        if (_architecture == "phi3")
        {
            _writer.Matrix($"{blk}.ffn_up.weight", _type, 1, _embedding, 2 * _inner);
        }
        else
        {
            _writer.Matrix($"{blk}.ffn_gate.weight", _type, 1, _embedding, _inner);
            _writer.Matrix($"{blk}.ffn_up.weight", _type, 1, _embedding, _inner);
        }

        _writer.Matrix($"{blk}.ffn_down.weight", _type, WayBack, _inner, _embedding);
        if (!Has(TinyVariants.Biases)) return;
        _writer.Floats($"{blk}.ffn_gate.bias", 0, 0.3f, _inner);
        _writer.Floats($"{blk}.ffn_up.bias", 0, 0.3f, _inner);
        _writer.Floats($"{blk}.ffn_down.bias", 0, 0.3f, _embedding);
    }

    private void WriteExperts(string blk, int inner)
    {
        _writer.Matrix($"{blk}.ffn_gate_inp.weight", TensorType.F32, Router, _embedding, ExpertCount);
        _writer.Matrix($"{blk}.ffn_gate_exps.weight", _type, 1, _embedding, inner, ExpertCount);
        _writer.Matrix($"{blk}.ffn_up_exps.weight", _type, 1, _embedding, inner, ExpertCount);
        _writer.Matrix($"{blk}.ffn_down_exps.weight", _type, WayBack, inner, _embedding, ExpertCount);
        if (_architecture != "gpt-oss") return;
        _writer.Floats($"{blk}.ffn_gate_inp.bias", 0, 0.3f, ExpertCount);
        _writer.Floats($"{blk}.ffn_gate_exps.bias", 0, 0.3f, inner, ExpertCount);
        _writer.Floats($"{blk}.ffn_up_exps.bias", 0, 0.3f, inner, ExpertCount);
        _writer.Floats($"{blk}.ffn_down_exps.bias", 0, 0.3f, _embedding, ExpertCount);
    }
}
