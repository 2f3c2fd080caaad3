using System.Text.RegularExpressions;

namespace Cria.Text.Chats;

/// <summary>Finds out from a chat template how its model writes tool calls and reasoning.</summary>
internal static partial class ChatNotationDetector
{
    // What a template says of its family's notation: the first entry whose texts are all there, and none of the others, counts.
    private static readonly (ToolNotation Notation, string[] With, string[] Without)[] ToolRules =
    [
        (ToolNotationFamilies.Harmony, ["<|channel|>", "<|message|>"], []),
        (ToolNotationFamilies.Muse, ["<atem:function_calls>", "<|eom|>"], []),
        (ToolNotationFamilies.Functionary32, [">>>all", ">>>${recipient}"], []),
        (ToolNotationFamilies.MistralWithIds, ["[TOOL_CALLS]", "[ARGS]", "[CALL_ID]"], []),
        (ToolNotationFamilies.Mistral, ["[TOOL_CALLS]", "[ARGS]"], []),
        (ToolNotationFamilies.MistralNemo, ["[TOOL_CALLS]"], []),
        (ToolNotationFamilies.KimiK2, ["<|tool_calls_section_begin|>", "<|tool_call_begin|>"], []),
        (ToolNotationFamilies.KimiK3, ["<|open|>", "<|close|>", "<|end_of_msg|>"], []),
        (ToolNotationFamilies.Ling3, ["<role>ASSISTANT</role>", "<arg_key>"], []),
        (ToolNotationFamilies.Laguna, ["laguna_glm_thinking", "<arg_key>"], []),
        (ToolNotationFamilies.Glm, ["<arg_key>", "<arg_value>"], []),
        (ToolNotationFamilies.CommandR7B, ["<|START_ACTION|>"], []),
        (ToolNotationFamilies.CommandR, ["Action:", "```json", "tool_name"], []),
        (ToolNotationFamilies.Lfm2, ["<|tool_list_start|>"], []),
        (ToolNotationFamilies.Lfm2, ["<|tool_call_start|>"], []),
        (ToolNotationFamilies.Lfm2, ["List of tools: ["], []),
        (ToolNotationFamilies.GigaChat31, ["<|role_sep|>", "<|function_call|>"], []),
        (ToolNotationFamilies.GigaChat3, ["<|role_sep|>", "<|message_sep|>"], []),
        (ToolNotationFamilies.MiniMaxM3, ["]<]minimax[>[", "<invoke name="], []),
        (ToolNotationFamilies.MiniMaxM2, ["<minimax:tool_call>"], []),
        (ToolNotationFamilies.DeepSeekMarkup("function_calls"), ["DSML", "function_calls"], []),
        (ToolNotationFamilies.DeepSeekMarkup("tool_calls"), ["DSML", "tool_calls"], []),
        (ToolNotationFamilies.DeepSeekR1, ["<｜tool▁call▁begin｜>", "```json"], []),
        (ToolNotationFamilies.DeepSeekV31, ["<｜tool▁call▁begin｜>"], []),
        (ToolNotationFamilies.Gemma4, ["<|tool_call>call:"], []),
        (ToolNotationFamilies.MiniCpm5, ["<function name=\"", "<param name=\""], []),
        (ToolNotationFamilies.SeedOss, ["<seed:tool_call>"], []),
        (ToolNotationFamilies.QwenCoder, ["<function=", "<parameter="], []),
        (ToolNotationFamilies.Functionary31, ["<function="], ["<tool_call>"]),
        (ToolNotationFamilies.Solar, ["<|tool_call:begin|>"], []),
        (ToolNotationFamilies.Apertus, ["<|tools_prefix|>"], []),
        (ToolNotationFamilies.NemotronNano2, ["<TOOLCALL>"], []),
        (ToolNotationFamilies.MiniMaxM1, ["<tool_calls>", "<beginning_of_sentence>"], []),
        (ToolNotationFamilies.Apriel, ["<tool_calls>"], []),
        (ToolNotationFamilies.Phi4Mini, ["<|tool_call|>", "<|/tool_call|>"], []),
        (ToolNotationFamilies.Granite3, ["<|tool_call|>"], []),
        (ToolNotationFamilies.Functools, ["functools["], []),
        (ToolNotationFamilies.Hermes, ["<tool_call>"], []),
        (ToolNotationFamilies.Llama3, ["<|python_tag|>"], []),
        (ToolNotationFamilies.Llama3, ["Respond in the format {\"name\": function name"], []),
    ];

    private static readonly (ReasoningNotation Notation, string[] With)[] ReasoningRules =
    [
        (ReasoningNotation.None, ["<|channel|>", "<|message|>"]),
        (ReasoningNotation.None, ["<atem:function_calls>", "<|eom|>"]),
        (new ReasoningNotation("<|open|>think<|sep|>", "<|close|>think<|sep|>")
        {
            AnswerMarks = ["<|open|>response<|sep|>", "<|close|>response<|sep|>", "<|close|>message<|sep|>", "<|end_of_msg|>"],
            EndsWithCall = true,
        }, ["<|open|>", "<|end_of_msg|>"]),
        (new ReasoningNotation("<|START_THINKING|>", "<|END_THINKING|>")
        {
            AnswerMarks = ["<|START_TEXT|>", "<|END_TEXT|>", "<|START_RESPONSE|>", "<|END_RESPONSE|>"],
            OpensAnywhere = true,
            EndsWithCall = true,
        }, ["<|START_THINKING|>"]),
        (new ReasoningNotation("<|channel>thought", "<channel|>") { OpensAnywhere = true }, ["<|channel>"]),
        (new ReasoningNotation("[THINK]", "[/THINK]"), ["[THINK]"]),
        (new ReasoningNotation("<seed:think>", "</seed:think>"), ["<seed:think>"]),
        (new ReasoningNotation("<mm:think>", "</mm:think>"), ["<mm:think>"]),
        (new ReasoningNotation("<|inner_prefix|>", "<|inner_suffix|>") { OpensAnywhere = true }, ["<|inner_prefix|>"]),
        (new ReasoningNotation("<|think|>", "<|end|>")
        {
            AnswerMarks = ["<|begin|>assistant", "<|content|>"], OpensAnywhere = true,
        }, ["<|think|>", "<|begin|>"]),
        (new ReasoningNotation("Here are my reasoning steps:", "[BEGIN FINAL RESPONSE]")
        {
            AnswerMarks = ["[END FINAL RESPONSE]"],
        }, ["[BEGIN FINAL RESPONSE]"]),
        (new ReasoningNotation("<think>", "</think>") { AnswerMarks = ["<response>", "</response>"] }, ["<think>", "<response>"]),
        (new ReasoningNotation("<think>", "</think>") { EndsWithCall = true }, ["<think>", "<function=", "<parameter="]),
        (new ReasoningNotation("<think>", "</think>") { EndsWithCall = true }, ["<|tool_calls_section_begin|>"]),
        (new ReasoningNotation("<think>", "</think>") { EndsWithCall = true }, ["<think>", "DSML"]),
        (new ReasoningNotation("<think>", "</think>") { EndsWithCall = true }, ["<think>", "<role>ASSISTANT</role>"]),
        (new ReasoningNotation("<think>", "</think>"), ["<think>"]),
        (new ReasoningNotation("<think>", "</think>"), ["</think>"]),
        (new ReasoningNotation("<thinking>", "</thinking>"), ["<thinking>"]),
        (new ReasoningNotation("<reasoning>", "</reasoning>"), ["<reasoning>"]),
    ];

    /// <summary>
    /// The notation of the model with this template; <see cref="ToolNotationFamilies.Generic"/> where it knows no tools.
    /// </summary>
    /// <param name="template">The source of the template.</param>
    /// <param name="render">
    /// Renders a conversation with tools, without the beginning of an answer; null where the template refuses it. A family that
    /// the source does not tell is read off a call that the template renders.
    /// </param>
    public static ChatNotation Detect(string template, Func<IReadOnlyList<ChatMessage>, IReadOnlyList<ChatTool>, string?>? render = null)
    {
        if (HunyuanSuffix().Match(template) is { Success: true } hunyuan)
        {
            string suffix = hunyuan.Groups[1].Value;
            return new ChatNotation(ToolNotationFamilies.Hunyuan(suffix), new ReasoningNotation($"<think{suffix}>", $"</think{suffix}>"));
        }

        ToolNotation? tools = ToolRules.Where(rule => Says(template, rule.With) && !rule.Without.Any(template.Contains))
            .Select(rule => rule.Notation).FirstOrDefault();
        ReasoningNotation? reasoning = ReasoningRules.Where(rule => Says(template, rule.With))
            .Select(rule => rule.Notation).FirstOrDefault();
        tools ??= render is null ? null : ToolNotationProbe.Find(render);
        return new ChatNotation(tools ?? ToolNotationFamilies.Generic, reasoning ?? ReasoningNotation.None);
    }

    /// <summary>The notation of the model with this template, read off a rendered call where the source does not tell it.</summary>
    public static ChatNotation Detect(ChatTemplate template) => Detect(template.Source, (messages, tools) =>
    {
        try
        {
            return template.RenderText(new ChatRequest(messages) { Tools = tools, AddGenerationPrompt = false });
        }
        catch (CriaException exception) when (exception is TemplateException or ChatException)
        {
            return null;
        }
    });

    private static bool Says(string template, string[] texts) => texts.All(text => template.Contains(text, StringComparison.Ordinal));

    // The suffix stands in a variable of the template.
    [GeneratedRegex(@"HYTK\s*=\s*'([^']*)'")]
    private static partial Regex HunyuanSuffix();
}
