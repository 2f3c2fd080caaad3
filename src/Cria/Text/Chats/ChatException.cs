namespace Cria;

/// <summary>Messages or tools of a conversation are ill-formed, or a chat template cannot express them.</summary>
public sealed class ChatException : CriaException
{
    /// <summary>Creates the exception; the message begins with the place.</summary>
    public ChatException(string place, string problem, Exception? inner = null) : base($"{place} {problem}", inner) => Place = place;

    /// <summary>What is wrong, as a path into the messages or tools: <c>messages[2].tool_calls[0].function.name</c>.</summary>
    public string Place { get; }
}
