using Cria.Text.Chats;
using Cria.Text.Grammars;

namespace Cria.Runtime;

/// <summary>What a conversation comes to: the text to continue, what the answer must look like, and how to read it.</summary>
/// <param name="Request">The generation that the answer is.</param>
/// <param name="Reader">Takes the answer apart.</param>
internal sealed record ChatPlan(GenerationRequest Request, ChatReader Reader)
{
    /// <summary>Plans the answer to a conversation; the options are validated.</summary>
    /// <exception cref="TemplateException">The model's template fails, or refuses the conversation.</exception>
    /// <exception cref="ChatException">The request is ill-formed.</exception>
    /// <exception cref="ContextFullException">The prompt does not fit the context.</exception>
    public static ChatPlan Make(Engine engine, ChatRequest chat, GenerationOptions options, long requested)
    {
        Check(chat, options);
        ChatTemplate template = chat.Tools.Count > 0 ? engine.ChatTemplate.WithTools : engine.ChatTemplate;
        ChatNotation notation = template.Notation;
        IReadOnlyList<ChatTool> tools = Callable(chat);
        // A model whose template knows no tools has to be told of them in words.
        ChatRequest written = tools.Count > 0 && template.Capabilities is { Tools: false, ToolCalls: false } ? ToolInstructions.Spell(chat) : chat;
        int[] prompt = engine.Tokenizer.Encode(template.Render(written), addSpecial: true);
        engine.CheckPrompt(prompt, options);
        if (options is { WhenFull: ContextOverflow.DropOldest, KeepTokens: null })
            options = options with { KeepTokens = SystemTokens(engine, template, written, prompt) };

        string opening = template.GenerationPrompt(written);
        bool isFormal = options.Grammar is not null || chat.ResponseSchema is not null;
        var reader = new ChatReader(notation, tools, opening, chat.SeparateReasoning, isFormal);
        var request = new GenerationRequest(prompt, options with { StopSequences = Stops(notation, tools, options) }, requested)
        {
            Constraint = tools.Count > 0
                ? ForTools(engine, chat, notation, tools, reader.IsReasoning, opening)
                : ForAnswer(engine, chat, options, notation, reader.IsReasoning),
            ShowsControlTokens = true,
            KeepsPrefix = true,
        };
        return new ChatPlan(request, reader);
    }

    /// <summary>
    /// The tokens of the prompt that tell the model what it is told before all else: those that it has in common with a conversation of the same
    /// system message and another first word. Null where there is no such message.
    /// </summary>
    private static int? SystemTokens(Engine engine, ChatTemplate template, ChatRequest chat, int[] prompt)
    {
        ChatMessage[] system = [.. chat.Messages.TakeWhile(message => message.Role is "system" or "developer")];
        if (system.Length == 0 && chat.Tools.Count == 0) return null;
        try
        {
            // A word that no message begins with.
            ChatRequest other = chat with { Messages = [.. system, ChatMessage.User("\u2060")], Continuation = ChatContinuation.None };
            return prompt.AsSpan().CommonPrefixLength(engine.Tokenizer.Encode(template.Render(other), addSpecial: true));
        }
        catch (TemplateException)
        {
            // The template wants more of a conversation than that.
            return null;
        }
    }

    private static void Check(ChatRequest chat, GenerationOptions options)
    {
        if (chat.Messages.Count == 0) throw new ChatException("messages", "has none. Give at least one.");
        bool mayCall = chat.Tools.Count > 0 && chat.ToolChoice != ToolChoice.None;
        if (!mayCall && chat.ToolChoice != ToolChoice.None && chat.ToolChoice != ToolChoice.Auto)
            throw new ChatException("tool_choice", $"is {chat.ToolChoice}, but there are no tools. Give some.");
        if (mayCall && (options.Grammar is not null || chat.ResponseSchema is not null))
        {
            throw new ChatException("tools",
                "may be called, so that the answer cannot be held to a grammar or schema. Leave one of them out, or set the tool choice to none.");
        }

        if (chat.ResponseSchema is not null && options.Grammar is not null)
            throw new ChatException("response schema", "and a grammar are both given. Leave one of them out.");
    }

    /// <summary>The tools that the model may call.</summary>
    private static IReadOnlyList<ChatTool> Callable(ChatRequest chat)
    {
        if (chat.ToolChoice == ToolChoice.None) return [];
        if (chat.ToolChoice.FunctionName is not { } name) return chat.Tools;
        ChatTool[] named = [.. chat.Tools.Where(tool => tool.Name == name)];
        return named.Length > 0
            ? named
            : throw new ChatException("tool_choice", $"is {name}, which is none of the tools: {string.Join(", ", chat.Tools.Select(tool => tool.Name))}.");
    }

    private static IReadOnlyList<string> Stops(ChatNotation notation, IReadOnlyList<ChatTool> tools, GenerationOptions options) =>
        tools.Count == 0 || notation.Tools.StopTexts.Count == 0 ? options.StopSequences : [.. options.StopSequences, .. notation.Tools.StopTexts];

    private static GrammarConstraint ForTools(
        Engine engine, ChatRequest chat, ChatNotation notation, IReadOnlyList<ChatTool> tools, bool isReasoning, string opening)
    {
        ToolConstraint constraint = chat.ToolChoice == ToolChoice.Auto
            ? ToolConstraint.WhenCalling(notation, tools, chat.ParallelToolCalls)
            : ToolConstraint.Always(notation, tools, isReasoning, chat.ParallelToolCalls);
        GrammarTokens grammar = engine.Grammars.For(Grammar.FromGbnf(constraint.Gbnf), notation);
        if (constraint.Triggers.Count == 0) return new GrammarConstraint(grammar);
        return new GrammarConstraint(grammar, GrammarWatch.For(constraint.Triggers, notation.Reasoning, isReasoning, opening));
    }

    // A grammar or schema is for the answer; reasoning comes before it, where the model reasons.
    private static GrammarConstraint? ForAnswer(Engine engine, ChatRequest chat, GenerationOptions options, ChatNotation notation, bool isReasoning)
    {
        Grammar? wanted = chat.ResponseSchema is { } schema ? Grammar.FromJsonSchema(schema, chat.ResponseSchemaOptions) : options.Grammar;
        if (wanted is null) return null;
        GrammarTokens grammar = engine.Grammars.For(wanted);
        GrammarWatch end = GrammarWatch.ForTheEndOf(notation.Reasoning);
        if (isReasoning) return new GrammarConstraint(grammar, end);
        int[] openings = chat.EnableThinking ? engine.TokensOf(notation.Reasoning.Open) : [];
        return new GrammarConstraint(grammar, openings.Length > 0 ? new OptionalReasoning(openings, end) : null);
    }
}
