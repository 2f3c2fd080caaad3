using Cria.Text.Templates;

namespace Cria.Text.Chats;

/// <summary>A variable that keeps a model from thinking, for templates that do not read <c>enable_thinking</c>.</summary>
/// <param name="Mark">The text by which the source of such a template is known.</param>
/// <param name="Variable">The variable.</param>
/// <param name="Off">Its value for an answer without reasoning.</param>
internal sealed record ThinkingSwitch(string Mark, string Variable, TemplateValue Off)
{
    private const string Common = "enable_thinking";

    private static readonly ThinkingSwitch[] All =
    [
        new("thinking_mode == \"disabled\"", "thinking_mode", "disabled"),          // MiniMax
        new("thinking_budget == 0", "thinking_budget", 0L),                         // Seed-OSS
        new("reasoning_effort in [\"low\", \"minimal\"]", "reasoning_effort", "minimal"), // Solar Open
        new("reasoning if reasoning is not undefined", "reasoning", false),         // Cohere
        new("thinking is undefined", "thinking", false),                            // Kimi
        new("thinking is defined", "thinking", false),                              // DeepSeek
        new("if thinking ", "thinking", false),                                     // Granite
    ];

    /// <summary>The switches that a template has beside <c>enable_thinking</c>.</summary>
    public static IEnumerable<ThinkingSwitch> In(string source) =>
        source.Contains(Common, StringComparison.Ordinal)
            ? []
            : All.Where(choice => source.Contains(choice.Mark, StringComparison.Ordinal));
}
