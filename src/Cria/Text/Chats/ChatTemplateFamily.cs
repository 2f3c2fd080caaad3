using Cria.Text.Templates;

namespace Cria.Text.Chats;

/// <summary>Templates that want more than the common shape of a conversation, known by texts in their source.</summary>
/// <param name="Name">The models that brought the template.</param>
/// <param name="Marks">The texts that the source of such a template holds, all of them.</param>
internal sealed record ChatTemplateFamily(string Name, params string[] Marks)
{
    /// <summary>Texts that tell the template from others with the same marks.</summary>
    public string[] Unlike { get; init; } = [];

    /// <summary>Rewrites the messages to the shape that the template reads; null where it reads the common one.</summary>
    public Action<List<MapValue>>? Adapt { get; init; }

    /// <summary>How an assistant's message begins when its text is already known; null where that is to be found out.</summary>
    public AnswerOpening? Opening { get; init; }

    /// <summary>What the prompt that the template rendered needs, told whether the assistant is to begin a message; null where nothing.</summary>
    public Func<RenderedText, bool, RenderedText>? Repair { get; init; }

    /// <summary>The variable under which the template reads the schema of the answer; null where it reads none.</summary>
    public string? ResponseSchemaVariable { get; init; }

    // The first that fits counts, so the order matters. The marks and openings are those by which llama.cpp knows these templates.
    private static readonly ChatTemplateFamily[] All =
    [
        new("Ministral 3, Magistral", "[SYSTEM_PROMPT]", "[TOOL_CALLS]", "[ARGS]")
        {
            Unlike = ["[CALL_ID]"],
            Adapt = FamilyMessages.PutReasoningIntoContentParts,
            Opening = new("", "[THINK]", "[/THINK]"),
        },
        new("gpt-oss", "<|channel|>")
        {
            Adapt = FamilyMessages.RenameReasoningAndDropContentBesideCalls,
            Opening = new("", "<|start|>assistant<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
            Repair = FamilyPrompts.EndLastAnswerAsPartOfHistory,
        },
        new("Muse Glimmer", "<atem:function_calls>", "<|eom|>")
        {
            Opening = new("", "<|start|>assistant to=self<|message|>", "<|eom|><|start|>assistant to=user<|message|>"),
        },
        new("Functionary 3.2", ">>>all", ">>>${recipient}")
        {
            Opening = new("<|start_header_id|>assistant<|end_header_id|>\n\n>>>all\n"),
        },
        new("Kimi K2", "<|tool_calls_section_begin|>", "<|tool_call_begin|>")
        {
            Opening = new("<|im_assistant|>assistant<|im_middle|>", "<think>", "</think>"),
        },
        new("Kimi K3", "<|open|>", "<|close|>", "<|end_of_msg|>")
        {
            Opening = new("<|open|>message role=\"assistant\"<|sep|>", "<|open|>think<|sep|>", "<|close|>think<|sep|><|open|>response<|sep|>"),
        },
        new("Ling 3", "<role>ASSISTANT</role>", "<arg_key>")
        {
            Opening = new("<role>ASSISTANT</role>\n", "<think>", "</think>"),
        },
        new("Cohere2 MoE", "<|START_TEXT|>", "<|START_ACTION|>")
        {
            Opening = new("<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>", "<|START_THINKING|>", "<|END_THINKING|><|START_TEXT|>"),
        },
        new("LFM2", "<|tool_list_start|>", "<|tool_list_end|>")
        {
            Adapt = FamilyMessages.RenameReasoning,
            Opening = new("<|im_start|>assistant\n", "<think>", "</think>"),
        },
        new("LFM2.5", "List of tools: [")
        {
            Unlike = ["<|tool_list_start|>"],
            Adapt = FamilyMessages.RenameReasoning,
            Opening = new("<|im_start|>assistant\n", "<think>", "</think>"),
        },
        new("GigaChat 3", "<|role_sep|>", "<|message_sep|>")
        {
            Unlike = ["<|function_call|>"],
            Opening = new("assistant<|role_sep|>\n"),
        },
        new("MiniMax M3", "]<]minimax[>[", "<tool_call>", "<invoke name=")
        {
            Opening = new(Begin: null, "<mm:think>", "</mm:think>"),
        },
        new("DeepSeek V3.2", "dsml_token", "DSML", "function_calls")
        {
            Opening = new("<｜Assistant｜>", "<think>", "</think>"),
        },
        new("DeepSeek V4", "dsml_token", "DSML", "tool_calls")
        {
            Adapt = FamilyMessages.SortResultsByCall,
            Opening = new("<｜Assistant｜>", "<think>", "</think>") { ClosesUnopenedReasoning = true },
            ResponseSchemaVariable = "response_format",
        },
        new("Gemma 4, first templates", "'<|tool_call>call:'")
        {
            Unlike = ["{#- OpenAI Chat Completions:"],
            Adapt = FamilyMessages.JoinCallsAndResults,
            Opening = Gemma4Opening,
            Repair = FamilyPrompts.OpenTurnAfterTurn,
        },
        new("Gemma 4", "'<|tool_call>call:'")
        {
            Opening = Gemma4Opening,
            Repair = FamilyPrompts.OpenTurnAfterTurn,
        },
        new("Nemotron Nano 2", "<SPECIAL_10>", "<SPECIAL_11>", "<SPECIAL_12>", "<TOOL_RESPONSE>")
        {
            Opening = new(Begin: null, "<think>\n", "</think>"),
        },
        new("MiniCPM5", "Tool usage guidelines:", "<function name=\"", "<param name=\"")
        {
            Opening = new("<|im_start|>assistant\n", "<think>\n", "\n</think>\n\n"),
        },
        new("Qwen 3.5, Nemotron 3, StepFun", "<tool_call>", "<function=", "<parameter=", "<think>")
        {
            Unlike = [CallsWithoutLineBreaks],
            Opening = new("<|im_start|>assistant\n", "<think>\n", "\n</think>\n\n"),
        },
        new("Qwen3-Coder", "<tool_call>", "<function=", "<parameter=")
        {
            Unlike = [CallsWithoutLineBreaks],
            Opening = new("<|im_start|>assistant\n"),
        },
    ];

    private const string CallsWithoutLineBreaks = "'<tool_call><function=' ~ tool_call.name ~ '>'";

    private static AnswerOpening Gemma4Opening => new("<|turn>model\n", "<|channel>thought\n", "<channel|>") { BeginsAfter = "<turn|>\n" };

    /// <summary>The family of a template, or null for the common shape.</summary>
    public static ChatTemplateFamily? Of(string source) => Array.Find(All, family => family.Fits(source));

    private bool Fits(string source) =>
        Array.TrueForAll(Marks, mark => source.Contains(mark, StringComparison.Ordinal))
        && !Array.Exists(Unlike, mark => source.Contains(mark, StringComparison.Ordinal));
}
