using System.Text.Json;

namespace Cria.LlamaRn;

/// <summary>What helps programs over that come from llama.rn; docs/migrating-from-llama-rn.md tells the rest.</summary>
public static class Migration
{
    /// <summary>Tells a llama.rn configuration in the engine's own words, for programs that go on with <see cref="LlamaModel"/>.</summary>
    /// <returns>The file and how to load it.</returns>
    /// <exception cref="LlamaException">A parameter is missing or wrong.</exception>
    public static (string Path, ModelOptions Options) ConvertConfig(ContextParams config)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (string.IsNullOrEmpty(config.Model)) throw LlamaException.Invalid("model", "model is missing. Give the path of a GGUF file.");
        ModelOptions options = LlamaConversions.ConvertConfig(config, config.OnWarning);
        IEnumerable<LoraAdapterParams> adapters = config.LoraList ?? [];
        if (!string.IsNullOrEmpty(config.Lora)) adapters = adapters.Prepend(new LoraAdapterParams(config.Lora, config.LoraScaled));
        return (LlamaConversions.PathOf(config.Model), options with
        {
            Adapters = [.. adapters.Select(adapter => new AdapterFile(LlamaConversions.PathOf(adapter.Path), adapter.Scaled ?? 1))],
            OnWarning = config.OnWarning,
        });
    }

    /// <summary>Reads a conversation that llama.rn's callers keep as JSON: an array of messages, or an object that has one.</summary>
    /// <exception cref="LlamaException">The text is no JSON, or a message is ill-formed.</exception>
    public static IReadOnlyList<ChatMessage> ConvertFormat(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            bool isRequest = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("messages", out root);
            return ChatMessage.FromJson(isRequest ? root : document.RootElement);
        }
        catch (JsonException error)
        {
            throw LlamaException.Invalid("messages", $"The conversation is no JSON: {error.Message}", error);
        }
        catch (ChatException error)
        {
            throw LlamaErrors.ConvertError(error);
        }
    }

    /// <summary>Makes of any failure one with a code of llama.rn's kind.</summary>
    public static LlamaException HandleErrors(Exception error) => LlamaErrors.ConvertError(error);
}
