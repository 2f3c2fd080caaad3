using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace LlamaCpp;

/// <summary>
/// llama.cpp's chat templates, chat parsers and grammars in a child process, one request at a time. What llama.cpp refuses
/// throws <see cref="LlamaCppException"/> with what it said, and so does a request that crashes it; the process lives on.
/// </summary>
public sealed class ChatOracle : IDisposable
{
    private readonly LineProcess _process;

    private ChatOracle(TimeSpan patience) =>
        _process = new LineProcess("llama.cpp's chat oracle", new ProcessStartInfo(ChatOracleInstall.Program()), patience);

    /// <summary>Whether the process still answers.</summary>
    public bool IsAlive => _process.IsAlive;

    /// <summary>
    /// Starts the process, compiling it first where needed. Throws <see cref="LlamaCppUnavailableException"/> where llama.cpp
    /// or what compiles it cannot be had.
    /// </summary>
    public static ChatOracle Start(TimeSpan? patience = null) => new(patience ?? TimeSpan.FromMinutes(2));

    /// <summary>Renders a template with the variables of a JSON object, marked as input or not.</summary>
    public OracleRendering Render(string template, string variables = "{}", bool markInput = true, DateTimeOffset? now = null) =>
        Ask("jinja", ChatOracleJson.Default.OracleRendering, request =>
        {
            request.WriteString("template", template);
            WriteJson(request, "context", variables);
            request.WriteBoolean("mark_input", markInput);
            WriteTime(request, now);
        });

    /// <summary>What a chat template can, by llama.cpp's names: supports_tools, supports_system_role and so on.</summary>
    public IReadOnlyDictionary<string, bool> Capabilities(string template) =>
        Ask("caps", ChatOracleJson.Default.DictionaryStringBoolean, request => request.WriteString("template", template));

    /// <summary>The prompt of a chat, and the grammar that holds the answer to what it may be.</summary>
    public OracleChatResult Apply(OracleChat chat) =>
        Ask("chat", ChatOracleJson.Default.OracleChatResult, request => WriteChat(request, chat));

    /// <summary>Reads what a model wrote in answer to a chat; partial where it may go on.</summary>
    public OracleMessage Parse(OracleChat chat, string output, bool partial = false)
    {
        OracleMessage message = Parse(chat, [output], partial)[0];
        return message.Error is null ? message : throw new LlamaCppException(message.Error);
    }

    /// <summary>Reads each of several answers to a chat; those that llama.cpp refuses carry its error.</summary>
    public IReadOnlyList<OracleMessage> Parse(OracleChat chat, IEnumerable<string> outputs, bool partial = false) =>
        Ask("parse", ChatOracleJson.Default.OracleMessages, request =>
        {
            WriteChat(request, chat);
            WriteStrings(request, "outputs", outputs);
            request.WriteBoolean("partial", partial);
        }).Messages;

    /// <summary>The GBNF that llama.cpp makes of a JSON schema.</summary>
    public string SchemaToGbnf(string schema) =>
        Ask("schema", ChatOracleJson.Default.OracleGbnf, request => WriteJson(request, "schema", schema)).Gbnf;

    /// <summary>Whether a grammar accepts a text.</summary>
    public OracleMatch Match(string gbnf, string text, string root = "root") => Match(gbnf, [text], root)[0];

    /// <summary>Which of several texts a grammar accepts.</summary>
    public IReadOnlyList<OracleMatch> Match(string gbnf, IEnumerable<string> texts, string root = "root") =>
        Ask("gbnf", ChatOracleJson.Default.OracleMatches, request =>
        {
            request.WriteString("grammar", gbnf);
            request.WriteString("root", root);
            WriteStrings(request, "texts", texts);
        }).Texts;

    /// <summary>The answer to a request of any kind, by the protocol in chat-oracle/README.md.</summary>
    public JsonElement Ask(string request)
    {
        using JsonDocument line = JsonDocument.Parse(request);
        return Answer(JsonSerializer.Serialize(line.RootElement, ChatOracleJson.Default.JsonElement), "a request");
    }

    public void Dispose() => _process.Dispose();

    private T Ask<T>(string kind, JsonTypeInfo<T> type, Action<Utf8JsonWriter> write)
    {
        using var line = new MemoryStream();
        using (var writer = new Utf8JsonWriter(line))
        {
            writer.WriteStartObject();
            writer.WriteString("do", kind);
            write(writer);
            writer.WriteEndObject();
        }

        return Answer(Encoding.UTF8.GetString(line.ToArray()), kind).Deserialize(type)!;
    }

    private JsonElement Answer(string line, string what)
    {
        using JsonDocument answer = JsonDocument.Parse(_process.Ask(line, what));
        return answer.RootElement.TryGetProperty("error", out JsonElement error)
            ? throw new LlamaCppException(error.GetString()!)
            : answer.RootElement.Clone();
    }

    private static void WriteChat(Utf8JsonWriter request, OracleChat chat)
    {
        request.WriteString("template", chat.Template);
        request.WriteString("bos_token", chat.BosToken);
        request.WriteString("eos_token", chat.EosToken);
        request.WriteBoolean("add_bos", chat.AddBos);
        request.WriteBoolean("add_eos", chat.AddEos);
        request.WriteBoolean("add_generation_prompt", chat.AddGenerationPrompt);
        request.WriteBoolean("enable_thinking", chat.EnableThinking);
        WriteJson(request, "continue_final_message", chat.ContinueFinalMessage);
        WriteJson(request, "messages", chat.Messages);
        WriteJson(request, "tools", chat.Tools);
        WriteJson(request, "kwargs", chat.Variables);
        WriteJson(request, "json_schema", chat.JsonSchema);
        if (chat.Grammar is not null) request.WriteString("grammar", chat.Grammar);
        if (chat.ToolChoice is not null) request.WriteString("tool_choice", chat.ToolChoice);
        if (chat.ReasoningFormat is not null) request.WriteString("reasoning_format", chat.ReasoningFormat);
        if (chat.ParallelToolCalls is { } parallel) request.WriteBoolean("parallel_tool_calls", parallel);
        WriteTime(request, chat.Now);
    }

    // Parsed and written anew, because a line must not contain line breaks.
    private static void WriteJson(Utf8JsonWriter request, string name, string? json)
    {
        if (json is null) return;
        using JsonDocument value = JsonDocument.Parse(json);
        request.WritePropertyName(name);
        value.RootElement.WriteTo(request);
    }

    private static void WriteStrings(Utf8JsonWriter request, string name, IEnumerable<string> values)
    {
        request.WriteStartArray(name);
        foreach (string value in values) request.WriteStringValue(value);
        request.WriteEndArray();
    }

    private static void WriteTime(Utf8JsonWriter request, DateTimeOffset? now)
    {
        if (now is { } time) request.WriteNumber("now", time.ToUnixTimeSeconds());
    }
}
