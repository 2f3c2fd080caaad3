namespace Cria.Text.Chats;

/// <summary>The notations of tool calls in use, each with the family of models that brought it up.</summary>
internal static class ToolNotationFamilies
{
    private const string NineLetters = "[a-zA-Z0-9]{9}";

    private static readonly WordPart Name = new(WordMeaning.Name);
    private static readonly JsonArgumentsPart Json = new();
    private static readonly JsonCallPart JsonCall = new("name", "arguments");

    /// <summary>For templates that know no tools, and for what models without a notation fall back to: JSON, in a fence or not.</summary>
    public static ToolNotation Generic { get; } = new(
        "generic", new JsonCallPart("name", "arguments") { Instead = new InsteadOfJson(new PythonCallPart(), code: null) })
    {
        Open = "```tool_call",
        Close = "```",
        OtherOpens = ["```tool_code"],
        DoubtfulOpens = ["```json", "```"],
        IsBare = true,
    };

    public static ToolNotation Hermes { get; } = new("Hermes", Literal("<tool_call>\n"), JsonCall, Literal("\n</tool_call>"));

    public static ToolNotation Llama3 { get; } = new("Llama 3", new JsonCallPart("name", "parameters")
    {
        AllowsType = true,
        Instead = new InsteadOfJson(new PythonCallPart(), new CodePart()),
    })
    {
        OtherOpens = ["<|python_tag|>"],
        Separator = "; ",
        IsBare = true,
        AllowsSeveral = false,
    };

    public static ToolNotation MistralNemo { get; } = new(
        "Mistral", new JsonCallPart("name", "arguments") { IdAfter = ("id", $"\"\\\"\" {NineLetters} \"\\\"\"") })
    {
        Open = "[TOOL_CALLS]",
        IsList = true,
        Separator = ", ",
        Ids = ToolCallIdForm.Mistral,
    };

    public static ToolNotation Mistral { get; } = WithArguments("Mistral with names");

    public static ToolNotation MistralWithIds { get; } = WithArguments(
        "Mistral with names and ids", new OptionalPart(Literal("[CALL_ID]"), new WordPart(WordMeaning.Id, NineLetters)));

    public static ToolNotation DeepSeekR1 { get; } = new(
        "DeepSeek R1", Literal("<｜tool▁call▁begin｜>function<｜tool▁sep｜>"), Name, Literal("\n```json\n"), Json,
        Literal("\n```<｜tool▁call▁end｜>"))
    {
        Open = "<｜tool▁calls▁begin｜>",
        Close = "<｜tool▁calls▁end｜>",
        OtherOpens = ["<｜tool_calls_begin｜>"],
    };

    public static ToolNotation DeepSeekV31 { get; } = new(
        "DeepSeek V3.1", Literal("<｜tool▁call▁begin｜>"), Name, Literal("<｜tool▁sep｜>"), Json, Literal("<｜tool▁call▁end｜>"))
    {
        Open = "<｜tool▁calls▁begin｜>",
        Close = "<｜tool▁calls▁end｜>",
    };

    public static ToolNotation DeepSeekMarkup(string section) => new(
        "DeepSeek markup", Literal("<｜DSML｜invoke name=\""), Name, Literal("\">\n"),
        new TaggedParametersPart("<｜DSML｜parameter name=\"", "\"", ">", "</｜DSML｜parameter>")
        {
            TypeAttribute = new TypeAttribute("string", "true", _ => "false"),
            Between = "\n",
        },
        Literal("</｜DSML｜invoke>"))
    {
        Open = $"<｜DSML｜{section}>\n",
        Close = $"\n</｜DSML｜{section}>",
        Separator = "\n",
    };

    public static ToolNotation Phi4Mini { get; } = new("Phi 4 mini", JsonCall)
    {
        Open = "<|tool_call|>",
        Close = "<|/tool_call|>",
        IsList = true,
        Separator = ", ",
    };

    public static ToolNotation Functools { get; } = new("functools", JsonCall)
    {
        Open = " functools",
        IsList = true,
        Separator = ", ",
    };

    public static ToolNotation Granite3 { get; } = new("Granite 3", JsonCall)
    {
        Open = "<|tool_call|>",
        IsList = true,
        Separator = ", ",
        OtherOpens = ["<tool_call>"],
    };

    public static ToolNotation CommandR7B { get; } = new(
        "Command R7B", new JsonCallPart("tool_name", "parameters") { IdBefore = ("tool_call_id", "\"\\\"\" [0-9]{1,3} \"\\\"\"") })
    {
        Open = "<|START_ACTION|>",
        Close = "<|END_ACTION|>",
        IsList = true,
        Separator = ", ",
    };

    public static ToolNotation CommandR { get; } = new("Command R", new JsonCallPart("tool_name", "parameters"))
    {
        Open = "Action:\n```json",
        Close = "```",
        IsList = true,
        Separator = ", ",
    };

    public static ToolNotation Apriel { get; } = new("Apriel", JsonCall)
    {
        Open = "<tool_calls>",
        Close = "</tool_calls>",
        IsList = true,
        Separator = ", ",
    };

    public static ToolNotation MiniMaxM1 { get; } = new("MiniMax M1", JsonCall)
    {
        Open = "<tool_calls>\n",
        Close = "\n</tool_calls>",
        Separator = "\n",
    };

    public static ToolNotation NemotronNano2 { get; } = new("Nemotron Nano 2", JsonCall)
    {
        Open = "<TOOLCALL>",
        Close = "</TOOLCALL>",
        IsList = true,
        Separator = ", ",
    };

    public static ToolNotation Apertus { get; } = new("Apertus", new JsonCallPart(null, ""))
    {
        Open = "<|tools_prefix|>",
        Close = "<|tools_suffix|>",
        IsList = true,
        Separator = ", ",
    };

    public static ToolNotation GigaChat3 { get; } = new("GigaChat 3", JsonCall)
    {
        Open = "<|message_sep|>\n\nfunction call<|role_sep|>\n",
        AllowsSeveral = false,
    };

    public static ToolNotation GigaChat31 { get; } = new("GigaChat 3.1", JsonCall)
    {
        Open = "<|function_call|>",
        AllowsSeveral = false,
    };

    public static ToolNotation Functionary31 { get; } = new(
        "Functionary 3.1", Literal("<function="), Name, Literal(">"), Json, Literal("</function>"));

    public static ToolNotation KimiK2 { get; } = new(
        "Kimi K2", Literal("<|tool_call_begin|>"), new OptionalPart(Literal("functions.")), Name,
        new OptionalPart(Literal(":"), new WordPart(WordMeaning.Number)), Literal("<|tool_call_argument_begin|>"), Json,
        Literal("<|tool_call_end|>"))
    {
        Open = "<|tool_calls_section_begin|>",
        Close = "<|tool_calls_section_end|>",
        Ids = ToolCallIdForm.FunctionAndNumber,
    };

    public static ToolNotation KimiK3 { get; } = new(
        "Kimi K3", Literal("<|open|>call tool=\""), Name, new SkippedPart("<|sep|>", "\"\\\" index=\\\"\" [0-9]{1,2} \"\\\"\""),
        new TaggedParametersPart("<|open|>argument key=\"", "\"", "<|sep|>", "<|close|>argument<|sep|>")
        {
            TypeAttribute = new TypeAttribute("type", "string", kinds => $"{(JsonKinds)((int)kinds & -(int)kinds)}".ToLowerInvariant()),
        },
        Literal("<|close|>call<|sep|>"))
    {
        Open = "<|open|>tools<|sep|>",
        Close = "<|close|>tools<|sep|>",
    };

    public static ToolNotation Solar { get; } = new(
        "Solar Open", Literal("<|tool_call:begin|>"), new WordPart(WordMeaning.Id, "[a-zA-Z0-9_-]{1,40}"),
        Literal("<|tool_call:name|>"), Name, Literal("<|tool_call:args|>"), Json, Literal("<|tool_call:end|>"))
    {
        Open = "<|tool_calls|>",
        StopTexts = ["<|calls|>"],
    };

    public static ToolNotation QwenCoder { get; } = Function("Qwen3 Coder", "<tool_call>", "</tool_call>", onOwnLines: true);

    public static ToolNotation SeedOss { get; } = Function("Seed OSS", "<seed:tool_call>", "</seed:tool_call>", onOwnLines: false);

    public static ToolNotation Glm { get; } = Keys("GLM", "", []);

    public static ToolNotation Laguna { get; } = Glm with { Family = "Laguna", StopTexts = ["</assistant>"] };

    public static ToolNotation Ling3 { get; } = Glm with { Family = "Ling 3", StopTexts = ["<|role_end|>"] };

    public static ToolNotation MiniMaxM2 { get; } = new(
        "MiniMax M2", Literal("<invoke name=\""), Name, Literal("\">\n"),
        new TaggedParametersPart("<parameter name=\"", "\">", "", "</parameter>") { Between = "\n" }, Literal("</invoke>"))
    {
        Open = "<minimax:tool_call>\n",
        Close = "\n</minimax:tool_call>",
        Separator = "\n",
    };

    public static ToolNotation MiniMaxM3 { get; } = new(
        "MiniMax M3", Literal("]<]minimax[>[<invoke name=\""), Name, Literal("\">"), new NestedTagsPart("]<]minimax[>[", "</invoke>"),
        Literal("]<]minimax[>[</invoke>"))
    {
        Open = "]<]minimax[>[<tool_call>\n",
        Close = "\n]<]minimax[>[</tool_call>",
        Separator = "\n",
    };

    public static ToolNotation MiniCpm5 { get; } = new(
        "MiniCPM 5", Literal("<function name=\""), Name, Literal("\">"), new TaggedParametersPart("<param name=\"", "\">", "", "</param>"),
        Literal("</function>"))
    { Separator = "\n" };

    public static ToolNotation Lfm2 { get; } = new("LFM 2", Name, Literal("("), new PythonArgumentsPart(), Literal(")"))
    {
        Open = "<|tool_call_start|>",
        Close = "<|tool_call_end|>",
        IsList = true,
        Separator = ", ",
    };

    public static ToolNotation Gemma4 { get; } = new(
        "Gemma 4", Literal("<|tool_call>"), Literal("call:"), Name, new Gemma4ArgumentsPart(), Literal("<tool_call|>"))
    {
        StopTexts = ["<|tool_response>"],
    };

    public static ToolNotation Harmony { get; } = new(
        "Harmony", new JsonArgumentsPart { Instead = new InsteadOfJson(python: null, new CodePart(ChannelFamilies.Harmony.Ends)) })
    {
        Channels = ChannelFamilies.Harmony,
        AllowsSeveral = false,
    };

    public static ToolNotation Functionary32 { get; } = new("Functionary 3.2", Json) { Channels = ChannelFamilies.Functionary };

    public static ToolNotation Muse { get; } = new(
        "Muse", Literal("<atem:function_calls>\n"), Literal("<atem:invoke name=\""), Name, Literal("\">\n"),
        new TaggedParametersPart("<atem:parameter name=\"", "\">", "", "</atem:parameter>") { Between = "\n" },
        Literal("</atem:invoke>\n"), Literal("</atem:function_calls>"))
    {
        Channels = ChannelFamilies.Muse,
        Separator = "<|eom|><|start|>assistant",
    };

    /// <summary>Hunyuan marks its tags with a suffix.</summary>
    public static ToolNotation Hunyuan(string suffix) => Keys("Hunyuan", suffix, [new OptionalPart(Literal($"<tool_sep{suffix}>"))]) with
    {
        Open = $"<tool_calls{suffix}>\n",
        Close = $"\n</tool_calls{suffix}>",
        Separator = "\n",
    };

    private static ToolNotation WithArguments(string family, params ToolNotationPart[] id) =>
        new(family, [Literal("[TOOL_CALLS]"), Name, .. id, Literal("[ARGS]"), Json]) { Ids = ToolCallIdForm.Mistral };

    private static ToolNotation Function(string family, string open, string close, bool onOwnLines) => new(
        family, new LiteralPart(open + "\n") { IsOptional = true }, Literal("<function="), Name, Literal(">\n"),
        new TaggedParametersPart("<parameter=", ">", "", "</parameter>") { OnOwnLines = onOwnLines, Between = "\n" },
        Literal("</function>\n"), new LiteralPart(close) { IsOptional = true })
    { Separator = "\n" };

    private static ToolNotation Keys(string family, string suffix, ToolNotationPart[] afterName) => new(
        family,
        [
            Literal($"<tool_call{suffix}>"), Name, .. afterName,
            new TaggedParametersPart($"<arg_key{suffix}>", $"</arg_key{suffix}>", $"<arg_value{suffix}>", $"</arg_value{suffix}>")
            {
                IsSpaced = true, Between = "\n",
            },
            Literal($"</tool_call{suffix}>"),
        ])
    { Separator = "\n" };

    private static LiteralPart Literal(string text) => new(text);
}
