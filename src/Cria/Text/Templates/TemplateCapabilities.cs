namespace Cria.Text.Templates;

/// <summary>What a chat template can do with messages, found out by rendering small chats and watching which values it reads.</summary>
/// <remarks>The chats and the conclusions are those of llama.cpp, because what a template is given follows from them.</remarks>
internal sealed record TemplateCapabilities
{
    /// <summary>Whether a system message is rendered.</summary>
    public bool SystemRole { get; private init; }

    /// <summary>Whether the content of a message may be a string.</summary>
    public bool StringContent { get; private init; }

    /// <summary>Whether the content of a message may be a list of typed parts.</summary>
    public bool TypedContent { get; private init; }

    /// <summary>Whether the tools are rendered.</summary>
    public bool Tools { get; private init; }

    /// <summary>Whether the tool calls of messages are rendered.</summary>
    public bool ToolCalls { get; private init; }

    /// <summary>Whether the second tool call of a message is rendered.</summary>
    public bool ParallelToolCalls { get; private init; }

    /// <summary>Whether the arguments of tool calls are read as objects and not as JSON text.</summary>
    public bool ObjectArguments { get; private init; }

    /// <summary>Whether the reasoning of earlier messages can be rendered.</summary>
    public bool PreserveReasoning { get; private init; }

    /// <summary>Whether the reasoning effort makes a difference.</summary>
    public bool ReasoningEffort { get; private init; }

    /// <summary>Finds out what a template can do.</summary>
    public static TemplateCapabilities Probe(Template template)
    {
        ArgumentNullException.ThrowIfNull(template);
        TemplateProbe plain = TemplateProbe.Render(template, TemplateProbe.UserMessage(TemplateProbe.Marker));
        bool listRead = plain.ReadsAsList("content", 0);
        bool typed = listRead;
        if (plain.Tests("content", 0, "string"))
        {
            TemplateProbe empty = TemplateProbe.Render(template, TemplateProbe.UserMessage(new ListValue([])));
            typed |= empty.Text is not null && empty.ReadsAsList("content", 0);
        }

        TemplateProbe system = TemplateProbe.Render(
            template, TemplateProbe.Message("system", "System message"), TemplateProbe.UserMessage("User message"));

        TemplateProbe calls = TemplateProbe.RenderCalls(template, objectArguments: true, count: 1);
        bool objectArguments = calls.Text is not null && calls.UsesToolCalls && calls.UsesArgument;
        bool tools = calls.Text is null || calls.UsesTools;
        bool toolCalls = calls.Text is null || calls.UsesToolCalls;
        if (!objectArguments)
        {
            TemplateProbe textCalls = TemplateProbe.RenderCalls(template, objectArguments: false, count: 1);
            tools &= textCalls.Text is not null && textCalls.UsesTools;
            toolCalls &= textCalls.Text is not null && textCalls.UsesToolCalls;
        }
        TemplateProbe parallel = TemplateProbe.RenderCalls(template, objectArguments, count: 2);

        return new TemplateCapabilities
        {
            StringContent = plain.Text is not null && !(listRead && !plain.Text.Contains(TemplateProbe.Marker, StringComparison.Ordinal)),
            TypedContent = typed,
            SystemRole = system.Uses("content", 0),
            Tools = tools,
            ToolCalls = toolCalls,
            ObjectArguments = objectArguments,
            ParallelToolCalls = parallel.Text is not null && parallel.UsesSecondCall,
            PreserveReasoning = TemplateProbe.KeepsReasoning(template),
            ReasoningEffort = TemplateProbe.UsesReasoningEffort(template),
        };
    }
}
