using System.Text.Json.Nodes;

namespace Cria.Conformance.Text.Templates;

/// <summary>The chats that templates are tried with, as the JSON of their variables.</summary>
internal static class JinjaChats
{
    private const string Tools = """
        [{ "type": "function", "function": { "name": "get_weather", "description": "Tells \"now\" <b>é & 天气</b>\nin two lines",
           "parameters": { "type": "object", "required": ["city"], "properties": {
             "city": { "type": "string", "description": "The city" }, "days": { "type": "integer", "minimum": 0, "default": 3 },
             "unit": { "type": "string", "enum": ["c", "f"] }, "ratio": { "type": "number", "maximum": 1.5 },
             "tags": { "type": "array", "items": { "type": "string" } }, "opt": { "type": ["string", "null"] },
             "obj": { "type": "object", "properties": { "a": { "type": "boolean" } }, "required": ["a"] } } } } },
         { "type": "function", "function": { "name": "noargs", "description": "", "parameters": { "type": "object", "properties": {} } } }]
        """;

    private const string Object = """{ "city": "Zürich", "days": 2, "ratio": 0.5, "tags": ["a", "b'c"], "opt": null, "obj": { "a": true } }""";
    private const string Text = "\"{\\\"city\\\": \\\"Zürich\\\", \\\"days\\\": 2}\"";

    private const string System = """{ "role": "system", "content": "You are  a\nhelper. " }""";
    private const string User = """{ "role": "user", "content": "Hello 世界 😀 <|im_end|> [INST]" }""";
    private const string Answer = """{ "role": "assistant", "content": "Hi!\n" }""";
    private const string Reasoned = """{ "role": "assistant", "content": "42", "reasoning_content": "think hard\n\nmore" }""";
    private const string Thought = """{ "role": "assistant", "content": "<think>\nthinking here\n</think>\n\nAnswer" }""";
    private const string Result = """{ "role": "tool", "content": "{\"temp\": 20}", "tool_call_id": "call00001", "name": "get_weather" }""";
    private const string Result2 = """{ "role": "tool", "content": "fine", "tool_call_id": "call00002", "name": "noargs" }""";
    private const string Parts = """[{ "type": "text", "text": "part one" }, { "type": "text", "text": " part <two>" }]""";
    private const string Picture = """[{ "type": "text", "text": "look" }, { "type": "image" }, { "type": "image_url", "image_url": { "url": "x" } }]""";

    private static readonly string[] Settings =
    [
        """{ "add_generation_prompt": true }""",
        """{ "add_generation_prompt": false }""",
        """{ "add_generation_prompt": true, "enable_thinking": false }""",
        """
        { "add_generation_prompt": true, "enable_thinking": true, "thinking": true, "reasoning_effort": "high", "preserve_thinking": true,
          "clear_thinking": false, "date_string": "01 Jan 2025", "builtin_tools": ["brave_search"], "documents": [{ "title": "t", "text": "b" }] }
        """,
    ];

    /// <summary>Each chat in each setting, with a name.</summary>
    public static IEnumerable<(string Name, string Variables)> All()
    {
        foreach ((string name, string messages, string? tools) in Chats())
        {
            for (int i = 0; i < Settings.Length; i++)
            {
                JsonObject variables = JsonNode.Parse(Settings[i])!.AsObject();
                variables["messages"] = JsonNode.Parse(messages);
                if (tools is not null) variables["tools"] = JsonNode.Parse(tools);
                variables["bos_token"] = "<s>";
                variables["eos_token"] = "</s>";
                yield return ($"{name}, setting {i}", variables.ToJsonString());
            }
        }
    }

    private static IEnumerable<(string Name, string Messages, string? Tools)> Chats()
    {
        string call = Calls("\"\"", Call("call00001", Object));
        string calls = Calls("null", Call("call00001", Object), Call("call00002", "{}", "noargs"));
        yield return ("plain", List(User), null);
        yield return ("system prompt", List(System, User), null);
        yield return ("several turns", List(System, User, Answer, User, Answer, User), null);
        yield return ("developer", List("""{ "role": "developer", "content": "dev" }""", User), null);
        yield return ("tools", List(User), Tools);
        yield return ("tools and system prompt", List(System, User), Tools);
        yield return ("no tools", List(User), "[]");
        yield return ("call with an object", List(System, User, call, Result, Answer, User), Tools);
        yield return ("call with text", List(System, User, Calls("\"\"", Call("call00001", Text)), Result, Answer, User), Tools);
        yield return ("call without arguments", List(User, Calls("\"\"", Call("call00001", "{}")), Result), Tools);
        yield return ("call at the end", List(User, call), Tools);
        yield return ("call of an unknown tool", List(User, call, Result), null);
        yield return ("two calls", List(User, calls, Result, Result2, Answer, User), Tools);
        yield return ("two calls with text", List(User, Calls("null", Call("call00001", Text), Call("call00002", Text)), Result, Result2), Tools);
        yield return ("result in parts", List(User, call, $$"""{ "role": "tool", "content": {{Parts}}, "tool_call_id": "call00001" }"""), Tools);
        yield return ("reasoning", List(User, Reasoned, User, Reasoned, User), null);
        yield return ("reasoning in the text", List(System, User, Thought, User, Thought), null);
        yield return ("reasoning and a call", List(User, call.Insert(1, "\"reasoning_content\": \"why\", "), Result, Reasoned, User), Tools);
        yield return ("parts", List(Message("system", Parts), Message("user", Parts), Message("assistant", Parts), Message("user", Picture)), null);
        yield return ("empty contents", List(Message("user", "\"\""), Message("assistant", "\"\"")), null);
        yield return ("no content", List("""{ "role": "user" }"""), null);
        yield return ("null content", List(Message("user", "null")), null);
        yield return ("two users", List(User, User), null);
        yield return ("assistant at the end", List(User, Answer), null);
        yield return ("strange role", List(Message("alien", "\"x\"")), null);
        yield return ("nothing", "[]", null);
    }

    private static string List(params string[] messages) => $"[{string.Join(", ", messages)}]";

    private static string Message(string role, string content) => $$"""{ "role": "{{role}}", "content": {{content}} }""";

    private static string Calls(string content, params string[] calls) =>
        $$"""{ "role": "assistant", "content": {{content}}, "tool_calls": {{List(calls)}} }""";

    private static string Call(string id, string arguments, string name = "get_weather") =>
        $$"""{ "id": "{{id}}", "type": "function", "function": { "name": "{{name}}", "arguments": {{arguments}} } }""";
}
