using System.Text.Json;
using System.Text.Json.Nodes;
using Cria.Testing;
using Cria.Text.Chats;
using Cria.Text.Templates;
using LlamaCpp;

namespace Cria.Conformance.Text.Chats;

/// <summary>Prompts are byte for byte those of llama.cpp, for every published template.</summary>
public sealed class ChatTemplateParityTests(Oracle oracle) : IClassFixture<Oracle>
{
    private const string Bos = "<|bos|>";
    private const string Eos = "<|eos|>";
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 7, 8, 9, TimeSpan.Zero);

    [SkippableFact]
    public void Every_conversation_is_rendered_alike() =>
        AssertAlike(Oracle.SourceFiles("models/templates", "*.jinja"), ChatTemplateScenario.All);

    [SkippableFact]
    public void Every_conversation_is_rendered_alike_with_templates_from_elsewhere() =>
        AssertAlike(TestData.Files("templates", "*.jinja"), ChatTemplateScenario.All);

    // Families that llama.cpp's own collection does not have, in the forms in which their templates are known.
    [SkippableFact]
    public void Every_conversation_is_rendered_alike_with_older_families() =>
        AssertAlike(Directory.GetFiles(Path.Combine(Repository.Root, "tests", "Cria.Conformance", "Text", "Chats", "Templates"), "*.jinja"), ChatTemplateScenario.All);

    [SkippableFact]
    public void Answers_are_continued_alike()
    {
        string[] others =
        [
            // Here Cria keeps the line breaks around reasoning that the template writes in a history.
            "llama-cpp-rwkv-world.jinja", "poolside-Laguna-XS-2.1.jinja", "poolside-Laguna-XS.2.jinja",
            // For these, which know no reasoning, llama.cpp goes on with the content even if asked for the reasoning.
            "GigaChat3-10B-A1.8B.jinja", "meetkai-functionary-medium-v3.2.jinja",
        ];
        string[] templates = [.. Oracle.SourceFiles("models/templates", "*.jinja").Where(path => !others.Contains(Path.GetFileName(path)))];
        AssertAlike(templates, ChatTemplateScenario.Continued);
    }

    private void AssertAlike(IReadOnlyList<string> templates, IReadOnlyList<ChatTemplateScenario> scenarios)
    {
        var differences = new List<string>();
        int rendered = 0;
        foreach (string path in templates)
        {
            string source = File.ReadAllText(path);
            Dictionary<bool, ChatTemplate> parsed = new[] { false, true }.ToDictionary(
                adds => adds, adds => ChatTemplate.Parse(source, new TemplateTokens(Bos, Eos, adds, adds), new StoppedClock(Now)));
            foreach (ChatTemplateScenario scenario in scenarios)
            {
                string name = $"{Path.GetFileName(path)}, {scenario.Name}";
                Rendering ours = Ours(parsed[scenario.TokenizerAddsTokens], scenario);
                Rendering theirs = Theirs(source, scenario);
                if (ours.Refusal is null && theirs.Refusal is null)
                {
                    rendered++;
                    Compare(name, ours.Prompt, theirs.Prompt);
                    if (scenario.AddGenerationPrompt) Compare($"{name}, generation prompt", ours.GenerationPrompt, theirs.GenerationPrompt);
                }
                else if (ours.Refusal is null || theirs.Refusal is null)
                {
                    differences.Add($"{name}:\n  ours:   {ours.Refusal ?? "rendered"}\n  theirs: {theirs.Refusal ?? "rendered"}");
                }
            }
        }

        Assert.True(differences.Count == 0, $"{differences.Count} differ.\n{string.Join('\n', differences)}");
        Assert.True(rendered > templates.Count * scenarios.Count / 2, $"Only {rendered} conversations were rendered.");

        void Compare(string name, string ours, string theirs)
        {
            if (ours != theirs) differences.Add($"{name}:\n  ours:   {Shown(ours, theirs)}\n  theirs: {Shown(theirs, ours)}");
        }
    }

    private static Rendering Ours(ChatTemplate template, ChatTemplateScenario scenario)
    {
        try
        {
            using JsonDocument variables = JsonDocument.Parse(scenario.Variables);
            var request = new ChatRequest(ChatMessage.FromJson(scenario.Messages))
            {
                Tools = scenario.Tools is null ? [] : ChatTool.FromJson(scenario.Tools),
                AddGenerationPrompt = scenario.AddGenerationPrompt,
                Continuation = scenario.Continuation,
                EnableThinking = scenario.EnableThinking,
                TemplateVariables = variables.RootElement.EnumerateObject().ToDictionary(v => v.Name, v => v.Value.Clone()),
            };
            return new Rendering(template.RenderText(request), template.GenerationPrompt(request));
        }
        catch (CriaException exception)
        {
            return new Rendering("", "", exception.Message);
        }
    }

    private Rendering Theirs(string source, ChatTemplateScenario scenario)
    {
        try
        {
            OracleChatResult result = oracle.Chat.Apply(new OracleChat(source, scenario.Messages)
            {
                BosToken = Bos,
                EosToken = Eos,
                AddBos = scenario.TokenizerAddsTokens,
                AddEos = scenario.TokenizerAddsTokens,
                Tools = scenario.Tools,
                AddGenerationPrompt = scenario.AddGenerationPrompt && scenario.Continuation == ChatContinuation.None,
                ContinueFinalMessage = scenario.Continuation switch
                {
                    ChatContinuation.Auto => "true",
                    ChatContinuation.Content => "\"content\"",
                    ChatContinuation.Reasoning => "\"reasoning_content\"",
                    _ => null,
                },
                EnableThinking = scenario.EnableThinking,
                Variables = Variables(source, scenario),
                // With them come grammars, which llama.cpp does not make for every schema.
                ToolChoice = "none",
                Now = Now,
            });
            return new Rendering(result.Prompt, result.GenerationPrompt);
        }
        catch (LlamaCppException exception)
        {
            return new Rendering("", "", exception.Message);
        }
    }

    // llama.cpp knows one variable that switches thinking off and leaves the others to its callers.
    private static string Variables(string source, ChatTemplateScenario scenario)
    {
        JsonObject variables = JsonNode.Parse(scenario.Variables)!.AsObject();
        if (scenario.EnableThinking) return scenario.Variables;
        foreach (ThinkingSwitch choice in ThinkingSwitch.In(source))
        {
            variables.TryAdd(choice.Variable, choice.Off switch
            {
                StringValue text => JsonValue.Create(text.Text),
                IntegerValue number => JsonValue.Create(number.Value),
                _ => JsonValue.Create(choice.Off.IsTrue),
            });
        }
        return variables.ToJsonString();
    }

    // The part of a text around the first difference from another.
    private static string Shown(string text, string other)
    {
        int at = text.AsSpan().CommonPrefixLength(other);
        int start = Math.Max(0, at - 60);
        return $"…{text[start..Math.Min(text.Length, at + 100)]}".ReplaceLineEndings("\\n");
    }

    private sealed record Rendering(string Prompt, string GenerationPrompt, string? Refusal = null);

    private sealed class StoppedClock(DateTimeOffset now) : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => now;
    }
}
