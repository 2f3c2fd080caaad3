using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cria.LlamaRn;

/// <summary>Reads a parameter from JSON; parameters are never written.</summary>
internal abstract class ParameterConverter<T> : JsonConverter<T>
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Read(JsonElement.ParseValue(ref reader));

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => throw new NotSupportedException();

    protected abstract T Read(JsonElement json);
}

internal sealed class MessagesConverter : ParameterConverter<IReadOnlyList<ChatMessage>>
{
    protected override IReadOnlyList<ChatMessage> Read(JsonElement json) => ChatMessage.FromJson(json);
}

internal sealed class ToolsConverter : ParameterConverter<IReadOnlyList<ChatTool>>
{
    protected override IReadOnlyList<ChatTool> Read(JsonElement json) => ChatTool.FromJson(json);
}

internal sealed class ToolChoiceConverter : ParameterConverter<ToolChoice>
{
    protected override ToolChoice Read(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => json.GetString() switch
        {
            "auto" or "" => ToolChoice.Auto,
            "none" => ToolChoice.None,
            "required" => ToolChoice.Required,
            { } name => ToolChoice.Function(name),
            null => throw new JsonException(),
        },
        JsonValueKind.Object when json.TryGetProperty("function", out JsonElement function) && function.ValueKind == JsonValueKind.Object
            && function.TryGetProperty("name", out JsonElement name) && name.ValueKind == JsonValueKind.String => ToolChoice.Function(name.GetString()!),
        _ => throw new JsonException(),
    };
}

/// <summary>JSON that is given as text, or as it is.</summary>
internal sealed class JsonTextConverter : ParameterConverter<string>
{
    protected override string Read(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => json.GetString()!,
        JsonValueKind.Object or JsonValueKind.True or JsonValueKind.False => json.GetRawText(),
        _ => throw new JsonException(),
    };
}

internal sealed class LogitBiasConverter : ParameterConverter<LogitBias>
{
    protected override LogitBias Read(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() != 2) throw new JsonException();
        JsonElement token = json[0];
        float bias = json[1].ValueKind switch
        {
            JsonValueKind.Number => json[1].GetSingle(),
            JsonValueKind.False => float.NegativeInfinity,
            _ => throw new JsonException(),
        };
        if (token.ValueKind == JsonValueKind.String) return new LogitBias(null, token.GetString(), bias);
        if (token.ValueKind != JsonValueKind.Number || !token.TryGetInt32(out int id)) throw new JsonException();
        return new LogitBias(id, null, bias);
    }
}
