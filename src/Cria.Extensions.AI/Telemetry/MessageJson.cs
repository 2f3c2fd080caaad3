using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Cria.Extensions.AI.Telemetry;

/// <summary>Writes messages in the JSON shape that the conventions give to what is said.</summary>
internal static class MessageJson
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(IReadOnlyList<ChatMessage> messages, string? finishReason = null)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, s_options))
        {
            json.WriteStartArray();
            foreach (ChatMessage message in messages) Write(json, message, finishReason);
            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static void Write(Utf8JsonWriter json, ChatMessage message, string? finishReason)
    {
        json.WriteStartObject();
        json.WriteString("role", message.Role);
        json.WriteStartArray("parts");
        if (message.ReasoningContent is { Length: > 0 } thought) Part("reasoning", "content", thought);
        if (message.Role == "tool") Part("tool_call_response", "response", message.Content ?? "", message.ToolCallId);
        else if (message.Content is { Length: > 0 } text) Part("text", "content", text);
        foreach (ToolCall call in message.ToolCalls ?? []) Part("tool_call", "arguments", call.Arguments, call.Id, call.Name);
        json.WriteEndArray();
        if (finishReason is not null) json.WriteString("finish_reason", finishReason);
        json.WriteEndObject();

        void Part(string type, string member, string value, string? id = null, string? name = null)
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            if (id is not null) json.WriteString("id", id);
            if (name is not null) json.WriteString("name", name);
            json.WriteString(member, value);
            json.WriteEndObject();
        }
    }
}
