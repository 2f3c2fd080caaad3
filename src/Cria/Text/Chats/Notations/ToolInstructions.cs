using System.Text;

namespace Cria.Text.Chats;

/// <summary>
/// What a model must be told whose template knows no tools, so that it calls them in <see cref="ToolNotationFamilies.Generic"/>.
/// </summary>
internal static class ToolInstructions
{
    /// <summary>The conversation with the tools described in it, and with calls and their results as plain texts.</summary>
    public static ChatRequest Spell(ChatRequest request)
    {
        string description = Describe(request.Tools);
        var messages = new List<ChatMessage>();
        if (request.Messages is not [{ Role: "system" or "developer" }, ..]) messages.Add(ChatMessage.System(description));
        bool isAfterResult = false;
        foreach (ChatMessage message in request.Messages)
        {
            bool isResult = message.Role == "tool";
            string text = ChatTemplateMessages.TextOf(message, "\n");
            if (messages.Count == 0) messages.Add(Said(message, $"{text}\n\n{description}"));
            else if (isResult && isAfterResult) messages[^1] = Said(messages[^1], $"{messages[^1].Content}\n{Result(message, text)}");
            else if (isResult) messages.Add(ChatMessage.User(Result(message, text)));
            else if (message.ToolCalls is { Count: > 0 } calls) messages.Add(Said(message, $"{text}\n{Write(calls)}".TrimStart()));
            else messages.Add(message);
            isAfterResult = isResult;
        }

        return request with { Messages = messages, Tools = [] };
    }

    private static string Result(ChatMessage message, string text) =>
        message.Name is { } name ? $"{name} returned: {text}" : $"The tool returned: {text}";

    private static ChatMessage Said(ChatMessage message, string text) => message with { Content = text, Parts = null, ToolCalls = null };

    /// <summary>A text for the system's message: which tools there are, and how to call one.</summary>
    public static string Describe(IReadOnlyList<ChatTool> tools)
    {
        var text = new StringBuilder(
            "You can call these tools; each is described by its name, its purpose and the schema of its arguments:\n");
        foreach (ChatTool tool in tools)
        {
            string description = tool.Description is null ? "" : $"\"description\": {JsonText.Quote(tool.Description)}, ";
            text.Append($"{{\"name\": {JsonText.Quote(tool.Name)}, {description}\"parameters\": {tool.Parameters.GetRawText()}}}\n");
        }

        return text.Append("To call a tool, answer with nothing but its name and arguments in this form:\n")
            .Append("```tool_call\n{\"name\": \"NAME\", \"arguments\": {}}\n```\n")
            .Append("You will be told what it returned. Answer in plain words if no tool is needed.").ToString();
    }

    /// <summary>Calls as the model was told to write them, for the history of the conversation.</summary>
    public static string Write(IReadOnlyList<ToolCall> calls) => string.Join('\n', calls.Select(call =>
        $"```tool_call\n{{\"name\": {JsonText.Quote(call.Name)}, \"arguments\": {call.Arguments}}}\n```"));
}
