using System.Text;
using Cria.Text.Templates;

namespace Cria.Text.Chats;

/// <summary>Turns messages and tools into what a template reads, adapted to what it can.</summary>
internal sealed class ChatTemplateMessages(string source, TemplateCapabilities capabilities)
{
    private static readonly char[] Spaces = [' ', '\t', '\n', '\v', '\f', '\r'];

    // Templates spell control tokens with these, as in '<|' + role + '|>', so they are not taken for text from outside.
    private static readonly HashSet<string> KnownRoles =
        ["system", "developer", "user", "assistant", "tool", "function", "ipython", "model", "tool_response", "tool_result"];

    // What is done to the messages of a conversation, in this order, and when.
    private readonly (bool Applies, Func<IReadOnlyList<ChatMessage>, IReadOnlyList<ChatMessage>> Adapt)[] _rules =
    [
        // StepFun's models fall into endless reasoning after a prompt with spaces that lead or trail.
        (Has(source, "You have access to the following functions in JSONSchema format"), TrimTexts),
        // Only gpt-oss knows the role.
        (!Has(source, "<|channel|>"), CallDevelopersSystem),
        (!capabilities.SystemRole, MergeSystemIntoNext),
        (capabilities.StringContent && !capabilities.TypedContent, JoinParts),
        (capabilities.TypedContent && !capabilities.StringContent, MakeParts),
    ];

    /// <summary>The text of a message's content.</summary>
    public static string TextOf(ChatMessage message, string separator)
    {
        if (!string.IsNullOrEmpty(message.Content) || message.Parts is null) return message.Content ?? "";

        // As llama.cpp joins them: empty parts at the beginning leave no separator.
        var text = new StringBuilder();
        foreach (ChatContentPart part in message.Parts) text.Append(text.Length == 0 ? "" : separator).Append(part.Text);
        return text.ToString();
    }

    public List<MapValue> Convert(IReadOnlyList<ChatMessage> messages)
    {
        IReadOnlyList<ChatMessage> adapted = messages;
        foreach ((bool applies, Func<IReadOnlyList<ChatMessage>, IReadOnlyList<ChatMessage>> adapt) in _rules)
        {
            if (applies) adapted = adapt(adapted);
        }
        int dropped = messages.Count - adapted.Count; // a system message at the beginning
        return [.. adapted.Select((message, at) => Convert(message, at + dropped))];
    }

    public static ListValue Convert(IReadOnlyList<ChatTool> tools) =>
        new(tools.Select(tool => TemplateValues.Map(
            ("type", "function"),
            ("function", TemplateValues.Map(
                ("name", TemplateValues.Input(tool.Name)),
                ("description", TemplateValues.Input(tool.Description ?? "")),
                ("parameters", TemplateValues.Input(tool.Parameters)))))));

    private MapValue Convert(ChatMessage message, int index)
    {
        MapValue map = TemplateValues.Map(
            ("role", StringValue.From(message.Role, isInput: !KnownRoles.Contains(message.Role))),
            ("content", Content(message)));
        SetText("reasoning_content", message.ReasoningContent);
        SetText("name", message.Name);
        SetText("tool_call_id", message.ToolCallId);
        if (message.ToolCalls is { Count: > 0 } calls)
            map.Set("tool_calls", new ListValue(calls.Select((call, at) => Call(call, $"messages[{index}].tool_calls[{at}]"))));
        return map;

        void SetText(string key, string? text)
        {
            if (!string.IsNullOrEmpty(text)) map.Set(key, TemplateValues.Input(text));
        }
    }

    private static TemplateValue Content(ChatMessage message) =>
        string.IsNullOrEmpty(message.Content) && message.Parts is { Count: > 0 } parts
            ? new ListValue(parts.Select(part => TemplateValues.Map(("type", "text"), ("text", TemplateValues.Input(part.Text)))))
            : TemplateValues.Input(message.Content ?? "");

    private MapValue Call(ToolCall call, string place)
    {
        TemplateValue arguments = capabilities.ObjectArguments
            ? TemplateValues.Input(ChatJson.Parse(call.Arguments, $"{place}.function.arguments").Value)
            : TemplateValues.Input(call.Arguments);
        MapValue map = TemplateValues.Map(
            ("type", "function"),
            ("function", TemplateValues.Map(("name", TemplateValues.Input(call.Name)), ("arguments", arguments))));
        if (call.Id.Length > 0) map.Set("id", TemplateValues.Input(call.Id));
        return map;
    }

    private static IReadOnlyList<ChatMessage> TrimTexts(IReadOnlyList<ChatMessage> messages) =>
    [
        .. messages.Select(message => message with
        {
            Content = message.Content?.Trim(Spaces),
            ReasoningContent = message.ReasoningContent?.Trim(Spaces),
            Parts = message.Parts is null ? null : [.. message.Parts.Select(part => new ChatContentPart(part.Text.Trim(Spaces)))],
        }),
    ];

    private static IReadOnlyList<ChatMessage> CallDevelopersSystem(IReadOnlyList<ChatMessage> messages) =>
        [.. messages.Select(message => message.Role == "developer" ? message with { Role = "system" } : message)];

    private static IReadOnlyList<ChatMessage> MergeSystemIntoNext(IReadOnlyList<ChatMessage> messages)
    {
        if (messages is not [{ Role: "system" } system, ..]) return messages;
        if (messages is [_]) return [];
        ChatMessage next = messages[1];
        return [next with { Content = $"{TextOf(system, "\n")}\n{TextOf(next, "\n")}", Parts = null }, .. messages.Skip(2)];
    }

    private static IReadOnlyList<ChatMessage> JoinParts(IReadOnlyList<ChatMessage> messages) =>
        [.. messages.Select(message => message with { Content = TextOf(message, "\n"), Parts = null })];

    private static IReadOnlyList<ChatMessage> MakeParts(IReadOnlyList<ChatMessage> messages) =>
    [
        .. messages.Select(message => message.Parts is { Count: > 0 }
            ? message
            : message with { Content = null, Parts = [new ChatContentPart(message.Content ?? "")] }),
    ];

    private static bool Has(string source, string mark) => source.Contains(mark, StringComparison.Ordinal);
}
