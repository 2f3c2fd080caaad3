using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cria.Tests.Runtime;

public partial class ChatTests(TinyModelFile file) : IClassFixture<TinyModelFile>
{
    // ChatML with tools in Hermes' notation and reasoning in tags.
    private const string Template =
        """
        {%- if tools %}<|im_start|>system
        {% for tool in tools %}{{ tool | tojson }}
        {% endfor %}Answer with <tool_call>{"name": ..., "arguments": ...}</tool_call>, think in <think></think>.<|im_end|>
        {% endif -%}
        {%- for message in messages %}<|im_start|>{{ message.role }}
        {{ message.content }}<|im_end|>
        {% endfor -%}
        {%- if add_generation_prompt %}<|im_start|>assistant
        {% endif -%}
        """;

    private static readonly GenerationOptions s_greedy = new() { Temperature = 0, MaxTokens = 400 };
    private static readonly ChatMessage[] s_question = [ChatMessage.User("How warm is it?")];

    private static readonly IReadOnlyList<ChatTool> s_tools =
    [
        ChatTool.Create("warmth", "Tells the temperature.",
            """{"type": "object", "properties": {"place": {"enum": ["here"]}, "unit": {"enum": ["C"]}}, "required": ["place", "unit"], "additionalProperties": false}"""),
    ];

    [Fact]
    public async Task Answers_in_the_form_that_the_template_gives_the_conversation()
    {
        IReadOnlyList<int> prompt = [];
        ScriptedPredictor predictor = Says("Nineteen.", seen: text => prompt = text);
        await using LlamaModel model = file.With(predictor, Template);
        ChatResult result = await model.ChatAsync(s_question, s_greedy);

        Assert.Equal("Nineteen.", result.Message.Content);
        Assert.Equal("assistant", result.Message.Role);
        Assert.Null(result.Message.ToolCalls);
        Assert.Equal(FinishReason.EndOfText, result.FinishReason);
        Assert.Equal("<|im_start|>user\nHow warm is it?<|im_end|>\n<|im_start|>assistant\n",
            (await model.DetokenizeAsync(prompt.ToArray())).TrimStart(' '));
    }

    [Fact]
    public async Task Knows_a_form_for_models_that_have_none()
    {
        IReadOnlyList<int> prompt = [];
        await using LlamaModel model = file.With(Says("Hi", seen: text => prompt = text));
        await model.ChatAsync([ChatMessage.System("Be kind."), ChatMessage.User("Hi!")], s_greedy);

        Assert.Equal("[INST] <<SYS>>Be kind.<</SYS>>\n\n[INST] Hi! [/INST]\n",
            (await model.DetokenizeAsync(prompt.ToArray())).TrimStart(' '));
    }

    [Fact]
    public async Task Tells_reasoning_calls_and_content_apart()
    {
        const string Said = "<think>\nLet me look.\n</think>\n\nOne moment.\n<tool_call>\n{\"name\": \"warmth\", \"arguments\": {\"place\": \"here\", \"unit\": \"C\"}}\n</tool_call>";
        await using LlamaModel model = file.With(Says(Said), Template);
        ChatResult result = await model.ChatAsync(new ChatRequest(s_question) { Tools = s_tools }, s_greedy);

        Assert.Equal("Let me look.", result.Message.ReasoningContent?.Trim());
        Assert.Equal("One moment.", result.Message.Content);
        ToolCall call = Assert.Single(result.Message.ToolCalls!);
        Assert.Equal("warmth", call.Name);
        Assert.Equal("""{"place": "here", "unit": "C"}""", call.Arguments);
        Assert.NotEmpty(call.Id);
        Assert.Equal(FinishReason.ToolCalls, result.FinishReason);
    }

    [Fact]
    public async Task Pieces_add_up_to_the_whole()
    {
        const string Said = "<think>\nHm.\n</think>\n\nWait.\n<tool_call>\n{\"name\": \"warmth\", \"arguments\": {\"place\": \"here\", \"unit\": \"C\"}}\n</tool_call>";
        await using LlamaModel model = file.With(Says(Said), Template);
        ChatStream stream = model.StreamChatAsync(new ChatRequest(s_question) { Tools = s_tools }, s_greedy);
        string content = "", reasoning = "", arguments = "";
        ToolCallDelta? first = null;
        await foreach (ChatDelta delta in stream)
        {
            content += delta.Content;
            reasoning += delta.Reasoning;
            arguments += delta.ToolCall?.Arguments;
            first ??= delta.ToolCall;
        }

        Assert.Equal(stream.Result.Message.Content, content);
        Assert.Equal(stream.Result.Message.ReasoningContent, reasoning);
        Assert.Equal(new ToolCall(first!.Id!, first.Name!, arguments), Assert.Single(stream.Result.Message.ToolCalls!));
    }

    [Fact]
    public async Task A_call_once_begun_follows_the_schema_of_its_tool()
    {
        // The model insists on nonsense from the call on; outside of it, it may say what it likes.
        await using LlamaModel model = file.With(Says("xx <tool_call>" + new string('x', 300)), Template);
        ChatResult result = await model.ChatAsync(new ChatRequest(s_question) { Tools = s_tools, ParallelToolCalls = false }, s_greedy);

        Assert.Equal("xx", result.Message.Content!.Trim());
        ToolCall call = Assert.Single(result.Message.ToolCalls!);
        Assert.Equal("here", Property(call, "place"));
        Assert.Equal("C", Property(call, "unit"));
        Assert.Equal(FinishReason.ToolCalls, result.FinishReason);
    }

    [Fact]
    public async Task Words_of_the_reasoning_begin_no_call()
    {
        const string Said = "<think>I could write <tool_call>{} but no.</think>It is warm.";
        await using LlamaModel model = file.With(Says(Said), Template);
        ChatResult result = await model.ChatAsync(new ChatRequest(s_question) { Tools = s_tools }, s_greedy);

        Assert.Equal("It is warm.", result.Message.Content);
        Assert.Contains("<tool_call>{}", result.Message.ReasoningContent);
    }

    [Theory]
    [InlineData("required")]
    [InlineData("warmth")]
    public async Task A_call_that_is_asked_for_comes(string choice)
    {
        await using LlamaModel model = file.With(Says(new string('x', 300)), Template);
        ChatResult result = await model.ChatAsync(new ChatRequest(s_question)
        {
            Tools = s_tools,
            ToolChoice = choice == "required" ? ToolChoice.Required : ToolChoice.Function(choice),
            ParallelToolCalls = false,
        }, s_greedy);

        Assert.Equal("warmth", Assert.Single(result.Message.ToolCalls!).Name);
    }

    [Fact]
    public async Task No_call_is_read_where_none_is_wanted()
    {
        const string Said = "<tool_call>{}</tool_call>";
        await using LlamaModel model = file.With(Says(Said), Template);
        ChatResult result = await model.ChatAsync(new ChatRequest(s_question) { Tools = s_tools, ToolChoice = ToolChoice.None }, s_greedy);

        Assert.Equal(Said, result.Message.Content);
        Assert.Null(result.Message.ToolCalls);
    }

    [Theory]
    [InlineData("no json at all", "")]
    [InlineData("<think>Should I?</think>no", "Should I?")]
    public async Task An_answer_follows_the_schema_it_is_given_and_reasoning_may_come_before_it(string said, string reasoning)
    {
        using JsonDocument schema = JsonDocument.Parse("""{"type": "object", "properties": {"unit": {"enum": ["C"]}}, "required": ["unit"], "additionalProperties": false}""");
        await using LlamaModel model = file.With(Says(said + new string('x', 200)), Template + "<think>" + (reasoning.Length == 0 ? "</think>" : ""));
        ChatResult result = await model.ChatAsync(new ChatRequest(s_question) { ResponseSchema = schema.RootElement, AddGenerationPrompt = true }, s_greedy);

        using JsonDocument answer = JsonDocument.Parse(result.Message.Content!);
        Assert.Equal("C", answer.RootElement.GetProperty("unit").GetString());
    }

    [Theory]
    [InlineData("Hm</think>yes")]
    [InlineData("Hm</think>\n\nyes")]
    public async Task White_space_may_part_the_reasoning_from_an_answer_in_a_form(string said)
    {
        await using LlamaModel model = file.With(Says(said), Template + "<think>");
        ChatResult result = await model.ChatAsync(new ChatRequest(s_question), s_greedy with { Grammar = Grammar.FromGbnf("root ::= \"no\" | \"yes\"") });

        Assert.Equal("yes", result.Message.Content);
        Assert.Equal("Hm", result.Message.ReasoningContent);
        Assert.Equal(said.Length, result.Generation.Usage.CompletionTokens);
    }

    [Fact]
    public async Task White_space_before_an_answer_in_a_form_comes_to_an_end()
    {
        await using LlamaModel model = file.With(Says("Hm</think>" + new string('\n', 300)), Template + "<think>");
        ChatResult result = await model.ChatAsync(new ChatRequest(s_question), s_greedy with { Grammar = Grammar.FromGbnf("root ::= \"yes\"") });

        Assert.Equal("yes", result.Message.Content);
        Assert.Equal("Hm</think>\n\nyes".Length, result.Generation.Usage.CompletionTokens);
    }

    [Theory]
    [InlineData("<|START_THINKING|>", "<|END_TEXT|>")]
    [InlineData("<think>", "</response>")]
    public async Task Marks_inside_of_an_answer_in_a_form_are_part_of_it(string open, string other)
    {
        // The template has the marks of its family; the schema leaves nothing but a text that spells them.
        string json = JsonSerializer.Serialize($"a {open} b {other} c", TextJson.Default.String);
        using JsonDocument schema = JsonDocument.Parse($"{{\"const\": {json}}}");
        await using LlamaModel model = file.With(Says("x"), Template.Replace("<think>", $"{open}<response>") + "{# </think> #}");
        ChatResult result = await model.ChatAsync(new ChatRequest(s_question) { ResponseSchema = schema.RootElement }, s_greedy);

        Assert.Equal($"a {open} b {other} c", JsonSerializer.Deserialize(result.Message.Content!, TextJson.Default.String));
    }

    [Fact]
    public async Task Gives_a_value_of_the_type_that_is_asked_for()
    {
        await using LlamaModel model = file.With(Says("no way, I will not write JSON"), Template);
        Reading reading = await model.GenerateAsync("How warm is it?", ReadingJson.Default.Reading, s_greedy);

        Assert.Equal(Unit.Celsius, reading.Unit);
    }

    [Fact]
    public async Task Tells_that_a_value_was_cut_off()
    {
        await using LlamaModel model = file.With(Says("no"), Template);
        var failure = await Assert.ThrowsAsync<UnfinishedAnswerException>(
            () => model.GenerateAsync("How warm is it?", ReadingJson.Default.Reading, s_greedy with { MaxTokens = 3 }));

        Assert.Equal(FinishReason.Length, failure.Reason);
        Assert.StartsWith("{", failure.Text);
    }

    [Fact]
    public async Task A_control_token_in_a_message_stays_text()
    {
        IReadOnlyList<int> prompt = [];
        await using LlamaModel model = file.With(Says("Hi", seen: text => prompt = text), Template);
        string name = (await model.DetokenizeAsync(new[] { TinyModelFile.EndToken }, special: true));
        await model.ChatAsync([ChatMessage.User(name)], s_greedy);

        Assert.DoesNotContain(TinyModelFile.EndToken, prompt);
    }

    [Fact]
    public async Task What_was_said_before_a_cancellation_is_kept()
    {
        using var cancellation = new CancellationTokenSource();
        ScriptedPredictor predictor = Says(new string('x', 300));
        predictor.Passing = (_, _) =>
        {
            if (predictor.Passes.Count > 10) cancellation.Cancel();
        };
        await using LlamaModel model = file.With(predictor, Template);
        ChatStream stream = model.StreamChatAsync(s_question, s_greedy, cancellation.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (ChatDelta _ in stream)
            {
                // Read until it stops.
            }
        });

        Assert.Equal(FinishReason.Cancelled, stream.Result.FinishReason);
        Assert.StartsWith("x", stream.Result.Message.Content);
    }

    [Fact]
    public async Task A_full_context_keeps_the_system_message()
    {
        var texts = new List<int[]>();
        var predictor = new ScriptedPredictor { Next = _ => TinyModelFile.ByteToken((byte)'x'), MaxBatch = 1000, ContextLength = 200 };
        predictor.Planned = shares => texts.Add([.. shares[0].Text, .. shares[0].Next]);
        await using LlamaModel model = file.With(predictor, Template);
        ChatMessage[] messages = [ChatMessage.System("Be brief."), ChatMessage.User(new string('u', 100))];

        ChatResult result = await model.ChatAsync(messages, s_greedy with { MaxTokens = 300, WhenFull = ContextOverflow.DropOldest });

        Assert.Equal(FinishReason.Length, result.Generation.FinishReason);
        Assert.True(result.Generation.DroppedTokens > 200);
        string[] read = await Task.WhenAll(texts.Select(text => model.DetokenizeAsync(text, special: true)));
        string system = read[0][..read[0].IndexOf("uuu", StringComparison.Ordinal)];
        Assert.Contains("Be brief.", system);
        Assert.All(read, text => Assert.StartsWith(system, text));
        Assert.DoesNotContain("uuu", read[^1]);
    }

    [Fact]
    public async Task Refuses_what_contradicts_itself()
    {
        await using LlamaModel model = file.With(Says("Hi"), Template);
        var tools = new ChatRequest(s_question) { Tools = s_tools };
        await Assert.ThrowsAsync<ChatException>(() => model.ChatAsync([], s_greedy));
        await Assert.ThrowsAsync<ChatException>(() => model.ChatAsync(tools with { ToolChoice = ToolChoice.Function("other") }, s_greedy));
        await Assert.ThrowsAsync<ChatException>(() => model.ChatAsync(tools with { Tools = [], ToolChoice = ToolChoice.Required }, s_greedy));
        await Assert.ThrowsAsync<ChatException>(() => model.ChatAsync(tools, s_greedy with { Grammar = Grammar.Json }));
        Assert.Equal("Hi", (await model.ChatAsync(s_question, s_greedy)).Message.Content);
    }

    [Fact]
    public async Task A_grammar_holds_for_plain_texts_too()
    {
        await using LlamaModel model = file.With(Says("maybe"));
        GenerationResult result = await model.GenerateAsync("Yes or no? ", s_greedy with { Grammar = Grammar.FromGbnf("""root ::= "yes" | "no" """) });

        Assert.Contains(result.Text, new[] { "yes", "no" });
        Assert.Equal(FinishReason.EndOfText, result.FinishReason);
    }

    /// <summary>Says a text after whatever prompt, byte by byte, and goes on with it where it is made to say something else.</summary>
    private static ScriptedPredictor Says(string text, Action<IReadOnlyList<int>>? seen = null)
    {
        int[] tokens = [.. Encoding.UTF8.GetBytes(text).Select(TinyModelFile.ByteToken)];
        int prompt = -1;
        return new ScriptedPredictor
        {
            MaxBatch = 1000,
            Next = soFar =>
            {
                if (prompt < 0)
                {
                    prompt = soFar.Count;
                    seen?.Invoke([.. soFar]);
                }

                return soFar.Count - prompt < tokens.Length ? tokens[soFar.Count - prompt] : TinyModelFile.EndToken;
            },
        };
    }

    private static string? Property(ToolCall call, string name)
    {
        using JsonDocument arguments = JsonDocument.Parse(call.Arguments);
        return arguments.RootElement.GetProperty(name).GetString();
    }

    [JsonConverter(typeof(JsonStringEnumConverter<Unit>))]
    public enum Unit
    {
        Celsius,
    }

    public sealed record Reading(Unit Unit);

    [Fact]
    public async Task A_value_of_a_type_loses_no_tokens_on_white_space()
    {
        await using LlamaModel model = file.With(Says("{" + new string('\n', 300)), Template);
        ChatResult result = await model.ChatAsync(Cria.Runtime.TypedAnswer.Ask("How warm is it?", ReadingJson.Default.Reading), s_greedy);

        Assert.DoesNotContain("\n", result.Message.Content);
    }

    [JsonSerializable(typeof(string))]
    internal sealed partial class TextJson : JsonSerializerContext;

    [JsonSerializable(typeof(Reading))]
    internal sealed partial class ReadingJson : JsonSerializerContext;
}
