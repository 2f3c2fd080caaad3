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

    private static ChatSampleFamily Family(string template) => ChatSamples.Families.Single(family => family.Template == template);

    private static string Source(string template) =>
        File.ReadAllText(Oracle.SourceFiles("models/templates", "*.jinja").Single(file => Path.GetFileNameWithoutExtension(file) == template));

    private static OracleChat Chat(string template) => new(Source(template), Question)
    {
        BosToken = "<s>", EosToken = "</s>", Tools = ChatSamples.Tools, ParallelToolCalls = true,
    };

    private static ChatReader Reader(string template) =>
        new(ChatNotationDetector.Detect(Source(template)), Tools, Family(template).Prompt);

    private static string Normal(string name, string arguments) => $"{name} {JsonNode.Parse(arguments)!.ToJsonString()}";
}
