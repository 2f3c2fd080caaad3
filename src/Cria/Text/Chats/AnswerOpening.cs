using System.Text.RegularExpressions;
using Cria.Text.Templates;

namespace Cria.Text.Chats;

/// <summary>How a template's assistant messages begin, for a message whose beginning is already known.</summary>
/// <param name="Begin">What comes before the message's text; null where it is what the template adds for generation.</param>
/// <param name="ReasoningStart">What comes before the reasoning; null where the template knows no reasoning.</param>
/// <param name="ReasoningEnd">What parts the reasoning from the content.</param>
internal sealed partial record AnswerOpening(string? Begin, string? ReasoningStart = null, string ReasoningEnd = "")
{
    /// <summary>The end of the prompt without which the message is not begun: it belongs to a turn that is already open.</summary>
    public string BeginsAfter { get; init; } = "";

    /// <summary>Whether a message without reasoning has only the end of one.</summary>
    public bool ClosesUnopenedReasoning { get; init; }

    /// <summary>The beginning of the message, up to where the model goes on.</summary>
    public RenderedText Of(ChatMessage message, bool withContent, RenderedText prompt, string generationPrompt)
    {
        var opening = new PromptBuilder();
        if (prompt.Text.EndsWith(BeginsAfter, StringComparison.Ordinal)) opening.Append(Begin ?? UpToReasoning(generationPrompt));
        if (ReasoningStart is not null)
        {
            bool isUnopened = ClosesUnopenedReasoning && string.IsNullOrEmpty(message.ReasoningContent);
            if (!isUnopened) opening.Append(ReasoningStart).AppendInput(message.ReasoningContent);
            if (withContent || isUnopened) opening.Append(ReasoningEnd);
        }
        if (withContent) opening.AppendInput(ChatTemplateMessages.TextOf(message, separator: "\n\n"));
        return opening.ToPrompt();
    }

    /// <summary>Finds out how a template writes the reasoning of an answer, by having it write one.</summary>
    public static AnswerOpening Probe(ChatTemplate template)
    {
        const string reasoning = "Something to think.";
        ChatMessage question = ChatMessage.User("The question?");
        ChatMessage answer = ChatMessage.Assistant("The answer.") with { ReasoningContent = reasoning };
        ChatMessage call = ChatMessage.Assistant(null, new ToolCall("call00001", "tool", "{}")) with { ReasoningContent = reasoning };
        return InHistory(new ChatRequest([question, answer]))
            ?? InHistory(new ChatRequest([question, call]) { Tools = [ChatTool.Create("tool", "A tool.", "{}")] })
            ?? InGenerationPrompt(new ChatRequest([question]))
            // Older templates of reasoning models only know how to cut reasoning off the content.
            ?? (template.Source.Contains("</think>", StringComparison.Ordinal) ? new(null, "<think>", "</think>") : new(Begin: null));

        AnswerOpening? InHistory(ChatRequest history)
        {
            string text = Try(() => template.RenderText(history with { AddGenerationPrompt = false }));
            int at = text.IndexOf(reasoning, StringComparison.Ordinal);
            if (at < 0) return null;
            Match before = MarkAtEnd().Match(text[..at]);
            Match after = MarkAtStart().Match(text[(at + reasoning.Length)..]);
            return before.Success && after.Success ? new(null, before.Value, after.Value) : null;
        }

        // A template that leaves reasoning out of the history may still open it, or close it, where the answer begins.
        AnswerOpening? InGenerationPrompt(ChatRequest request)
        {
            string thinking = Try(() => template.GenerationPrompt(request));
            string answering = Try(() => template.GenerationPrompt(request with { EnableThinking = false }));
            int same = thinking.AsSpan().CommonPrefixLength(answering);
            if (thinking.LastIndexOf('<', Math.Max(same - 1, 0)) is var mark and >= 0 && thinking.IndexOf('>', mark) >= same) same = mark;
            Match opened = MarkPair().Match(thinking[same..]);
            Match closed = MarkPair().Match(answering[same..]);
            string? start = Either(opened.Groups["start"], closed.Groups["start"]);
            string? end = Either(closed.Groups["end"], opened.Groups["end"]);
            return start is null || end is null ? null : new(null, start, end);
        }

        static string? Either(Group first, Group second) => first.Success ? first.Value : second.Success ? second.Value : null;

        static string Try(Func<string> render)
        {
            try
            {
                return render();
            }
            catch (TemplateException)
            {
                // It refuses conversations this short.
                return "";
            }
        }
    }

    // What the template adds for generation may have begun the reasoning already.
    private string UpToReasoning(string generationPrompt)
    {
        string mark = (ReasoningStart ?? "").Trim();
        int at = mark.Length == 0 ? -1 : generationPrompt.IndexOf(mark, StringComparison.Ordinal);
        return at < 0 ? generationPrompt : generationPrompt[..at];
    }

    [GeneratedRegex(@"(<[^<>]+>|\[[^\[\]]+\])\s*\z", RegexOptions.RightToLeft)]
    private static partial Regex MarkAtEnd();

    [GeneratedRegex(@"\A\s*(<[^<>]+>|\[[^\[\]]+\])\s*")]
    private static partial Regex MarkAtStart();

    [GeneratedRegex(@"\A\s*(?<start><[^<>/]+>)?\s*(?<end></[^<>]+>)?\s*\z")]
    private static partial Regex MarkPair();
}
