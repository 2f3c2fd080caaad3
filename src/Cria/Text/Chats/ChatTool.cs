using System.Text.Json;
using Cria.Text.Chats;

namespace Cria;

/// <summary>A function that the model may call.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it does, for the model to read.</param>
/// <param name="Parameters">The JSON schema of its arguments.</param>
public sealed record ChatTool(string Name, string? Description, JsonElement Parameters)
{
    /// <summary>Makes a tool whose parameters' schema is given as JSON text.</summary>
    /// <exception cref="ChatException">The schema is no JSON object.</exception>
    public static ChatTool Create(string name, string? description, string parameters) =>
        new(name, description, ChatMessageReader.Parameters(ChatJson.Parse(parameters, "parameters")));

    /// <summary>Reads tools in the shape of OpenAI's interface: a JSON array of functions.</summary>
    /// <exception cref="ChatException">The text is no JSON, or a tool is ill-formed.</exception>
    public static IReadOnlyList<ChatTool> FromJson(string json) => ChatMessageReader.Tools(ChatJson.Parse(json, "tools"));

    /// <summary>Reads tools in the shape of OpenAI's interface: a JSON array of functions.</summary>
    /// <exception cref="ChatException">A tool is ill-formed.</exception>
    public static IReadOnlyList<ChatTool> FromJson(JsonElement json) => ChatMessageReader.Tools(new ChatJson(json, "tools"));
}
