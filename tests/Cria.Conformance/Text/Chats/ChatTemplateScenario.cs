using System.Text.Json;

namespace Cria.Conformance.Text.Chats;

/// <summary>A conversation to be rendered; messages, tools and variables are JSON, shaped as OpenAI has them.</summary>
internal sealed record ChatTemplateScenario(string Name, string Messages)
{
    private const string Weather = """
        { "type": "function", "function": { "name": "get_weather", "description": "Tells the weather of a city; <b>\"now\"</b> or later.",
          "parameters": { "type": "object", "properties": {
            "city": { "type": "string", "description": "The city's name", "minLength": 2 },
            "unit": { "type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius" },
            "days": { "type": "integer", "minimum": 0 }, "precise": { "type": "boolean" } }, "required": ["city"], "additionalProperties": false } } }
        """;

    private const string Clock = """
        { "type": "function", "function": { "name": "clock", "description": "Says what time it is",
          "parameters": { "type": "object", "properties": { "zone": { "type": "object", "properties": { "name": { "type": "string" } } },
            "formats": { "type": "array", "items": { "type": "string" } } } } } }
        """;

    private const string NoParameters = """{ "type": "function", "function": { "name": "ping" } }""";

    public string? Tools { get; init; }

    public string Variables { get; init; } = "{}";

    public bool EnableThinking { get; init; } = true;

    public bool AddGenerationPrompt { get; init; } = true;

    public ChatContinuation Continuation { get; init; }

    /// <summary>Whether the tokenizer is one that adds the tokens around a text by itself.</summary>
    public bool TokenizerAddsTokens { get; init; }

    public static IReadOnlyList<ChatTemplateScenario> All { get; } =
    [
        new("one question", Ask("Is it raining in Lima?")),
        new("a system message", Conversation(System("Be brief."), User("Hi"))),
        new("only a system message", Conversation(System("Be brief."))),
        new("a developer's message", Conversation("""{ "role": "developer", "content": "Be brief." }""", User("Hi"))),
        new("several turns", Turns),
        new("several turns, the last one the assistant's", Conversation(User("Hi"), Assistant("Hello!"))) { AddGenerationPrompt = false },
        new("several turns, no generation prompt", Turns) { AddGenerationPrompt = false },
        new("a tokenizer that adds tokens", Turns) { TokenizerAddsTokens = true },
        new("a tokenizer that adds tokens, no generation prompt", Turns) { TokenizerAddsTokens = true, AddGenerationPrompt = false },
        new("thinking off", Turns) { EnableThinking = false },
        new("typed parts", Conversation(
            """{ "role": "system", "content": [ { "type": "text", "text": "Be brief." } ] }""",
            """{ "role": "user", "content": [ { "type": "text", "text": "One" }, { "type": "text", "text": "two " } ] }""")),
        new("typed parts without a system message", Conversation(
            """{ "role": "user", "content": [ { "type": "text", "text": "One" }, { "type": "text", "text": "two " } ] }""", Assistant("Three"),
            """{ "role": "user", "content": [ { "type": "text", "text": "Four" } ] }""")),
        new("spaces and line breaks around texts", Conversation(System("  Be brief.\n"), User("\n Hi \t"), Assistant(" Hello! \n"), User(" "))),
        new("text that looks like markup", Conversation(User("a <b> & \"c\" 'd' \\n {{ e }} {% f %} é 🦙 \u2028"), Assistant("<x>"), User("</x>"))),
        new("two questions in a row", Conversation(User("One"), User("Two"))),
        new("an assistant's message first", Conversation(Assistant("Hello!"), User("Hi"))),
        new("a system message late", Conversation(User("Hi"), Assistant("Hello!"), System("Be brief."), User("Bye"))),
        new("reasoning in the history", Conversation(User("2+2?"), Reasoned("Two and two.", "4"), User("3+3?"), Reasoned("Three.", "6"), User("7?"))),
        new("reasoning in the last answer", Conversation(User("2+2?"), Reasoned("Two and two.\n", "4"))) { AddGenerationPrompt = false },
        new("reasoning in the content", Conversation(User("2+2?"), Assistant("<think>\nTwo.\n</think>\n\n4"), User("3+3?"))),
        new("tools", Conversation(User("Rain?"))) { Tools = $"[{Weather}]" },
        new("several tools and a system message", Conversation(System("Be brief."), User("Rain?"))) { Tools = $"[{Weather},{Clock},{NoParameters}]" },
        new("tools, thinking off", Conversation(User("Rain?"))) { Tools = $"[{Weather}]", EnableThinking = false },
        new("tools, developer", Conversation("""{ "role": "developer", "content": "Be brief." }""", User("Rain?"))) { Tools = $"[{Clock}]" },
        new("a call and its result", Conversation(User("Rain?"), Calls(null, Call("1", "Lima")), Result("1", "dry"))) { Tools = $"[{Weather}]" },
        new("a call and its result, answered", Conversation(
            System("Be brief."), User("Rain?"), Calls("", Call("1", "Lima")), Result("1", "{\"rain\": false, \"mm\": 0.5}"), Assistant("No."), User("Why?")))
        {
            Tools = $"[{Weather},{Clock}]",
        },
        new("a call with content", Conversation(User("Rain?"), Calls("Let me look.", Call("1", "Lima")), Result("1", "dry"))) { Tools = $"[{Weather}]" },
        new("a call with reasoning", Conversation(
            User("Rain?"), Calls(null, Call("1", "Lima"), "I must look."), Result("1", "dry"), Reasoned("So no.", "No."), User("Sure?")))
        {
            Tools = $"[{Weather}]",
        },
        new("calls in parallel", Conversation(
            User("Rain?"), Calls(null, Call("1", "Lima") + "," + Call("2", "Rome")), Result("2", "wet"), Result("1", "dry")))
        {
            Tools = $"[{Weather}]",
        },
        new("one call after the other", Conversation(
            User("Rain?"), Calls(null, Call("1", "Lima")), Result("1", "dry"), Calls(null, Call("2", "Rome")), Result("2", "wet"), Assistant("In Rome."),
            User("And in Oslo?"), Calls(null, Call("3", "Oslo")), Result("3", "snow")))
        {
            Tools = $"[{Weather}]",
        },
        new("a call without an answer", Conversation(User("Rain?"), Calls(null, Call("1", "Lima")))) { Tools = $"[{Weather}]", AddGenerationPrompt = false },
        new("a call in the history, no tools", Conversation(User("Rain?"), Calls(null, Call("1", "Lima")), Result("1", "dry"))),
        new("arguments of every kind", Conversation(
            User("Time?"),
            Calls(null, """
                { "id": "123456789", "type": "function", "function": { "name": "clock", "arguments":
                  { "zone": { "name": "UTC", "n": [1, 2.5, -3e2, true, null, "é\n\"<>&'"] }, "formats": [], "empty": {}, "text": "a", "number": 7 } } }
                """),
            Result("123456789", "12:00")))
        {
            Tools = $"[{Clock}]",
        },
        new("arguments as text that is no object", Conversation(
            User("Time?"), Calls(null, """{ "id": "123456789", "type": "function", "function": { "name": "clock", "arguments": "not json" } }"""))),
        new("a call without an id", Conversation(
            User("Time?"), Calls(null, """{ "type": "function", "function": { "name": "ping", "arguments": "{}" } }"""),
            """{ "role": "tool", "content": "pong" }"""))
        {
            Tools = $"[{NoParameters}]",
        },
        new("an unknown role", Conversation(User("Hi"), """{ "role": "critic", "content": "Boo!" }""", User("Hi"))),
        new("a name", Conversation("""{ "role": "user", "name": "Ada", "content": "Hi" }""")),
        new("no content", Conversation("""{ "role": "user", "content": null }""")),
        new("no messages", "[]"),
        new("variables", Turns)
        {
            Variables = """{ "thinking": true, "custom": { "a": [1] }, "date_string": "1 Jan 2001", "reasoning_effort": "high" }""",
            AddGenerationPrompt = false,
        },
        new("reasoning kept", Conversation(User("2+2?"), Reasoned("Two.", "4"), User("3+3?"))) { Variables = """{ "preserve_reasoning": true }""" },
        new("reasoning dropped", Conversation(User("2+2?"), Reasoned("Two.", "4"), User("3+3?"))) { Variables = """{ "preserve_reasoning": false }""" },
        new("little effort", Ask("Hi")) { Variables = """{ "reasoning_effort": "low", "enable_thinking": false }""" },
    ];

    /// <summary>Conversations whose last message is to be continued.</summary>
    public static IReadOnlyList<ChatTemplateScenario> Continued { get; } =
    [
        new("content", Conversation(User("Hi"), Assistant("Hel"))) { Continuation = ChatContinuation.Auto },
        new("content after reasoning", Conversation(System("Be brief."), User("Hi"), Reasoned("They greet.", "Hel"))) { Continuation = ChatContinuation.Auto },
        new("reasoning", Conversation(User("Hi"), Reasoned("They gr", ""))) { Continuation = ChatContinuation.Auto },
        new("reasoning that has content", Conversation(User("Hi"), Reasoned("They gr", "Hel"))) { Continuation = ChatContinuation.Reasoning },
        new("content that has not begun", Conversation(User("Hi"), Reasoned("They greet.", ""))) { Continuation = ChatContinuation.Content },
        new("several turns, with tools", Conversation(
            User("Rain?"), Calls(null, Call("1", "Lima")), Result("1", "dry"), Assistant("It is")))
        {
            Tools = $"[{Weather}]",
            Continuation = ChatContinuation.Content,
        },
    ];

    private static string Turns => Conversation(System("You are a llama."), User("Hi"), Assistant("Hello!"), User("How are you?"), Assistant("Fine."), User("Bye"));

    private static string Conversation(params string[] messages) => $"[{string.Join(",", messages)}]";

    private static string Ask(string question) => Conversation(User(question));

    private static string System(string content) => Message("system", content);

    private static string User(string content) => Message("user", content);

    private static string Assistant(string content) => Message("assistant", content);

    private static string Message(string role, string content) => $"{{ \"role\": \"{role}\", \"content\": {Quoted(content)} }}";

    private static string Reasoned(string reasoning, string content) =>
        $"{{ \"role\": \"assistant\", \"content\": {Quoted(content)}, \"reasoning_content\": {Quoted(reasoning)} }}";

    private static string Calls(string? content, string calls, string? reasoning = null) =>
        $"{{ \"role\": \"assistant\", \"content\": {(content is null ? "null" : Quoted(content))}, \"tool_calls\": [{calls}]"
        + (reasoning is null ? " }" : $", \"reasoning_content\": {Quoted(reasoning)} }}");

    // Some templates take no other ids than such of nine letters and digits.
    private static string Call(string id, string city) =>
        $"{{ \"id\": \"abcdefgh{id}\", \"type\": \"function\", \"function\": {{ \"name\": \"get_weather\", \"arguments\": \"{{\\\"city\\\": \\\"{city}\\\"}}\" }} }}";

    private static string Result(string id, string content) =>
        $"{{ \"role\": \"tool\", \"name\": \"get_weather\", \"tool_call_id\": \"{(id.Length == 1 ? "abcdefgh" : "")}{id}\", \"content\": {Quoted(content)} }}";

    private static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}
