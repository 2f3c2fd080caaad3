using Cria.Testing;
using Cria.Text.Chats;

namespace Cria.Conformance.Text;

/// <summary>The grammars of the notations, judged by llama.cpp's own matcher.</summary>
public sealed class ToolConstraintParityTests(Oracle oracle) : IClassFixture<Oracle>
{
    private static readonly IReadOnlyList<ChatTool> Tools = ChatTool.FromJson(ChatSamples.Tools);

    public static TheoryData<string> Families => [.. ChatSamples.Families.Select(family => family.Template)];

    [SkippableTheory, MemberData(nameof(Families))]
    public void Takes_what_the_family_says_from_the_trigger_on(string family)
    {
        ToolConstraint constraint = ToolConstraint.WhenCalling(Notation(family), Tools);
        foreach (ChatSample sample in Calling(family)) Assert.Equal("", Refused(constraint, FromTrigger(family, sample, constraint)));
    }

    [SkippableTheory, MemberData(nameof(Families))]
    public void Refuses_tools_parameters_and_values_that_there_are_not(string family)
    {
        ToolConstraint constraint = ToolConstraint.WhenCalling(Notation(family), Tools);
        (string Right, string Wrong)[] mistakes = [("get_weather", "get_leather"), ("city", "town"), ("true", "maybe"), ("3", "three"), ("false", "\"no\"")];
        foreach (ChatSample sample in Calling(family))
        {
            string right = FromTrigger(family, sample, constraint);
            foreach ((string from, string to) in mistakes)
            {
                // Ids have digits too, and attributes the word false.
                string wrong = right.Replace(from, to);
                if (wrong == right || right.Contains("DEF123") || right.Contains("\"false\"")) continue;
                Assert.NotEqual("", Refused(constraint, wrong));
            }
        }
    }

    [SkippableTheory, MemberData(nameof(Families))]
    public void Forces_a_call_after_the_reasoning(string family)
    {
        var notation = Notation(family);
        bool isReasoning = new ChatReader(notation, Tools, Family(family).Prompt).IsReasoning;
        ToolConstraint constraint = ToolConstraint.Always(notation, Tools, isReasoning);
        Assert.Empty(constraint.Triggers);
        Assert.NotEqual("", Refused(constraint, "Hello, how are you?"));
        foreach (ChatSample sample in Calling(family).Where(sample => sample.Content.Length == 0))
        {
            // Who forgets to end the reasoning cannot do so under a grammar.
            if (sample.Reasoning.Length > 0 && notation.Reasoning.Close.Count > 0 && !notation.Reasoning.Close.Any(sample.Text.Contains)) continue;
            if (notation.Reasoning.Open.Count > 0 && isReasoning && !notation.Reasoning.Close.Any(sample.Text.Contains)) continue;
            Assert.Equal("", Refused(constraint, sample.Text));
        }
    }

    [SkippableTheory, MemberData(nameof(Families))]
    public void Holds_the_model_to_one_function_and_to_one_call(string family)
    {
        ChatNotation notation = Notation(family);
        ToolConstraint ping = ToolConstraint.WhenCalling(notation, [.. Tools.Where(tool => tool.Name == "ping")]);
        ToolConstraint one = ToolConstraint.WhenCalling(notation, Tools, allowsSeveral: false);
        foreach (ChatSample sample in Calling(family))
        {
            string calls = FromTrigger(family, sample, one);
            if (sample.Calls.Length > 1) Assert.NotEqual("", Refused(one, calls));
            if (sample.Calls.Any(call => !call.StartsWith("ping", StringComparison.Ordinal))) Assert.NotEqual("", Refused(ping, calls));
        }
    }

    [SkippableFact]
    public void Is_triggered_by_the_words_that_trigger_llama_cpp()
    {
        foreach (string file in Oracle.SourceFiles("models/templates", "*.jinja"))
        {
            string source = File.ReadAllText(file), name = Path.GetFileName(file);
            IReadOnlyList<string> words = Words(source);
            IReadOnlyList<string> ours = ToolConstraint.WhenCalling(ChatNotationDetector.Detect(source), Tools).Triggers;
            foreach (string word in words)
            {
                // One may be longer than the other, where the rest must follow anyway.
                bool isThere = ours.Any(trigger => word.StartsWith(trigger, StringComparison.Ordinal) || trigger.StartsWith(word, StringComparison.Ordinal));
                Assert.True(isThere, $"{name}: {word} is not among {string.Join(", ", ours)}");
            }
        }
    }

    // Templates that cannot render these tools have no words.
    private IReadOnlyList<string> Words(string template)
    {
        var chat = new LlamaCpp.OracleChat(template, """[{ "role": "user", "content": "Hello" }]""") { BosToken = "<s>", EosToken = "</s>", Tools = ChatSamples.Tools };
        try
        {
            return [.. oracle.Chat.Apply(chat).GrammarTriggers.Where(trigger => trigger.Type == "word").Select(trigger => trigger.Value.Trim())];
        }
        catch (LlamaCpp.LlamaCppException)
        {
            return [];
        }
    }

    private static ChatSampleFamily Family(string template) => ChatSamples.Families.Single(family => family.Template == template);

    private static ChatNotation Notation(string family) => ChatNotationDetector.Detect(Family(family).Says);

    private static IEnumerable<ChatSample> Calling(string family) => Family(family).Samples.Where(sample => sample.From.Length > 0);

    private string Refused(ToolConstraint constraint, string text)
    {
        LlamaCpp.OracleMatch match = oracle.Chat.Match(constraint.Gbnf, text);
        return match.Accepted ? "" : $"fails at byte {match.Prefix} of {text}\n{constraint.Gbnf}";
    }

    // From the trigger on: that which begins first, and of those the longest.
    private static string FromTrigger(string template, ChatSample sample, ToolConstraint constraint)
    {
        string text = Family(template).Prompt + sample.Text;
        int from = sample.From == "" ? 0 : text.LastIndexOf(sample.Text, StringComparison.Ordinal) + sample.Text.IndexOf(sample.From, StringComparison.Ordinal);
        int trigger = constraint.Triggers.Select(word => text.IndexOf(word, from, StringComparison.Ordinal)).Where(at => at >= 0).Min();
        return text[trigger..];
    }
}
