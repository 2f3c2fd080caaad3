using Cria.Text.Chats;

namespace Cria.Tests.Text;

/// <summary>Calls that models write in Python, and code for a tool that runs it.</summary>
public sealed class PythonCallTests
{
    private const string Llama = "<|python_tag|>", Generic = "a template without tools", GptOss = "<|channel|> <|message|>";

    private static readonly IReadOnlyList<ChatTool> Tools =
    [
        ChatTool.Create("get_weather", "Tells the weather.",
            """{"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "exact": {"type": "boolean"}}, "required": ["city"]}"""),
        ChatTool.Create("brave_search", "Searches.", """{"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}"""),
        ChatTool.Create("browser.search", "Searches.", """{"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}"""),
        ChatTool.Create("python", "Runs code.", """{"type": "object", "properties": {"source": {"type": "string"}}, "required": ["source"]}"""),
    ];

    [Theory]
    [InlineData(Generic, "```tool_code\nget_weather(city=\"Rome\", days=3)\n```", "get_weather", """{"city":"Rome","days":3}""")]
    [InlineData(Generic, "```tool_code\nprint(get_weather(city='Rome', exact=True))\n```", "get_weather", """{"city":"Rome","exact":true}""")]
    [InlineData(Generic, "```tool_code\nget_weather('Rome', 3)\n```", "get_weather", """{"city":"Rome","days":3}""")]
    [InlineData(Generic, "```tool_code\n{\"name\": \"get_weather\", \"arguments\": {\"city\":\"Rome\"}}\n```", "get_weather", """{"city":"Rome"}""")]
    [InlineData(Llama, "<|python_tag|>brave_search.call(query=\"rain, (Rome)\")", "brave_search", """{"query":"rain, (Rome)"}""")]
    [InlineData(Llama, "<|python_tag|>get_weather(city=\"Rome\")", "get_weather", """{"city":"Rome"}""")]
    [InlineData(Llama, "<|python_tag|>import math\nprint(math.pi, \"<\")", "python", """{"source":"import math\nprint(math.pi, \"<\")"}""")]
    [InlineData(GptOss, "<|channel|>analysis to=python code<|message|>print(1)<|call|>", "python", """{"source":"print(1)"}""")]
    [InlineData(GptOss, "<|channel|>analysis to=browser.search code<|message|>{\"query\":\"rain\"}<|call|>", "browser.search", """{"query":"rain"}""")]
    [InlineData(GptOss, "<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{\"city\":\"Rome\"}<|call|>", "get_weather", """{"city":"Rome"}""")]
    public void Are_calls_of_the_tools_that_there_are(string says, string text, string name, string arguments)
    {
        foreach (int length in (int[])[1, 3, 1000])
        {
            ChatMessage message = Read(says, Tools, text, length);
            ToolCall call = Assert.Single(message.ToolCalls!);
            Assert.Equal((name, arguments), (call.Name, call.Arguments));
            Assert.Equal("", message.Content);
        }
    }

    [Fact]
    public void May_come_several_at_once()
    {
        ChatMessage message = Read(Generic, Tools, "Look:\n```tool_code\nget_weather(city=\"Rome\")\nbrave_search(query=\"x\")\n```", 2);
        Assert.Equal(["get_weather", "brave_search"], message.ToolCalls!.Select(call => call.Name));
        Assert.Equal("Look:", message.Content!.Trim());
    }

    [Theory]
    [InlineData(Generic, "```tool_code\nset_light(room=\"hall\")\n```")]
    [InlineData(Generic, "```\nfor x in get_weather(): pass\n```")]
    [InlineData(Llama, "<|python_tag|>import math")]
    public void Are_text_where_there_is_no_such_tool(string says, string text)
    {
        ChatMessage message = Read(says, [.. Tools.Take(3)], text, 1);
        Assert.Null(message.ToolCalls);
        Assert.Equal(text, message.Content);
    }

    [Fact]
    public void Built_in_tools_of_gpt_oss_stay_reasoning_where_nobody_offers_them()
    {
        ChatMessage message = Read(GptOss, [Tools[0]], "<|channel|>analysis to=python code<|message|>print(1)<|call|>", 4);
        Assert.Null(message.ToolCalls);
        Assert.Equal("print(1)", message.ReasoningContent);
    }

    [Theory]
    [InlineData(Generic, "```tool_code\nget_weather(city=\"Rome\", exact=True)\n```", "```tool_code\nget_weather(city=3)\n```")]
    [InlineData(Llama, "<|python_tag|>brave_search.call(query=\"x\")", "<|python_tag|>brave_search.call(question=\"x\")")]
    [InlineData(Llama, "<|python_tag|>{\"name\": \"brave_search\", \"parameters\": {\"query\": \"x\"}}", "<|python_tag|>{\"name\": \"search\", \"parameters\": {}}")]
    public void Follow_the_schema_from_their_mark_on(string says, string allowed, string forbidden)
    {
        ToolConstraint constraint = ToolConstraint.WhenCalling(ChatNotationDetector.Detect(says), [.. Tools.Take(3)]);
        Grammar grammar = Grammar.FromGbnf(constraint.Gbnf);
        Assert.Contains(constraint.Triggers, trigger => allowed.StartsWith(trigger, StringComparison.Ordinal));
        Assert.True(grammar.Check(allowed).IsAccepted, grammar.Check(allowed).ToString());
        Assert.False(grammar.Check(forbidden).IsAccepted);
    }

    private static ChatMessage Read(string says, IReadOnlyList<ChatTool> tools, string text, int length)
    {
        var reader = new ChatReader(ChatNotationDetector.Detect(says), tools, "");
        foreach (char[] piece in text.Chunk(length)) reader.Append(new string(piece));
        reader.Finish();
        return reader.Message;
    }
}
