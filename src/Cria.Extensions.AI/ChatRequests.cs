using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using AIChatMessage = Microsoft.Extensions.AI.ChatMessage;

namespace Cria.Extensions.AI;

/// <summary>Says a conversation of Microsoft.Extensions.AI in the engine's words.</summary>
internal static class ChatRequests
{
    public static ChatRequest From(IEnumerable<AIChatMessage> messages, ChatOptions? options)
    {
        if (options?.ConversationId is not null)
        {
            throw new NotSupportedException(
                "ChatOptions.ConversationId names a conversation that the service keeps, and this client keeps none. Leave it out and send all messages; the beginning that is known already is not computed again.");
        }

        var request = new ChatRequest(Messages(messages, options?.Instructions))
        {
            Tools = [.. (options?.Tools ?? []).Select(Tool)],
            ToolChoice = Choice(options),
            ParallelToolCalls = options?.AllowMultipleToolCalls ?? true,
            EnableThinking = options?.Reasoning?.Effort != ReasoningEffort.None,
        };
        return options?.ResponseFormat is ChatResponseFormatJson { Schema: { } schema } ? request with { ResponseSchema = schema } : request;
    }

    private static List<Cria.ChatMessage> Messages(IEnumerable<AIChatMessage> messages, string? instructions)
    {
        var result = new List<Cria.ChatMessage>();
        var toolNames = new Dictionary<string, string>();
        foreach (AIChatMessage message in messages)
        {
            ArgumentNullException.ThrowIfNull(message, nameof(messages));
            Add(result, message, toolNames);
        }

        if (string.IsNullOrEmpty(instructions)) return result;
        // Many templates take one system message only, at the start.
        if (result.Count > 0 && result[0].Role == "system") result[0] = result[0] with { Content = instructions + "\n\n" + result[0].Content };
        else result.Insert(0, Cria.ChatMessage.System(instructions));
        return result;
    }

    private static void Add(List<Cria.ChatMessage> result, AIChatMessage message, Dictionary<string, string> toolNames)
    {
        var text = new StringBuilder();
        var reasoning = new StringBuilder();
        var calls = new List<ToolCall>();
        int results = 0;
        foreach (AIContent content in message.Contents)
        {
            switch (content)
            {
                case TextReasoningContent thought:
                    reasoning.Append(thought.Text);
                    break;
                case TextContent said:
                    text.Append(said.Text);
                    break;
                case FunctionCallContent call:
                    toolNames[call.CallId] = call.Name;
                    calls.Add(new ToolCall(call.CallId, call.Name, ToolJson.Arguments(call.Arguments)));
                    break;
                case FunctionResultContent answer:
                    results++;
                    result.Add(Cria.ChatMessage.Tool(ToolJson.Result(answer), answer.CallId, toolNames.GetValueOrDefault(answer.CallId)));
                    break;
                case UsageContent:
                    // Counts what an earlier answer took; the model has no use for it.
                    break;
                default:
                    throw new NotSupportedException(Refusal(message, content));
            }
        }

        if (results > 0 && text.Length == 0 && calls.Count == 0) return;
        result.Add(new Cria.ChatMessage(message.Role.Value)
        {
            Content = text.Length > 0 || calls.Count == 0 ? text.ToString() : null,
            ReasoningContent = reasoning.Length > 0 ? reasoning.ToString() : null,
            ToolCalls = calls.Count > 0 ? calls : null,
            Name = message.AuthorName,
        });
    }

    private static string Refusal(AIChatMessage message, AIContent content)
    {
        string kind = content switch
        {
            DataContent data => $"{nameof(DataContent)} of type {data.MediaType}",
            UriContent link => $"{nameof(UriContent)} of type {link.MediaType}",
            _ => content.GetType().Name,
        };
        return $"A message of the {message.Role} holds {kind}, which this client cannot read: it takes text, reasoning, and calls of functions with their results. Leave it out or put it into words.";
    }

    private static ChatTool Tool(AITool tool) => tool is AIFunctionDeclaration function
        ? new ChatTool(function.Name, string.IsNullOrEmpty(function.Description) ? null : function.Description, function.JsonSchema)
        : throw new NotSupportedException(
            $"The tool {tool.Name} is a {tool.GetType().Name}, which a service would have to run. This client takes functions: use AIFunctionFactory, or declare one.");

    private static ToolChoice Choice(ChatOptions? options) => options switch
    {
        // Without tools there is nothing to choose.
        null or { Tools: null or { Count: 0 }, ToolMode: not RequiredChatToolMode } => ToolChoice.Auto,
        { ToolMode: NoneChatToolMode } => ToolChoice.None,
        { ToolMode: RequiredChatToolMode { RequiredFunctionName: { } name } } => ToolChoice.Function(name),
        { ToolMode: RequiredChatToolMode } => ToolChoice.Required,
        _ => ToolChoice.Auto,
    };
}

/// <summary>The JSON that calls of functions and their results are written in.</summary>
internal static class ToolJson
{
    private static readonly JsonSerializerOptions s_options = AIJsonUtilities.DefaultOptions;

    public static string Arguments(IDictionary<string, object?>? arguments) =>
        arguments is null ? "{}" : JsonSerializer.Serialize(arguments, s_options.GetTypeInfo(typeof(IDictionary<string, object?>)));

    public static string Result(FunctionResultContent content) => content.Result switch
    {
        null when content.Exception is { } failure => "Error: " + failure.Message,
        null => "null",
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } text => text.GetString()!,
        JsonElement json => json.GetRawText(),
        object value => JsonSerializer.Serialize(value, s_options.GetTypeInfo(typeof(object))),
    };

    /// <summary>What the model has called; arguments that a limit has cut off come as an exception in the content.</summary>
    public static FunctionCallContent Call(ToolCall call) =>
        FunctionCallContent.CreateFromParsedArguments(call.Arguments, call.Id, call.Name, Parse);

    private static IDictionary<string, object?>? Parse(string arguments)
    {
        using JsonDocument document = JsonDocument.Parse(arguments);
        return document.RootElement.EnumerateObject().ToDictionary(member => member.Name, member => (object?)member.Value.Clone());
    }
}
