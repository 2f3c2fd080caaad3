namespace Cria.LlamaRn;

/// <summary>A text whose state can be saved: a prompt and what was generated behind it.</summary>
internal sealed record SessionText(SessionPrompt Prompt, IReadOnlyList<int> Answer);

/// <summary>A prompt: how it is spelled, or else its tokens.</summary>
internal sealed record SessionPrompt(Func<string>? Text, ReadOnlyMemory<int> Tokens = default);
