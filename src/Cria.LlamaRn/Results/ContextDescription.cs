using System.Text.Json.Serialization;

namespace Cria.LlamaRn;

/// <summary>What llama.rn tells of a context.</summary>
public sealed record ContextDescription
{
    /// <summary>The number of the context.</summary>
    public int Id { get; init; }

    /// <summary>Whether a graphics processor computes.</summary>
    public bool Gpu { get; init; }

    /// <summary>Why none does; empty if none was asked for.</summary>
    [JsonPropertyName("reasonNoGPU")]
    public string ReasonNoGpu { get; init; } = "";

    /// <summary>The model.</summary>
    public required ModelDescription Model { get; init; }

    /// <summary>The description as llama.rn's JavaScript callers read it.</summary>
    public string ToJson() => LlamaJson.Write(this, LlamaJson.Camel.ContextDescription);
}

/// <summary>What llama.rn tells of a model.</summary>
public sealed record ModelDescription
{
    /// <summary>Its kind, size and format in words.</summary>
    public required string Desc { get; init; }

    /// <summary>The size of its files, in bytes.</summary>
    public long Size { get; init; }

    /// <summary>The length of the vector that stands for a token.</summary>
    public int NEmbd { get; init; }

    /// <summary>The number of its weights.</summary>
    public long NParams { get; init; }

    /// <summary>The metadata of its file as text, without arrays.</summary>
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <summary>Which chat templates it has.</summary>
    public required ChatTemplateSupport ChatTemplates { get; init; }

    /// <summary>Whether it has a chat template.</summary>
    public bool IsChatTemplateSupported => ChatTemplates.LlamaChat;

    internal static ModelDescription Of(ModelInfo info, bool hasTemplate) => new()
    {
        Desc = $"{info.Architecture} {Amount(info.ParameterCount)} {info.MainType}",
        Size = info.FileBytes,
        NEmbd = info.EmbeddingLength,
        NParams = info.ParameterCount,
        Metadata = info.Metadata,
        ChatTemplates = new ChatTemplateSupport(
            hasTemplate, new JinjaSupport(hasTemplate, info.Metadata.ContainsKey("tokenizer.chat_template.tool_use"))),
    };

    private static string Amount(long parameters) => parameters switch
    {
        >= 1_000_000_000 => FormattableString.Invariant($"{parameters / 1e9:0.##}B"),
        >= 1_000_000 => FormattableString.Invariant($"{parameters / 1e6:0.##}M"),
        _ => FormattableString.Invariant($"{parameters / 1e3:0.##}K"),
    };
}

/// <summary>Which chat templates a model has.</summary>
/// <param name="LlamaChat">Whether it has any.</param>
/// <param name="Jinja">Those in Jinja, which all are.</param>
public sealed record ChatTemplateSupport(bool LlamaChat, JinjaSupport Jinja);

/// <summary>Which Jinja templates a model has.</summary>
/// <param name="Default">The usual one.</param>
/// <param name="ToolUse">One of its own for conversations with tools.</param>
public sealed record JinjaSupport(bool Default, bool ToolUse);
