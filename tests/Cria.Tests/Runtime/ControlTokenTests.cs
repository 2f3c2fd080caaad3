using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Cria.Gguf;
using Cria.Runtime;
using Cria.Testing;
using Cria.Text;
using Cria.Text.Chats;

namespace Cria.Tests.Runtime;

/// <summary>Answers in the notations of many families with a published vocabulary, in which the marks are control tokens as in the families' own.</summary>
public sealed partial class ControlTokenTests(ControlTokenTests.Vocabulary vocabulary) : IClassFixture<ControlTokenTests.Vocabulary>
{
    private static readonly GenerationOptions s_greedy = new() { Temperature = 0, MaxTokens = 300 };
    private static readonly IReadOnlyList<ChatTool> s_tools = ChatTool.FromJson(ChatSamples.Tools);

    public static TheoryData<string> Families => [.. ChatSamples.Families.Select(family => family.Template)];

    [SkippableTheory, MemberData(nameof(Families))]
    public async Task Are_read_as_they_are_meant_while_a_grammar_holds_the_calls(string template)
    {
        ChatSampleFamily family = ChatSamples.Families.Single(one => one.Template == template);
        foreach (ChatSample sample in family.Samples.Where(sample => sample.From.Length > 0 && MayBeSaid(family, sample)))
        {
            ChatMessage message = await AnswerAsync(family, sample.Text, s_tools);
            Assert.True(sample.Content == message.Content, sample.Text);
            Assert.Equal(sample.Reasoning, message.ReasoningContent ?? "");
            Assert.Equal(sample.Calls.Select(Normal), (message.ToolCalls ?? []).Select(call => Normal($"{call.Name} {call.Arguments}")));
        }
    }

    // From its mark on a call can only become a valid one, and nothing but calls comes after it.
    [SkippableTheory, MemberData(nameof(Families))]
    public async Task Become_valid_calls_whatever_the_model_says_after_the_mark(string template)
    {
        ChatSampleFamily family = ChatSamples.Families.Single(one => one.Template == template);
        ChatTool tool = ChatTool.Create("turn", "Turns.", """{"type": "object", "properties": {"way": {"enum": ["left"]}}, "required": ["way"], "additionalProperties": false}""");
        if (family.Samples.FirstOrDefault(one => one.From.Length > 0 && one.Calls.Length > 0) is not { } sample) return;
        // Where the mark has the name of the tool, it must be that of this one.
        string Renamed(string text) => s_tools.Aggregate(text, (renamed, one) => renamed.Replace(one.Name, tool.Name));
        string said = Renamed(sample.Text), begin = Renamed(sample.From);
        IReadOnlyList<string> triggers = ToolConstraint.WhenCalling(ChatNotationDetector.Detect(family.Says), [tool]).Triggers;
        int from = said.IndexOf(begin, StringComparison.Ordinal);
        string mark = triggers.Where(one => said.AsSpan(from).StartsWith(one, StringComparison.Ordinal)).MaxBy(one => one.Length) ?? begin;
        said = said[..(from + mark.Length)];
        ChatMessage message = await AnswerAsync(family, said + new string('x', 300), [tool]);
        ToolCall call = Assert.Single(message.ToolCalls ?? []);
        Assert.Equal("""turn {"way":"left"}""", Normal($"{call.Name} {call.Arguments}"));
    }

    // Who forgets to end the reasoning is understood, but a call inside of it is not held to a grammar unless the family is known for it.
    private static bool MayBeSaid(ChatSampleFamily family, ChatSample sample) => sample.Ours.Length == 0 || family.Samples.Length == 1;

    private async Task<ChatMessage> AnswerAsync(ChatSampleFamily family, string text, IReadOnlyList<ChatTool> tools)
    {
        string template = "{# " + family.Says + " #}{% for message in messages %}{{ message.content }}{% endfor %}{% if add_generation_prompt %}{% raw %}"
            + family.Prompt.Replace("\n", "{% endraw %}{{ '\\n' }}{% raw %}") + "{% endraw %}{% endif %}";
        using LlamaModel model = vocabulary.Model(Says(vocabulary.Tokenizer, text), template);
        ChatResult result = await model.ChatAsync(new ChatRequest([ChatMessage.User("Hello")]) { Tools = tools, ParallelToolCalls = tools.Count > 1 }, s_greedy);
        return result.Message;
    }

    /// <summary>Says a text, whatever tokens it has been made of so far; where it was made to say something else, it has nothing to say.</summary>
    private static ScriptedPredictor Says(Tokenizer tokenizer, string text)
    {
        int prompt = -1;
        int end = Enumerable.Range(0, tokenizer.Count).First(tokenizer.IsEndOfGeneration);
        return new ScriptedPredictor
        {
            MaxBatch = 4096,
            ContextLength = 8192,
            VocabularySize = tokenizer.Count,
            Next = soFar =>
            {
                if (prompt < 0) prompt = soFar.Count;
                string said = tokenizer.Decode(soFar.Skip(prompt).ToArray(), special: true);
                if (!text.StartsWith(said, StringComparison.Ordinal) || said.Length == text.Length) return end;
                return tokenizer.Encode(text[said.Length..], addSpecial: false, parseSpecial: true)[0];
            },
        };
    }

    private static string Normal(string call)
    {
        int space = call.IndexOf(' ');
        return $"{call[..space]} {JsonNode.Parse(call[(space + 1)..])!.ToJsonString()}";
    }

    /// <summary>The vocabulary of Llama 3 with the marks of all families in place of its reserved tokens.</summary>
    public sealed partial class Vocabulary : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("cria-").FullName;
        private Tokenizer? _tokenizer;

        public Tokenizer Tokenizer
        {
            get
            {
                if (_tokenizer is not null) return _tokenizer;
                using GgufFile published = GgufFile.Open(TestData.Files("vocab", "ggml-vocab-llama-bpe.gguf").Single());
                // With these two, <|end|> is no end of a generation.
                string[] ends = ["<|call|>", "<|return|>"];
                Queue<string> marks = new(ChatSamples.Families.SelectMany(family => family.Samples.Select(sample => sample.Text).Append(family.Prompt))
                    .SelectMany(text => ControlToken().Matches(text).Select(match => match.Value)).Concat(ends).Distinct());
                GgufStrings texts = published.Metadata.GetStrings("tokenizer.ggml.tokens")!;
                string[] tokens = [.. Enumerable.Range(0, texts.Count).Select(i => System.Text.Encoding.UTF8.GetString(texts.Utf8(i)))];
                foreach (string known in tokens) marks = marks.Contains(known) ? new(marks.Where(mark => mark != known)) : marks;
                for (int i = 0; i < tokens.Length; i++)
                {
                    if (tokens[i].StartsWith("<|reserved_special_token_", StringComparison.Ordinal) && marks.TryDequeue(out string? mark)) tokens[i] = mark;
                }

                Assert.Empty(marks);
                var writer = new GgufWriter { WaitsForDisk = false };
                writer.CopyMetadata(published.Metadata, key => key != "tokenizer.ggml.tokens");
                writer.Set("tokenizer.ggml.tokens", tokens);
                writer.Write(Path.Combine(_folder, "marks.gguf"));
                using GgufFile file = Open();
                return _tokenizer = Tokenizer.FromFile(file);
            }
        }

        internal LlamaModel Model(IPredictor predictor, string template) => new(new Engine(Open(), Tokenizer, predictor, template));

        public void Dispose() => Directory.Delete(_folder, recursive: true);

        private GgufFile Open() => GgufFile.Open(Path.Combine(_folder, "marks.gguf"));

        [GeneratedRegex(@"<\|[^<>|""{} ]+\|>|<｜[^<>{} ]+?｜>|\[(TOOL_CALLS|ARGS|CALL_ID|THINK|/THINK)\]|</?think>")]
        private static partial Regex ControlToken();
    }
}
