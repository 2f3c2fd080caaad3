using Cria.Text.Templates;

namespace Cria.Text.Chats;

/// <summary>What single families of templates leave wrong in a prompt.</summary>
internal static class FamilyPrompts
{
    /// <summary>gpt-oss ends a history with the token that ends generation; where the prompt goes on, the model knows another.</summary>
    public static RenderedText EndLastAnswerAsPartOfHistory(RenderedText prompt, bool addGenerationPrompt)
    {
        const string endOfGeneration = "<|return|>";
        int at = addGenerationPrompt ? -1 : prompt.Text.LastIndexOf(endOfGeneration, StringComparison.Ordinal);
        if (at < 0) return prompt;
        return new PromptBuilder().Append(prompt, 0, at).Append("<|end|>").Append(prompt, at + endOfGeneration.Length, prompt.Text.Length).ToPrompt();
    }

    /// <summary>Gemma 4 does not open the model's turn after an answer with both content and a call; without it the model does not think.</summary>
    public static RenderedText OpenTurnAfterTurn(RenderedText prompt, bool addGenerationPrompt) =>
        addGenerationPrompt && prompt.Text.EndsWith("<turn|>\n", StringComparison.Ordinal)
            ? new PromptBuilder().Append(prompt).Append("<|turn>model\n").ToPrompt()
            : prompt;
}
