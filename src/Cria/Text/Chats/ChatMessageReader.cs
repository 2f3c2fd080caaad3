using System.Text.Json;

namespace Cria.Text.Chats;

/// <summary>Reads messages and tools in the shape of OpenAI's interface; members that it does not know are left aside.</summary>
internal static class ChatMessageReader
{
    private static readonly JsonElement NoParameters = ChatJson.Parse("{}", "parameters").Value;

    public static IReadOnlyList<ChatMessage> Messages(ChatJson messages) => [.. messages.Items().Select(Message)];

    public static IReadOnlyList<ChatTool> Tools(ChatJson tools) => tools.IsNull ? [] : [.. tools.Items().Select(Tool)];

    public static JsonElement Parameters(ChatJson parameters)
    {
        if (parameters.Value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Null))
            throw parameters.Wrong("a JSON schema, which is an object");
        _ = parameters.Compact(); // finds what cannot be written into a prompt
        return parameters.Value.Clone();
    }

    private static ChatMessage Message(ChatJson json)
    {
        ChatJson? content = json.Find("content");
        ChatJson? calls = json.Find("tool_calls");
        string role = json["role"].Text();
        if (content is null && calls is null) throw new ChatException(json.Place, "has neither content nor tool_calls. Give it one of them.");
        return new ChatMessage(role)
        {
            Content = content?.Value.ValueKind == JsonValueKind.String ? content.Value.Text() : null,
            Parts = content is { } parts ? Parts(parts) : null,
            ReasoningContent = json.FindText("reasoning_content"),
            ToolCalls = calls is { IsNull: false } some ? [.. some.Items().Select(Call)] : null,
            ToolCallId = json.FindText("tool_call_id"),
            Name = json.FindText("name"),
        };
    }

    private static IReadOnlyList<ChatContentPart>? Parts(ChatJson content) => content.Value.ValueKind switch
    {
        JsonValueKind.String or JsonValueKind.Null => null,
        JsonValueKind.Array => [.. content.Items().Select(Part)],
        _ => throw content.Wrong("a string, null or an array of parts"),
    };

    private static ChatContentPart Part(ChatJson part)
    {
        ChatJson type = part["type"];
        if (type.Text() is var name && name != "text") throw new ChatException(type.Place, $"is \"{name}\", but only text can be read.");
        return new ChatContentPart(part["text"].Text());
    }

    private static ToolCall Call(ChatJson call)
    {
        ChatJson function = Function(call);
        ChatJson arguments = function["arguments"];
        return new ToolCall(
            call.FindText("id") ?? "",
            function["name"].Text(),
            arguments.Value.ValueKind == JsonValueKind.String ? arguments.Text() : arguments.Compact());
    }

    private static ChatTool Tool(ChatJson tool)
    {
        ChatJson function = Function(tool);
        return new ChatTool(
            function["name"].Text(),
            function.FindText("description"),
            function.Find("parameters") is { } parameters ? Parameters(parameters) : NoParameters);
    }

    private static ChatJson Function(ChatJson item)
    {
        ChatJson type = item["type"];
        return type.Text() == "function"
            ? item["function"]
            : throw new ChatException(type.Place, $"is \"{type.Text()}\", but must be \"function\".");
    }
}
