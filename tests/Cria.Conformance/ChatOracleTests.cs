using LlamaCpp;

namespace Cria.Conformance;

public sealed class ChatOracleTests(Oracle oracle) : IClassFixture<Oracle>
{
    private const string Question = """[{ "role": "user", "content": "Is it raining in Lima?" }]""";

    private const string Tools = """
        [{ "type": "function", "function": { "name": "weather", "description": "Tells the weather.",
           "parameters": { "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"] } } }]
        """;

    [SkippableFact]
    public void Renders_a_template_and_marks_what_came_from_the_caller()
    {
        OracleRendering greeting = oracle.Chat.Render("Hello {{ name }}, {{ 1 + 1 }}!", """{ "name": "Ada" }""");
        Assert.Equal("Hello Ada, 2!", greeting.Text);
        Assert.Equal([new("Hello ", false), new("Ada", true), new(", 2!", false)], greeting.Parts);
        Assert.False(oracle.Chat.Render("{{ name }}", """{ "name": "Ada" }""", markInput: false).Parts[0].IsInput);
    }

    [SkippableFact]
    public void Stops_the_clock()
    {
        var now = new DateTimeOffset(2001, 2, 3, 23, 5, 6, TimeSpan.Zero);
        Assert.Equal("2001-02-03 23:05", oracle.Chat.Render("{{ strftime_now('%Y-%m-%d %H:%M') }}", now: now).Text);
        var chat = new OracleChat("{{ date_string }}{{ messages[0].content }}", """[{ "role": "user", "content": "" }]""") { Now = now };
        Assert.Equal("03 Feb 2001", oracle.Chat.Apply(chat).Prompt);
    }

    [SkippableFact]
    public void Knows_what_a_template_can()
    {
        IReadOnlyDictionary<string, bool> capabilities = oracle.Chat.Capabilities("{% for m in messages %}{{ m.content }}{% endfor %}");
        Assert.True(capabilities["supports_string_content"]);
        Assert.False(capabilities["supports_tools"]);
    }

    [SkippableFact]
    public void Applies_every_published_template()
    {
        IReadOnlyList<string> templates = Oracle.SourceFiles("models/templates", "*.jinja");
        Assert.True(templates.Count > 60);
        foreach (string file in templates)
        {
            var chat = new OracleChat(File.ReadAllText(file), Question) { BosToken = "<s>", EosToken = "</s>" };
            OracleChatResult result = oracle.Chat.Apply(chat);
            Assert.Contains("Is it raining in Lima?", result.Prompt);
        }
    }

    [SkippableFact]
    public void Reads_reasoning_and_calls_out_of_an_answer()
    {
        OracleChat chat = Qwen3();
        OracleChatResult result = oracle.Chat.Apply(chat);
        Assert.True(result.GrammarLazy);
        Assert.Equal(new OracleTrigger("word", "<tool_call>\n"), result.GrammarTriggers.Single());

        const string call = """
            <tool_call>
            {"name": "weather", "arguments": {"city": "Lima"}}
            </tool_call>
            """;
        OracleMessage message = oracle.Chat.Parse(chat, "<think>\nLook.</think>\n\nWait." + call);
        Assert.Equal(("Look.", "Wait."), (message.ReasoningContent, message.Content));
        Assert.Equal(("weather", """{"city": "Lima"}"""), (message.ToolCalls.Single().Name, message.ToolCalls.Single().Arguments));
        Assert.True(oracle.Chat.Match(result.Grammar, call).Accepted);

        IReadOnlyList<OracleMessage> beginnings = oracle.Chat.Parse(chat, ["<think>\nLo", "<think>\nLook.</think>\n\nWa"], partial: true);
        Assert.Equal([("Lo", ""), ("Look.", "Wa")], beginnings.Select(m => (m.ReasoningContent, m.Content)));
    }

    [SkippableFact]
    public void Holds_a_chat_to_its_choice_of_tools()
    {
        OracleChat chat = Qwen3();
        OracleChatResult required = oracle.Chat.Apply(chat with { ToolChoice = "required" });
        Assert.False(required.GrammarLazy);
        const string call = """
            <tool_call>
            {"name": "weather", "arguments": {"city": "Lima"}}
            </tool_call>
            """;
        // A grammar that is not lazy begins with what the prompt ends with.
        string[] answers = [required.GenerationPrompt + "No.", required.GenerationPrompt + call];
        Assert.Equal([false, true], oracle.Chat.Match(required.Grammar, answers).Select(m => m.Accepted));
        Assert.Equal("", oracle.Chat.Apply(chat with { ToolChoice = "none" }).Grammar);
    }

    [SkippableFact]
    public void Says_which_texts_a_grammar_accepts_and_where_the_others_fail()
    {
        IReadOnlyList<OracleMatch> matches = oracle.Chat.Match("""start ::= "é" [0-9]+""", ["é12", "é1x", "é", "e"], "start");
        Assert.Equal([new(true, 4), new(false, 3), new(false, 2), new(false, 0)], matches);
    }

    [SkippableFact]
    public void Turns_a_schema_into_a_grammar()
    {
        string gbnf = oracle.Chat.SchemaToGbnf("""{ "enum": ["a", 1] }""");
        Assert.True(oracle.Chat.Match(gbnf, "\"a\"").Accepted);
        Assert.False(oracle.Chat.Match(gbnf, "a").Accepted);
    }

    [SkippableFact]
    public void Reports_what_llama_cpp_refuses_and_lives_on()
    {
        ChatOracle chat = oracle.Chat;
        Assert.Contains("dance", Assert.Throws<LlamaCppException>(() => chat.Ask("""{ "do": "dance" }""")).Message);
        Assert.Contains("Expected }}", Assert.Throws<LlamaCppException>(() => chat.Render("{{ name")).Message);
        Assert.Contains("Expected }}", Assert.Throws<LlamaCppException>(() => chat.Apply(new OracleChat("{{ name", Question))).Message);
        Assert.Contains("nowhere", Assert.Throws<LlamaCppException>(() => chat.Match("root ::= nowhere", "")).Message);
        Assert.Contains("left recursion", Assert.Throws<LlamaCppException>(() => chat.Match("root ::= root \"a\"", "")).Message);
        Assert.Contains("vague", Assert.Throws<LlamaCppException>(() => chat.SchemaToGbnf("""{ "type": "vague" }""")).Message);
        Assert.True(chat.IsAlive);
        Assert.Equal("2", chat.Render("{{ 1 + 1 }}").Text);
    }

    [SkippableFact]
    public void Outlives_a_request_that_crashes_llama_cpp()
    {
        string deep = "{{ " + new string('(', 500_000) + "1" + new string(')', 500_000) + " }}";
        Assert.Contains("ended", Assert.Throws<LlamaCppException>(() => oracle.Chat.Render(deep)).Message);
        Assert.Equal("2", oracle.Chat.Render("{{ 1 + 1 }}").Text);
    }

    private static OracleChat Qwen3() =>
        new(Oracle.SourceFiles("models/templates", "Qwen-Qwen3-0.6B.jinja").Select(File.ReadAllText).Single(), Question) { Tools = Tools };
}
