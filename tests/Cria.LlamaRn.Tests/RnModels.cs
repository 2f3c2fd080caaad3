using Cria.Gguf;
using TestModels;

namespace Cria.LlamaRn.Tests;

/// <summary>Models of random weights and adapters for them, written once for all tests of a class.</summary>
public sealed class RnModels : IDisposable
{
    /// <summary>ChatML with tools in Hermes' notation and reasoning in tags.</summary>
    public const string Template =
        """
        {%- if tools %}<|im_start|>system
        {% for tool in tools %}{{ tool | tojson }}
        {% endfor %}Answer with <tool_call>{"name": ..., "arguments": ...}</tool_call>, think in <think></think>.<|im_end|>
        {% endif -%}
        {%- for message in messages %}<|im_start|>{{ message.role }}
        {{ message.content }}<|im_end|>
        {% endfor -%}
        {%- if add_generation_prompt %}<|im_start|>assistant
        {% endif -%}
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cria-rn-");

    public RnModels()
    {
        TinyModel.Write(Path, "llama", TensorType.F16);
        TinyModel.Write(Ranker, "qwen3", TensorType.F32, seed: 1, TinyVariants.Ranker);
        TinyAdapter.Write(Adapter, Path, seed: 1);
        TinyAdapter.Write(OtherAdapter, Path, seed: 2);
    }

    public string Path => InFolder("tiny.gguf");

    public string Ranker => InFolder("ranker.gguf");

    public string Adapter => InFolder("adapter.gguf");

    public string OtherAdapter => InFolder("other-adapter.gguf");

    /// <summary>How tests load the tiny model.</summary>
    internal ContextParams Params => new() { Model = Path, NCtx = 512, NThreads = 1 };

    public string InFolder(string name) => System.IO.Path.Combine(_folder.FullName, name);

    internal Task<LlamaContext> OpenAsync(ContextParams? parameters = null, ModelPool? pool = null) =>
        new LlamaContext(parameters ?? Params, ContextParams.LlamaRnDefaults, pool ?? ModelPool.OfProcess).InitializeAsync();

    public void Dispose() => _folder.Delete(recursive: true);
}
