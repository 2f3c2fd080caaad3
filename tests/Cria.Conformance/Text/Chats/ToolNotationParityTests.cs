using System.Text.Json.Nodes;
using Cria.Testing;
using Cria.Text.Chats;
using LlamaCpp;

namespace Cria.Conformance.Text;

/// <summary>What models say is read as llama.cpp reads it, and the grammars take what they say.</summary>
public sealed class ToolNotationParityTests(Oracle oracle) : IClassFixture<Oracle>
{
    private const string Question = """[{ "role": "user", "content": "How is the weather?" }]""";

    private static readonly IReadOnlyList<ChatTool> Tools = ChatTool.FromJson(ChatSamples.Tools);

    public static TheoryData<string> Families => [.. ChatSamples.Families.Select(family => family.Template)];

    [SkippableTheory, MemberData(nameof(Families))]
    public void Finds_the_notation_and_the_beginning_of_the_answer_in_the_published_template(string template)
    {
        ChatSampleFamily family = Family(template);
        ChatNotation found = ChatNotationDetector.Detect(Source(template)), told = ChatNotationDetector.Detect(family.Says);
        Assert.Equal(told.Tools.Family, found.Tools.Family);
        Assert.Equal(told.Reasoning.Open, found.Reasoning.Open);
        Assert.Equal(told.Reasoning.Close, found.Reasoning.Close);
        if (family.Samples.Any(sample => sample.Ours.Length == 0)) Assert.EndsWith(family.Prompt, oracle.Chat.Apply(Chat(template)).GenerationPrompt);
    }

    [SkippableTheory, MemberData(nameof(Families))]
    public void Reads_what_llama_cpp_reads(string template)
    {
        ChatSample[] samples = [.. Family(template).Samples.Where(sample => sample.Ours.Length == 0)];
        if (samples.Length == 0) return;
        IReadOnlyList<OracleMessage> theirs = oracle.Chat.Parse(Chat(template), samples.Select(sample => sample.Text));
        foreach ((ChatSample sample, OracleMessage their) in samples.Zip(theirs))
        {
            ChatReader reader = Reader(template);
            reader.Append(sample.Text);
            reader.Finish();
            Assert.True(their.Error is null, $"{their.Error}: {sample.Text}");
            Assert.Equal(their.ReasoningContent.Trim(), reader.Message.ReasoningContent ?? "");
            Assert.Equal(their.Content.Trim(), reader.Message.Content!.Trim());
            Assert.Equal(their.ToolCalls.Select(call => Normal(call.Name, call.Arguments)),
                (reader.Message.ToolCalls ?? []).Select(call => Normal(call.Name, call.Arguments)));
        }
    }

    // As if nothing were known of these families.
    [SkippableTheory]
    [InlineData("Qwen-Qwen3-0.6B", "probed JSON")]
    [InlineData("mistralai-Mistral-Nemo-Instruct-2407", "probed JSON")]
    [InlineData("unsloth-Apriel-1.5", "probed JSON")]
    [InlineData("NVIDIA-Nemotron-Nano-v2", "probed JSON")]
    [InlineData("Apertus-8B-Instruct", "probed JSON")]
    [InlineData("meta-llama-Llama-3.1-8B-Instruct", "probed JSON")]
    [InlineData("unsloth-mistral-Devstral-Small-2507", "probed name and JSON")]
    [InlineData("deepseek-ai-DeepSeek-V3.1", "probed name and JSON")]
    [InlineData("meetkai-functionary-medium-v3.1", "probed name and JSON")]
    [InlineData("Qwen3-Coder", "probed tags")]
    [InlineData("ByteDance-Seed-OSS", "probed tags")]
    public void Reads_a_notation_off_what_the_template_renders(string template, string shape)
    {
        ToolNotation found = ToolNotationProbe.Find((messages, tools) => Rendered(template, messages, tools))!;
        Assert.Equal(shape, found.Family);
        var notation = new ChatNotation(found, ChatNotationDetector.Detect(Source(template)).Reasoning);
        ToolConstraint constraint = ToolConstraint.WhenCalling(notation, Tools);
        foreach (ChatSample sample in Family(template).Samples.Where(sample => sample.Calls.Length == 1 && sample.Text.StartsWith(sample.From, StringComparison.Ordinal)))
        {
            if (sample.Text.StartsWith("<function=ping", StringComparison.Ordinal)) continue; // without the beginning that the template writes
            var reader = new ChatReader(notation, Tools, Family(template).Prompt);
            reader.Append(sample.Text);
            reader.Finish();
            Assert.Equal(sample.Calls.Select(call => Normal(call.Split(' ')[0], call[call.IndexOf(' ')..])),
                (reader.Message.ToolCalls ?? []).Select(call => Normal(call.Name, call.Arguments)));
            Assert.NotEmpty(constraint.Triggers);
        }
    }

    private string Rendered(string template, IReadOnlyList<ChatMessage> messages, IReadOnlyList<ChatTool> tools)
    {
        var conversation = new JsonArray();
        foreach (ChatMessage message in messages)
        {
            var json = new JsonObject { ["role"] = message.Role, ["content"] = message.Content };
            if (message.ToolCalls is { } calls)
            {
                json["tool_calls"] = new JsonArray([.. calls.Select(call => new JsonObject
                {
                    ["id"] = call.Id, ["type"] = "function", ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = call.Arguments },
                })]);
            }

            conversation.Add(json);
        }

        var described = new JsonArray([.. tools.Select(tool => new JsonObject
        {
            ["type"] = "function",
            ["function"] = new JsonObject { ["name"] = tool.Name, ["description"] = tool.Description, ["parameters"] = JsonNode.Parse(tool.Parameters.GetRawText()) },
        })]);
        return oracle.Chat.Apply(new OracleChat(Source(template), conversation.ToJsonString())
        {
            BosToken = "<s>",
            EosToken = "</s>",
            Tools = described.ToJsonString(),
            AddGenerationPrompt = false,
        }).Prompt;
    }

    private static ChatSampleFamily Family(string template) => ChatSamples.Families.Single(family => family.Template == template);

    private static string Source(string template) =>
        File.ReadAllText(Oracle.SourceFiles("models/templates", "*.jinja").Single(file => Path.GetFileNameWithoutExtension(file) == template));

    private static OracleChat Chat(string template) => new(Source(template), Question)
    {
        BosToken = "<s>",
        EosToken = "</s>",
        Tools = ChatSamples.Tools,
        ParallelToolCalls = true,
    };

    private static ChatReader Reader(string template) =>
        new(ChatNotationDetector.Detect(Source(template)), Tools, Family(template).Prompt);

    private static string Normal(string name, string arguments) => $"{name} {JsonNode.Parse(arguments)!.ToJsonString()}";
}
