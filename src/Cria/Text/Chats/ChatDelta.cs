namespace Cria;

/// <summary>What the model has just said: a piece of the answer, of the reasoning before it, or of a tool call.</summary>
public sealed record ChatDelta
{
    /// <summary>The next piece of the answer; empty where this is something else.</summary>
    public string Content { get; init; } = "";

    /// <summary>The next piece of the reasoning; empty where this is something else.</summary>
    public string Reasoning { get; init; } = "";

    /// <summary>The next piece of a tool call, or null.</summary>
    public ToolCallDelta? ToolCall { get; init; }
}

/// <summary>A piece of a tool call: the first one of a call names it, all of them together spell its arguments.</summary>
/// <param name="Index">Which call of the message this belongs to, from 0.</param>
/// <param name="Id">The id of the call, in its first piece only.</param>
/// <param name="Name">The name of the tool, in the first piece of a call only.</param>
/// <param name="Arguments">The next piece of the arguments' JSON text; it may be empty.</param>
public sealed record ToolCallDelta(int Index, string? Id, string? Name, string Arguments);
