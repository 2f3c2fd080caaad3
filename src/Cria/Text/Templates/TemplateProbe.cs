namespace Cria.Text.Templates;

/// <summary>A small chat that a template has rendered, with notes on which of its values were read.</summary>
internal sealed class TemplateProbe
{
    public const string Marker = "STRING_MARKER";

    private readonly ReadLog _reads = new();
    private readonly MapValue[] _messages;
    private readonly ListValue _tools;

    private TemplateProbe(
        Template template, MapValue[] messages, ListValue tools, params ReadOnlySpan<(string Name, TemplateValue Value)> more)
    {
        _messages = messages;
        _tools = tools;
        var variables = new Dictionary<string, TemplateValue>
        {
            ["messages"] = new ListValue(messages),
            ["tools"] = tools,
            ["bos_token"] = "",
            ["eos_token"] = "",
            ["add_generation_prompt"] = true,
        };
        foreach ((string name, TemplateValue value) in more) variables[name] = value;
        try
        {
            Text = template.Render(variables, null, null, _reads).Text;
        }
        catch (TemplateException)
        {
            // That it refuses the chat is what the probe is for.
        }
    }

    /// <summary>What was rendered; null where the template failed.</summary>
    public string? Text { get; }

    public bool UsesTools => _reads.WasUsed(Map(Map(_tools.Items[0]).Get("function")).Get("name"));

    public bool UsesToolCalls => _reads.WasUsed(_messages[1].Get("tool_calls"));

    public bool UsesArgument => _reads.WasUsed(Map(Function(0).Get("arguments")).Get("arg"));

    public bool UsesSecondCall => _reads.WasUsed(Function(1));

    public static TemplateProbe Render(Template template, params MapValue[] messages) => new(template, messages, new ListValue([]));

    /// <summary>Renders a chat with a tool, calls of it, and their result.</summary>
    public static TemplateProbe RenderCalls(Template template, bool objectArguments, int count)
    {
        MapValue assistant = Message("assistant", "");
        Set(assistant, "tool_calls", new ListValue(Enumerable.Range(1, count).Select(i => Call($"call{i:00000}", objectArguments))));
        MapValue result = Message("tool", "Tool response");
        Set(result, "tool_call_id", "call00001");
        MapValue answer = Message("assistant", "The tool response was 'tool response'");
        return new(template, [UserMessage("User message"), assistant, result, answer, UserMessage("User message")], new ListValue([Tool()]));
    }

    public static bool KeepsReasoning(Template template)
    {
        const string Placeholder = "<REASONING_CONTENT_PLACEHOLDER>";
        MapValue first = Message("assistant", "Assistant message");
        Set(first, "reasoning_content", Placeholder);
        MapValue second = Message("assistant", "Assistant message");
        Set(second, "reasoning_content", "Reasoning content");
        MapValue[] messages = [UserMessage("User message"), first, UserMessage("User message"), second, UserMessage("User message")];
        var probe = new TemplateProbe(
            template, messages, new ListValue([]), ("enable_thinking", true), ("preserve_thinking", true), ("clear_thinking", false),
            ("truncate_history_thinking", false), ("drop_thinking", false));
        return probe.Text?.Contains(Placeholder, StringComparison.Ordinal) ?? false;
    }

    public static bool UsesReasoningEffort(Template template)
    {
        TemplateValue effort = "low";
        var probe = new TemplateProbe(
            template, [UserMessage("User message")], new ListValue([]),
            ("enable_thinking", true), ("reasoning_effort", effort), ("reasoning_strength", effort));
        return probe._reads.WasUsed(effort);
    }

    public static MapValue UserMessage(TemplateValue content) => Message("user", content);

    public static MapValue Message(string role, TemplateValue content) => NewMap(("role", role), ("content", content));

    public bool Uses(string member, int message) => _reads.WasUsed(_messages[message].Get(member));

    public bool Tests(string member, int message, string test) =>
        _reads.Had(_messages[message].Get(member), Tree.TestOf.ReadOperation(test));

    public bool ReadsAsList(string member, int message)
    {
        TemplateValue value = _messages[message].Get(member);
        return _reads.Had(value, ReadLog.ElementAccess) || _reads.Had(value, "selectattr");
    }

    private static MapValue Call(string id, bool objectArguments) => NewMap(
        ("id", id),
        ("type", "function"),
        ("function", NewMap(("name", "tool1"), ("arguments", objectArguments ? NewMap(("arg", "value")) : "{\"arg\": \"value\"}"))));

    private static MapValue Tool() => NewMap(
        ("name", "tool"),
        ("type", "function"),
        ("function", NewMap(
            ("name", "tool1"),
            ("description", "Tool description"),
            ("parameters", NewMap(
                ("type", "object"),
                ("properties", NewMap(("arg", NewMap(("type", "string"), ("description", "Arg description"))))),
                ("required", new ListValue(["arg"])))))));

    private static MapValue NewMap(params ReadOnlySpan<(string Name, TemplateValue Value)> entries)
    {
        var map = new MapValue();
        foreach ((string name, TemplateValue value) in entries) Set(map, name, value);
        return map;
    }

    private static void Set(MapValue map, string name, TemplateValue value) => map.Set(new StringValue(name), value);

    private static MapValue Map(TemplateValue value) => (MapValue)value;

    private MapValue Function(int call) => Map(Map(((ListValue)_messages[1].Get("tool_calls")).Items[call]).Get("function"));
}
