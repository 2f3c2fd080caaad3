using System.Text.Json;
using Cria.Text.Templates;

namespace Cria.Text.Chats;

/// <summary>Variables that mean the same in all templates, under the names that single templates give them.</summary>
internal static class VariableAliases
{
    private static readonly (string Name, bool IsOpposite)[] PreserveReasoning =
    [
        ("preserve_thinking", false),
        ("clear_thinking", true),
        ("truncate_history_thinking", true),
        ("drop_thinking", true),
    ];

    /// <summary>The further names of the variables <c>preserve_reasoning</c> and <c>reasoning_effort</c>, with their values.</summary>
    public static IEnumerable<(string Name, TemplateValue Value)> Of(IReadOnlyDictionary<string, JsonElement> variables)
    {
        if (variables.TryGetValue("preserve_reasoning", out JsonElement preserve) && preserve.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            foreach ((string name, bool isOpposite) in PreserveReasoning) yield return (name, preserve.GetBoolean() != isOpposite);
        }
        if (variables.TryGetValue("reasoning_effort", out JsonElement effort) && effort.ValueKind == JsonValueKind.String)
            yield return ("reasoning_strength", TemplateValues.Input(effort));
    }
}
