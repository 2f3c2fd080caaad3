using System.Globalization;
using System.Text.Json;
using Cria.Testing;
using Cria.Text.Templates;

namespace Cria.Conformance.Text.Templates;

/// <summary>Published chat templates render, and show what they can, as they do with llama.cpp.</summary>
public sealed class JinjaTemplateParityTests(Oracle oracle) : IClassFixture<Oracle>
{
    [SkippableFact]
    public void Renders_every_published_template_as_llama_cpp_does()
    {
        var differences = new List<string>();
        foreach (string file in Oracle.SourceFiles("models/templates", "*.jinja"))
        {
            string template = File.ReadAllText(file);
            foreach ((string name, string variables) in JinjaChats.All())
            {
                if (JinjaParity.Difference(oracle.Chat, template, variables) is { } difference)
                {
                    differences.Add($"{Path.GetFileName(file)}, {name}:\n{difference}");
                }
            }
        }
        Assert.Empty(differences);
    }

    [SkippableFact]
    public void Renders_the_templates_of_the_test_data_as_llama_cpp_does()
    {
        string[] differences =
        [
            .. from file in TestData.Files("templates", "*.jinja")
               from chat in JinjaChats.All()
               let difference = JinjaParity.Difference(oracle.Chat, File.ReadAllText(file), chat.Variables)
               where difference is not null
               select $"{Path.GetFileName(file)}, {chat.Name}:\n{difference}",
        ];
        Assert.Empty(differences);
    }

    [SkippableFact]
    public void Finds_the_capabilities_of_every_published_template_that_llama_cpp_finds()
    {
        foreach (string file in Oracle.SourceFiles("models/templates", "*.jinja"))
        {
            string template = File.ReadAllText(file);
            TemplateCapabilities found = TemplateCapabilities.Probe(Template.Parse(template));
            var ours = new Dictionary<string, bool>
            {
                ["supports_string_content"] = found.StringContent,
                ["supports_typed_content"] = found.TypedContent,
                ["supports_tools"] = found.Tools,
                ["supports_tool_calls"] = found.ToolCalls,
                ["supports_parallel_tool_calls"] = found.ParallelToolCalls,
                ["supports_system_role"] = found.SystemRole,
                ["supports_preserve_reasoning"] = found.PreserveReasoning,
                ["supports_reasoning_effort"] = found.ReasoningEffort,
                ["supports_object_arguments"] = found.ObjectArguments,
            };
            Assert.Equal(
                oracle.Chat.Capabilities(template).OrderBy(entry => entry.Key).Select(entry => (Path.GetFileName(file), entry)),
                ours.OrderBy(entry => entry.Key).Select(entry => (Path.GetFileName(file), entry)));
        }
    }

    // What the caller says is written in letters that no template has, so that each of them in the output has to be marked.
    [SkippableFact]
    public void Marks_all_that_the_caller_says_in_every_published_template()
    {
        foreach (string file in Oracle.SourceFiles("models/templates", "*.jinja"))
        {
            Template template = Template.Parse(File.ReadAllText(file));
            foreach ((string name, string variables) in JinjaChats.All())
            {
                RenderedText? rendered = TryRender(template, Disguised(variables));
                if (rendered is null) continue;
                string unmarked = rendered.Text;
                foreach (Range range in rendered.Input.Reverse())
                {
                    unmarked = unmarked.Remove(range.Start.Value, range.End.Value - range.Start.Value);
                }
                Assert.False(unmarked.Any(IsDisguised), $"{Path.GetFileName(file)}, {name}: {unmarked}");
            }
        }
    }

    private static RenderedText? TryRender(Template template, string variables)
    {
        using JsonDocument json = JsonDocument.Parse(variables);
        try
        {
            return template.Render(json.RootElement.EnumerateObject().ToDictionary(
                property => property.Name, property => TemplateValue.FromJson(property.Value, isInput: true)));
        }
        catch (TemplateException)
        {
            return null; // some chats are refused; the parity tests tell whether they should be
        }
    }

    // The letters of words with a capital and of other scripts are moved to where no template has any: roles and keys stay what they are.
    private static string Disguised(string variables)
    {
        using JsonDocument json = JsonDocument.Parse(variables);
        string text = JsonSerializer.Serialize(json.RootElement, JsonSerializerOptions.Default);
        foreach (string word in new[] { "Hello", "You", "Hi!", "Answer", "part one", "think hard", "Tells", "why", "fine", "look" })
        {
            string moved = string.Concat(word.Select(c => "\\u" + ((int)c + 0xE000).ToString("x4", CultureInfo.InvariantCulture)));
            text = text.Replace(word, moved, StringComparison.Ordinal);
        }
        return text;
    }

    private static bool IsDisguised(char c) => c is >= '\uE000' and < '\uE100';
}
