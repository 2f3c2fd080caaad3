using Cria.Gguf;

namespace Cria.Text.Chats;

/// <summary>Finds the source of a model's chat template.</summary>
internal static class ChatTemplateSource
{
    private const string Key = "tokenizer.chat_template";
    private const string VariantsKey = "tokenizer.chat_templates";

    public const string ToolUse = "tool_use";

    private const string ChatMl =
        """
        {%- for message in messages %}
            {{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}
        {%- endfor %}
        {%- if add_generation_prompt %}
            {{- '<|im_start|>assistant\n' }}
        {%- endif %}
        """;

    // The oldest form, for models whose vocabulary has no tokens to mark messages with.
    private const string Instructions =
        """
        {%- for message in messages %}
            {%- if message.role == 'system' %}
                {{- '[INST] <<SYS>>' + message.content + '<</SYS>>\n\n' }}
            {%- elif message.role == 'assistant' %}
                {{- message.content + '\n' }}
            {%- else %}
                {{- '[INST] ' + message.content + ' [/INST]\n' }}
            {%- endif %}
        {%- endfor %}
        """;

    // Checks in published templates that refuse histories which their models answer well: where a source has the sign, the check is
    // replaced by one that never holds.
    private static readonly (string Sign, string AndSign, string Check)[] OverlyStrictChecks =
    [
        ("<|channel|>", "in message.content or",
            "{%- if \"<|channel|>analysis<|message|>\" in message.content or \"<|channel|>final<|message|>\" in message.content %}"),
        ("[TOOL_CALLS]", "if (message['content'] is none or",
            "{%- if (message['content'] is none or message['content'] == '' or message['content']|length == 0) "
            + "and (message['tool_calls'] is not defined or message['tool_calls'] is none or message['tool_calls']|length == 0) %}"),
    ];

    /// <summary>The template of a file that is not for a special purpose; one that many models share where the file has none.</summary>
    public static string Default(GgufMetadata metadata, Tokenizer tokenizer) =>
        Read(metadata, null) ?? Read(metadata, "default") ?? Read(metadata, ToolUse) ?? Fallback(tokenizer);

    /// <summary>The template of a file that has this name, or null.</summary>
    public static string? Named(GgufMetadata metadata, string name) => Read(metadata, name);

    /// <summary>The names of the templates that a file has beside its default one.</summary>
    public static IReadOnlyList<string> Names(GgufMetadata metadata)
    {
        var names = new List<string>();
        if (metadata.GetStrings(VariantsKey) is { } listed)
        {
            for (int i = 0; i < listed.Count; i++) names.Add(listed[i]);
        }
        names.AddRange(metadata.Keys.Where(key => key.StartsWith(Key + ".", StringComparison.Ordinal)).Select(key => key[(Key.Length + 1)..]));
        return [.. names.Distinct()];
    }

    /// <summary>The source without checks that are too strict; a name in place of a source means a template that comes with Cria.</summary>
    public static string Repair(string source)
    {
        if (source == "chatml") return ChatMl;
        foreach ((string sign, string andSign, string check) in OverlyStrictChecks)
        {
            if (source.Contains(sign, StringComparison.Ordinal) && source.Contains(andSign, StringComparison.Ordinal))
                source = source.Replace(check, "{%- if false %}", StringComparison.Ordinal);
        }
        return source;
    }

    private static string? Read(GgufMetadata metadata, string? name) =>
        metadata.GetString(name is null ? Key : $"{Key}.{name}") is { Length: > 0 } source ? source : null;

    private static string Fallback(Tokenizer tokenizer) =>
        tokenizer.Find("<|im_start|>") is not null && tokenizer.Find("<|im_end|>") is not null ? ChatMl : Instructions;
}
