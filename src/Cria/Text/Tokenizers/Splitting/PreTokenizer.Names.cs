using System.Collections.Frozen;

namespace Cria.Text;

internal sealed partial record PreTokenizer
{
    /// <summary>The name that stands for a file which gives none.</summary>
    public const string DefaultName = "default";

    /// <summary>The name of the way that Gemma 4 splits, which its files need not give.</summary>
    public const string GemmaName = "gemma4";

    // Lazy, because the families it names are initialised in another file, in an order that is not defined.
    private static readonly Lazy<FrozenDictionary<string, PreTokenizer>> ByName = new(() => Named().ToFrozenDictionary());

    /// <summary>The names that are known, in order.</summary>
    public static IEnumerable<string> Names => ByName.Value.Keys.Order(StringComparer.Ordinal);

    /// <summary>The pre-tokenizer that files call <paramref name="name"/>, or null.</summary>
    public static PreTokenizer? Find(string name) => ByName.Value.GetValueOrDefault(name);

    private PreTokenizer KeepingSpaces => this with { CleansSpaces = false };

    private static Dictionary<string, PreTokenizer> Named()
    {
        var table = new Dictionary<string, PreTokenizer>();
        Add(Default, DefaultName);
        Add(Gpt2, "gpt-2", "phi-2", "jina-es", "jina-de", "gigachat", "jina-v2-es", "jina-v2-de", "a.x-4.0", "mellum", "modern-bert",
            "jina-v1-en", "jina-v2-code", "roberta-bpe", "mpt", "olmo", "jais", "exaone4");
        Add(Gpt2.KeepingSpaces, "trillion", "granite-docling");
        Add(StarCoder, "starcoder", "refact", "codeshell", "exaone", "minerva-7b", "mellum2");
        Add(StarCoder.KeepingSpaces, "command-r", "smollm");
        Add(Falcon, "falcon");
        Add(Llama3 with { IgnoresMerges = true, AddsBos = true }, "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral",
            "midm-2.0", "lfm2", "jina-v5-nano");
        Add(Llama3, "dbrx", "smaug-bpe");
        Add(Llama3 with { LacksBos = true }, "glm4", "chatglm-bpe");
        Add(Jais2, "jais-2");
        Add(MiniCpm5 with { IgnoresMerges = true }, "minicpm5");
        Add(Qwen2, "stablelm2", "megrez");
        Add(Qwen2.KeepingSpaces, "qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "bailingmoe", "bailingmoe2", "llada-moe", "hunyuan",
            "solar-open", "grok-2");
        Add(Qwen35.KeepingSpaces, "qwen35");
        Add(SeedCoder.KeepingSpaces, "seed-coder");
        Add(UfakZeka.KeepingSpaces, "ufakzeka");
        Add(Laguna.KeepingSpaces, "laguna");
        Add(ExaoneMoe, "exaone-moe");
        Add(Gpt4o.KeepingSpaces, "gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2");
        Add(GraniteEmbedding with { IgnoresMerges = true, CleansSpaces = false }, "granite-embed-multi-97m");
        Add(Tekken with { IgnoresMerges = true, AddsBos = true, CleansSpaces = false }, "tekken");
        Add(TinyAya.KeepingSpaces, "tiny_aya", "cohere2moe");
        Add(Youtu with { IgnoresMerges = true, CleansSpaces = false }, "youtu");
        Add(KimiK2.KeepingSpaces, "kimi-k2");
        Add(DeepSeek3.KeepingSpaces, "deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4");
        Add(Afmoe.KeepingSpaces, "afmoe");
        Add(Spark.KeepingSpaces, "spark2_5");
        Add(DeepSeekLlm.KeepingSpaces, "deepseek-llm");
        Add(DeepSeekCoder.KeepingSpaces, "deepseek-coder");
        Add(Bloom, "bloom", "gpt3-finnish");
        Add(Bloom.KeepingSpaces, "poro-chat");
        Add(Viking.KeepingSpaces, "viking");
        Add(SuperBpe.KeepingSpaces, "superbpe");
        Add(Chameleon with { AddsBos = true, CleansSpaces = false }, "chameleon");
        Add(SentencePieceLike with { KeepsLineFeeds = true, InsistsOnBos = true }, GemmaName, "granite-embed-multi-311m");
        Add(SentencePieceLike.KeepingSpaces, "sarvam-moe");
        Add(Whitespace, "whitespace");
        return table;

        void Add(PreTokenizer tokenizer, params string[] names)
        {
            foreach (string name in names) table.Add(name, tokenizer);
        }
    }
}
