using Cria.Testing;
using Cria.Text.Chats;

namespace Cria.Tests.Text;

/// <summary>What is no model answer: calls that are none, calls that break off, and settings.</summary>
public sealed class ChatReaderTests
{
    private static readonly IReadOnlyList<ChatTool> Tools = ChatTool.FromJson(ChatSamples.Tools);

    [Theory]
    [InlineData("<tool_call>", "Write <tool_call> and JSON.", "Write <tool_call> and JSON.")]
    [InlineData("<tool_call>", "<tool_call>\n{\"city\": \"Rome\"}\n</tool_call>", "<tool_call>\n{\"city\": \"Rome\"}\n</tool_call>")]
    [InlineData("<tool_call>", "<tool_call>\n{\"name\": ", "<tool_call>\n{\"name\": ")]
    [InlineData("<tool_call>", "<tool_call>\n[1, 2]", "<tool_call>\n[1, 2]")]
    [InlineData("<tool_call>", "a </think> b", "a </think> b")]
    [InlineData("<function= <parameter=", "<function=get weather>", "<function=get weather>")]
    [InlineData("[TOOL_CALLS] [ARGS]", "[TOOL_CALLS]get_weather", "[TOOL_CALLS]get_weather")]
    [InlineData("[TOOL_CALLS] [ARGS]", "[TOOL_CALLS]get_weather[ARGS]Rome", "[TOOL_CALLS]get_weather[ARGS]Rome")]
    [InlineData("<|python_tag|>", "{\"name\": \"Ada\", \"age\": 36}", "{\"name\": \"Ada\", \"age\": 36}")]
    [InlineData("<|python_tag|>", "{\"name\": \"Ada\", \"arguments\": {\"a\": 1}}", "{\"name\": \"Ada\", \"arguments\": {\"a\": 1}}")]
    [InlineData("<|tool_list_start|>", "<|tool_call_start|>[1, 2]", "<|tool_call_start|>[1, 2]")]
    [InlineData("<|channel|> <|message|>", "Just text, with <|message|> in it.", "Just text, with <|message|> in it.")]
    public void Shows_what_only_looks_like_a_call(string says, string text, string content)
    {
        ChatMessage message = Read(says, text);
        Assert.Equal(content, message.Content);
        Assert.Null(message.ToolCalls);
    }

    [Theory]
    [InlineData("<tool_call>", "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Ro", "get_weather", "{\"city\": \"Ro")]
    [InlineData("<tool_call>", "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}\n</tool_", "get_weather", "{\"city\": \"Rome\"}")]
    [InlineData("<tool_call>", "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}", "get_weather", "{\"city\": \"Rome\"}")]
    [InlineData("<function= <parameter=", "<tool_call>\n<function=get_weather>\n<parameter=city>\nRo</para", "get_weather", "{\"city\":\"Ro</para")]
    [InlineData("<function= <parameter=", "<tool_call>\n<function=get_weather>\n<parameter=days>\n1", "get_weather", "{\"days\":1")]
    [InlineData("<|tool_list_start|>", "<|tool_call_start|>[get_weather(city=\"Rome\", days=1", "get_weather", "{\"city\":\"Rome\",\"days\":1")]
    [InlineData("<|tool_call>call:", "<|tool_call>call:get_weather{city:<|\"|>Ro", "get_weather", "{\"city\":\"Ro")]
    public void Keeps_what_there_is_of_a_call_that_breaks_off(string says, string text, string name, string arguments)
    {
        ChatMessage message = Read(says, text);
        Assert.Equal("", message.Content);
        Assert.Equal((name, arguments), (message.ToolCalls!.Single().Name, message.ToolCalls!.Single().Arguments));
    }

    [Fact]
    public void Goes_on_with_the_answer_after_a_call()
    {
        ChatMessage message = Read("<tool_call>", "<tool_call>{\"name\": \"ping\"}</tool_call> \n Done.");
        Assert.Equal("Done.", message.Content);
        Assert.Equal(("ping", "{}"), (message.ToolCalls!.Single().Name, message.ToolCalls!.Single().Arguments));
    }

    [Fact]
    public void Keeps_the_calls_before_one_that_is_none()
    {
        ChatMessage message = Read("<tool_call>", "<tool_call>{\"name\": \"ping\"}</tool_call>\n<tool_call>what?</tool_call>");
        Assert.Equal("ping", message.ToolCalls!.Single().Name);
        Assert.Equal("<tool_call>what?</tool_call>", message.Content);
    }

    [Fact]
    public void Takes_a_call_of_a_tool_that_there_is_not_where_it_is_marked()
    {
        Assert.Equal("fly", Read("<tool_call>", "<tool_call>{\"name\": \"fly\", \"arguments\": {}}</tool_call>").ToolCalls!.Single().Name);
    }

    [Fact]
    public void Takes_the_members_of_a_call_in_any_order_and_arguments_in_a_text()
    {
        ToolCall late = Read("<tool_call>", "<tool_call>{\"arguments\": {\"city\": \"Rome\"}, \"id\": 7, \"name\": \"get_weather\"}</tool_call>").ToolCalls!.Single();
        Assert.Equal(("get_weather", "{\"city\": \"Rome\"}", "7"), (late.Name, late.Arguments, late.Id));
        ToolCall text = Read("<tool_call>", "<tool_call>{\"name\": \"get_weather\", \"arguments\": \"{\\\"city\\\": \\\"Rome\\\"}\"}</tool_call>").ToolCalls!.Single();
        Assert.Equal("{\"city\": \"Rome\"}", text.Arguments);
        ToolCall wrapped = Read("<tool_call>", "<tool_call>{\"type\": \"function\", \"function\": {\"name\": \"ping\", \"arguments\": {}}}</tool_call>").ToolCalls!.Single();
        Assert.Equal(("ping", "{}"), (wrapped.Name, wrapped.Arguments));
    }

    [Fact]
    public void Gives_values_the_types_that_the_tool_asks_for()
    {
        const string says = "<arg_key> <arg_value>";
        Assert.Equal("{\"city\":\"12\",\"days\":3}", Call(says, Keys(("city", "12"), ("days", "3"))).Arguments);
        Assert.Equal("{\"room\":\"true\",\"on\":true}", Call(says, Keys(("room", "true"), ("on", "True"), "set_light")).Arguments);
        Assert.Equal("{\"steps\":[\"a\", \"b\"]}", Call(says, Keys(("steps", "['a', 'b']"), "plan")).Arguments);
        Assert.Equal("{\"other\":5,\"more\":\"x\"}", Call(says, Keys(("other", "5"), ("more", "x"))).Arguments);
        Assert.Equal("{\"days\":\"soon\"}", Call(says, Keys(("days", "soon"))).Arguments);
    }

    [Fact]
    public void Makes_ids_in_the_form_of_the_family_where_the_model_gives_none()
    {
        Assert.Matches("^call_[A-Za-z0-9]{24}$", Call("<tool_call>", "<tool_call>{\"name\": \"ping\"}</tool_call>").Id);
        Assert.Matches("^[A-Za-z0-9]{9}$", Call("[TOOL_CALLS] [ARGS]", "[TOOL_CALLS]ping[ARGS]{}").Id);
        Assert.Equal("abcDEF123", Call("[TOOL_CALLS] [ARGS] [CALL_ID]", "[TOOL_CALLS]ping[CALL_ID]abcDEF123[ARGS]{}").Id);
        const string kimi = "<|tool_calls_section_begin|> <|tool_call_begin|>";
        Assert.Equal("functions.ping:4", Call(kimi, "<|tool_call_begin|>functions.ping:4<|tool_call_argument_begin|>{}<|tool_call_end|>").Id);
        Assert.Equal("functions.ping:0", Call(kimi, "<|tool_call_begin|>ping<|tool_call_argument_begin|>{}<|tool_call_end|>").Id);
    }

    [Fact]
    public void Reads_no_calls_without_tools()
    {
        const string text = "<tool_call>{\"name\": \"ping\"}</tool_call>";
        var reader = new ChatReader(ChatNotationDetector.Detect("<tool_call>"), [], "");
        reader.Append(text);
        reader.Finish();
        Assert.Equal(text, reader.Message.Content);
    }

    [Theory]
    [InlineData("<think>", "", "<think>\nHm.\n</think>\n\nYes.", "<think>\nHm.\n</think>\n\nYes.")]
    [InlineData("<think>", "<|im_start|>assistant\n<think>\n", "Hm.\n</think>\n\nYes.", "<think>\nHm.\n</think>\n\nYes.")]
    [InlineData("<|channel|> <|message|>", "<|start|>assistant", "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Yes.",
        "<|channel|>analysis<|message|>Hm.<|end|>Yes.")]
    public void Leaves_the_reasoning_in_the_answer_if_asked_to(string says, string prompt, string text, string content)
    {
        var reader = new ChatReader(ChatNotationDetector.Detect(says), Tools, prompt, separatesReasoning: false);
        string shown = string.Concat(text.SelectMany(c => reader.Append($"{c}")).ToList().Concat(reader.Finish()).Select(delta => delta.Content));
        Assert.Equal(content, reader.Message.Content);
        Assert.Equal(content, shown);
        Assert.Null(reader.Message.ReasoningContent);
    }

    [Theory]
    [InlineData("<|im_start|>assistant\n<think>\n\n</think>\n\n", "Yes, <think> is a tag.", "", "Yes, <think> is a tag.")]
    [InlineData("<|im_start|>assistant\n<think>\n", "</think>\n\nYes.", "", "Yes.")]
    [InlineData("<|im_start|>assistant\n<think>\n", "Hm", "Hm", "")]
    [InlineData("", "\n\n<think>Hm.</think> Yes.\n", "Hm.", "Yes.\n")]
    [InlineData("", "  indented", "", "  indented")]
    [InlineData("", "1 < 2 <think", "", "1 < 2 <think")]
    public void Begins_where_the_prompt_has_left_off(string prompt, string text, string reasoning, string content)
    {
        var reader = new ChatReader(ChatNotationDetector.Detect("<think>"), Tools, prompt);
        reader.Append(text);
        reader.Finish();
        Assert.Equal(reasoning, reader.Message.ReasoningContent ?? "");
        Assert.Equal(content, reader.Message.Content);
    }

    [Fact]
    public void Holds_back_only_what_may_become_a_mark()
    {
        var reader = new ChatReader(ChatNotationDetector.Detect("<tool_call> <think>"), Tools, "");
        Assert.Equal("a", Assert.Single(reader.Append("a <tool")).Content);
        Assert.Equal(" <tool b", Assert.Single(reader.Append(" b")).Content);
        Assert.Empty(reader.Append("<tool_call>{\"name\": \"get_weather\", \"argu"));
        Assert.Equal("get_weather", reader.Append("ments\": {").First().ToolCall!.Name);
        Assert.Equal("\"city\": \"R", Assert.Single(reader.Append("\"city\": \"R")).ToolCall!.Arguments);
    }

    [Theory]
    [InlineData("{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}")]
    [InlineData("```json\n{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Rome\"}}\n```")]
    [InlineData("```tool_call\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}\n```")]
    [InlineData("```json\n[{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}]\n```")]
    public void Reads_JSON_calls_of_models_that_know_no_notation(string text)
    {
        ChatMessage message = Read("a template without tools", text);
        Assert.Equal(("get_weather", "{\"city\": \"Rome\"}"), (message.ToolCalls!.Single().Name, message.ToolCalls!.Single().Arguments));
        Assert.Equal("", message.Content);
    }

    [Theory]
    [InlineData("<|tool_call|> <|/tool_call|>", "<|tool_call|>[{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}]<|/tool_call|>")]
    [InlineData("<|tool_call|>", "<|tool_call|>[{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}]")]
    [InlineData("<|tool_call|>", "<|tool_call|>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}")]
    [InlineData("functools[", "functools[{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}]")]
    [InlineData("<|python_tag|>", "<|python_tag|>{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Rome\"}}")]
    [InlineData("Gemma", "```tool_code\n{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Rome\"}}\n```")]
    public void Reads_the_notations_of_older_families(string says, string text)
    {
        ChatMessage message = Read(says, text);
        Assert.Equal(("get_weather", "{\"city\": \"Rome\"}"), (message.ToolCalls!.Single().Name, message.ToolCalls!.Single().Arguments));
        Assert.Equal("", message.Content);
    }

    [Fact]
    public void Tells_models_without_a_notation_how_to_call_in_the_notation_that_is_read()
    {
        var call = new ToolCall("1", "get_weather", "{\"city\": \"Rome\"}");
        string told = ToolInstructions.Describe(Tools);
        Assert.All(Tools, tool => Assert.Contains($"\"{tool.Name}\"", told));
        ToolCall read = Read("a template without tools", ToolInstructions.Write([call])).ToolCalls!.Single();
        Assert.Equal((call.Name, call.Arguments), (read.Name, read.Arguments));
    }

    [Fact]
    public void Leaves_other_JSON_of_such_models_alone()
    {
        const string text = "Like so:\n```json\n{\"a\": 1}\n```\nYes.";
        Assert.Equal(text, Read("a template without tools", text).Content);
    }

    [Fact]
    public void Tells_which_control_tokens_must_be_seen()
    {
        ChatNotation notation = ChatNotationDetector.Detect("<|channel|> <|message|>");
        Assert.Equal(["<|channel|>", "<|message|>", "<|end|>"], notation.VisibleTokens(["<|channel|>", "<|message|>", "<|end|>", "<|endoftext|>"]));
    }

    [Fact]
    public void Learns_a_notation_that_nobody_knows_from_what_the_template_renders()
    {
        ChatTemplate template = ChatTemplate.Parse("""
            {%- for m in messages %}({{ m.role }}){{ m.content }}
            {%- for c in m.tool_calls or [] %}<<call>>{{ {"tool": c.function.name, "with": c.function.arguments} | tojson }}<</call>>{% endfor %}(end)
            {%- endfor %}
            """);
        var reader = new ChatReader(ChatNotationDetector.Detect(template), Tools, "");
        reader.Append("Look.<<call>>{\"tool\": \"get_weather\", \"with\": {\"city\": \"Rome\"}}<</call>>");
        reader.Finish();
        Assert.Equal("Look.", reader.Message.Content);
        Assert.Equal(("get_weather", "{\"city\": \"Rome\"}"), (reader.Message.ToolCalls!.Single().Name, reader.Message.ToolCalls!.Single().Arguments));
    }

    private static ToolCall Call(string says, string text) => Read(says, text).ToolCalls!.Single();

    private static ChatMessage Read(string says, string text)
    {
        var reader = new ChatReader(ChatNotationDetector.Detect(says), Tools, "");
        foreach (char c in text) reader.Append($"{c}");
        reader.Finish();
        return reader.Message;
    }

    private static string Keys(params (string Key, string Value)[] parameters) => Keys(parameters, "get_weather");

    private static string Keys((string Key, string Value) parameter, string name) => Keys([parameter], name);

    private static string Keys((string Key, string Value) first, (string Key, string Value) second, string name) => Keys([first, second], name);

    private static string Keys((string Key, string Value)[] parameters, string name) =>
        $"<tool_call>{name}{string.Concat(parameters.Select(p => $"<arg_key>{p.Key}</arg_key><arg_value>{p.Value}</arg_value>"))}</tool_call>";
}
