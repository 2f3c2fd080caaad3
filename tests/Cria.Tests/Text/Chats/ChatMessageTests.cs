using System.Text.Json;

namespace Cria.Tests.Text.Chats;

public sealed class ChatMessageTests
{
    [Fact]
    public void Reads_a_conversation_with_every_kind_of_message()
    {
        IReadOnlyList<ChatMessage> messages = ChatMessage.FromJson("""
            [
              { "role": "system", "content": "Be kind." },
              { "role": "user", "content": [ { "type": "text", "text": "Hi" }, { "type": "text", "text": "there" } ], "name": "Ada" },
              { "role": "assistant", "content": null, "reasoning_content": "Rome.", "unknown": 3, "tool_calls": [
                { "id": "c1", "type": "function", "function": { "name": "weather", "arguments": "{\"city\": \"Rome\"}" } },
                { "type": "function", "function": { "name": "time", "arguments": { "zone": "UTC" } } } ] },
              { "role": "tool", "tool_call_id": "c1", "name": "weather", "content": "sunny" }
            ]
            """);

        Assert.Equal(ChatMessage.System("Be kind."), messages[0]);
        Assert.Null(messages[1].Content);
        Assert.Equal([new ChatContentPart("Hi"), new ChatContentPart("there")], messages[1].Parts!);
        Assert.Equal("Ada", messages[1].Name);
        Assert.Null(messages[2].Content);
        Assert.Equal("Rome.", messages[2].ReasoningContent);
        Assert.Equal([new ToolCall("c1", "weather", "{\"city\": \"Rome\"}"), new ToolCall("", "time", "{\"zone\":\"UTC\"}")], messages[2].ToolCalls!);
        Assert.Equal(ChatMessage.Tool("sunny", "c1", "weather"), messages[3]);
    }

    [Theory]
    [InlineData("""[{"role":"user","content":"a"},{"content":"b"}]""", "messages[1].role is missing.")]
    [InlineData("""[{"role":5,"content":"b"}]""", "messages[0].role must be a string, but is a number.")]
    [InlineData("""[{"role":"user"}]""", "messages[0] has neither content nor tool_calls. Give it one of them.")]
    [InlineData("""[{"role":"user","content":true}]""", "messages[0].content must be a string, null or an array of parts, but is a truth value.")]
    [InlineData("""[{"role":"user","content":[{"type":"text"}]}]""", "messages[0].content[0].text is missing.")]
    [InlineData("""[{"role":"user","content":[{"type":"image_url","image_url":{}}]}]""",
        "messages[0].content[0].type is \"image_url\", but only text can be read.")]
    [InlineData("""[{"role":"assistant","tool_calls":{}}]""", "messages[0].tool_calls must be an array, but is an object.")]
    [InlineData("""[{"role":"assistant","tool_calls":[{"function":{}}]}]""", "messages[0].tool_calls[0].type is missing.")]
    [InlineData("""[{"role":"assistant","tool_calls":[{"type":"code","function":{}}]}]""",
        "messages[0].tool_calls[0].type is \"code\", but must be \"function\".")]
    [InlineData("""[{"role":"assistant","tool_calls":[{"type":"function","function":{"name":"f"}}]}]""",
        "messages[0].tool_calls[0].function.arguments is missing.")]
    [InlineData("""[{"role":"assistant","tool_calls":[{"type":"function","function":{"arguments":{}}}]}]""",
        "messages[0].tool_calls[0].function.name is missing.")]
    [InlineData("""[{"role":"user","content":"\ud800"}]""",
        "messages[0].content holds half a character (a lone \\u surrogate), which is no text. Remove it.")]
    [InlineData("""[{"role":"assistant","tool_calls":[{"type":"function","function":{"name":"f","arguments":{"\udc00":1}}}]}]""",
        "messages[0].tool_calls[0].function.arguments holds half a character (a lone \\u surrogate), which is no text. Remove it.")]
    [InlineData("""["Hi"]""", "messages[0] must be an object, but is a string.")]
    [InlineData("{}", "messages must be an array, but is an object.")]
    public void Names_the_message_and_the_field_that_are_wrong(string json, string message)
    {
        Assert.Equal(message, Assert.Throws<ChatException>(() => ChatMessage.FromJson(json)).Message);
    }

    [Fact]
    public void Says_where_a_text_stops_being_json()
    {
        ChatException exception = Assert.Throws<ChatException>(() => ChatMessage.FromJson("[\n  {\"role\" \"user\"}]"));

        Assert.StartsWith("messages must be JSON, but line 2, byte 11 is not:", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_that_would_exhaust_the_stack_is_refused()
    {
        Assert.Throws<ChatException>(() => ChatMessage.FromJson(new string('[', 100_000)));
    }

    [Fact]
    public void Reads_tools_with_and_without_what_may_be_left_out()
    {
        IReadOnlyList<ChatTool> tools = ChatTool.FromJson("""
            [ { "type": "function", "function": { "name": "weather", "description": "Tells", "parameters": { "type": "object" }, "strict": true } },
              { "type": "function", "function": { "name": "time" } } ]
            """);

        Assert.Equal(("weather", "Tells", "object"), (tools[0].Name, tools[0].Description, tools[0].Parameters.GetProperty("type").GetString()));
        Assert.Equal(("time", null), (tools[1].Name, tools[1].Description));
        Assert.Equal("{}", tools[1].Parameters.GetRawText());
    }

    [Theory]
    [InlineData("""[{"function":{"name":"f"}}]""", "tools[0].type is missing.")]
    [InlineData("""[{"type":"function"}]""", "tools[0].function is missing.")]
    [InlineData("""[{"type":"function","function":{}}]""", "tools[0].function.name is missing.")]
    [InlineData("""[{"type":"function","function":{"name":"f","parameters":[]}}]""",
        "tools[0].function.parameters must be a JSON schema, which is an object, but is an array.")]
    public void Names_the_tool_and_the_field_that_are_wrong(string json, string message)
    {
        Assert.Equal(message, Assert.Throws<ChatException>(() => ChatTool.FromJson(json)).Message);
    }

    [Fact]
    public void Tools_outlive_the_document_they_came_from()
    {
        IReadOnlyList<ChatTool> tools;
        using (var document = JsonDocument.Parse("""[{"type":"function","function":{"name":"f","parameters":{"a":1}}}]"""))
            tools = ChatTool.FromJson(document.RootElement);

        Assert.Equal("""{"a":1}""", tools[0].Parameters.GetRawText());
    }

    // What llama.cpp writes for the same values.
    [Theory]
    [InlineData("""{ "a" : [ 1 , 2.0, {} , [] ], "b": null, "c": true }""", """{"a":[1,2.0,{},[]],"b":null,"c":true}""")]
    [InlineData("\"\\u00e9\\ud83d\\ude00 / < \\u0007 \\u007f \\\" \\\\ \\n\"", "\"é😀 / < \\u0007 \u007f \\\" \\\\ \\n\"")]
    [InlineData("[1e2, 1e15, 1e14, 1E23, 123456.789, 1e-4, 1e-5, -0.5, -0, -0.0]",
        "[100.0,1e+15,100000000000000.0,1e+23,123456.789,0.0001,1e-05,-0.5,0,-0.0]")]
    [InlineData("[9223372036854775807, 18446744073709551615, 18446744073709551616]",
        "[9223372036854775807,18446744073709551615,1.8446744073709552e+19]")]
    public void Writes_arguments_that_came_as_an_object_without_spaces(string json, string text)
    {
        IReadOnlyList<ChatMessage> messages = ChatMessage.FromJson(
            """[{"role":"assistant","tool_calls":[{"type":"function","function":{"name":"f","arguments":{"x":JSON}}}]}]""".Replace("JSON", json));

        Assert.Equal($"{{\"x\":{text}}}", messages[0].ToolCalls![0].Arguments);
    }
}
