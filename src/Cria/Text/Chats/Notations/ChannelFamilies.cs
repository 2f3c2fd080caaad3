using System.Text.RegularExpressions;

namespace Cria.Text.Chats;

/// <summary>The families whose answers are several messages with headers.</summary>
internal static partial class ChannelFamilies
{
    // gpt-oss: <|channel|>analysis<|message|>…<|end|><|start|>assistant<|channel|>commentary to=functions.NAME <|constrain|>json
    // <|message|>{…}<|call|>. The recipient may also stand before the channel, and strays of headers before the header.
    public static ChannelNotation Harmony { get; } = new(
        "<|start|>assistant", "<|message|>", ["<|end|>", "<|call|>", "<|return|>"], ReadHarmony)
    {
        HeaderBegins = ["<|channel|>", " to=", "<|message|>"],
        // Without the dot, which vocabularies join with what comes after it.
        CallBegins = _ => ["<|channel|>commentary to=functions", "<|channel|>analysis to=functions", " to=functions"],
        CallHeader = (grammar, tool) =>
        {
            string name = grammar.Exactly($" to=functions.{tool.Name}");
            string channel = "\"<|channel|>\" ( \"commentary\" | \"analysis\" )";
            return $"( {channel} {name} | {name} {channel} ) ( \" \"? \"<|constrain|>\"? \"json\" )? \"<|message|>\"";
        },
        ReasoningBefore = grammar =>
            $"( \"<|channel|>\" ( \"analysis\" | \"commentary\" ) \"<|message|>\" {grammar.Until("<|end|>")} \"<|start|>assistant\" )*",
        OtherMarks = ["<|channel|>", "<|constrain|>"],
    };

    // Functionary 3.2: >>>all, a line end and the answer, or >>>NAME, a line end and the arguments.
    public static ChannelNotation Functionary { get; } = new(">>>", "\n", [], ReadFunctionary)
    {
        CallBegins = tool => [$">>>{tool.Name}\n"],
        CallHeader = (grammar, tool) => grammar.Exactly($"{tool.Name}\n"),
    };

    // Muse: <|start|>assistant to=self<|message|>…<|eom|>, to=user for the answer, and the name of a tool for a call.
    public static ChannelNotation Muse { get; } = new("<|start|>assistant", "<|message|>", ["<|eom|>", "<|eot|>"], ReadMuse)
    {
        HeaderBegins = [" to=", "<|message|>"],
        CallBegins = tool => [$" to={tool.Name}<|message|>"],
        CallHeader = (grammar, tool) => grammar.Exactly($" to={tool.Name}<|message|>"),
        ReasoningBefore = grammar => $"( \" to=self<|message|>\" {grammar.Until("<|eom|>")} \"<|start|>assistant\" )*",
    };

    private static Channel? ReadHarmony(string header)
    {
        Match? recipient = HarmonyRecipient().Matches(header).LastOrDefault();
        if (recipient is { Groups: [_, { Length: > 0 }, var function] }) return new Channel(ChannelKind.Call, function.Value);
        string channel = header[(header.LastIndexOf("<|channel|>", StringComparison.Ordinal) + 1)..];
        // Other recipients are tools that the model knows from its training, such as python and browser.search.
        return new Channel(channel.Contains("analysis", StringComparison.Ordinal) ? ChannelKind.Reasoning : ChannelKind.Answer, recipient?.Groups[2].Value);
    }

    private static Channel? ReadFunctionary(string header) =>
        header == "all" ? new Channel(ChannelKind.Answer) : FunctionName().IsMatch(header) ? new Channel(ChannelKind.Call, header) : null;

    private static Channel? ReadMuse(string header) => header.Trim() switch
    {
        "to=self" => new Channel(ChannelKind.Reasoning),
        "" or "to=user" => new Channel(ChannelKind.Answer),
        var recipient => new Channel(ChannelKind.Call, recipient.Replace("to=", "")),
    };

    [GeneratedRegex(@"to=(functions\.)?([^\s<]+)")]
    private static partial Regex HarmonyRecipient();

    [GeneratedRegex(@"^[\w.\-]+$")]
    private static partial Regex FunctionName();
}
