namespace Cria;

/// <summary>A model's wish to have a tool run.</summary>
/// <param name="Id">What the tool's answer refers to; empty where the model's notation knows no ids.</param>
/// <param name="Name">The name of the tool.</param>
/// <param name="Arguments">The arguments as JSON text, for example <c>{"city":"Rome"}</c>.</param>
public sealed record ToolCall(string Id, string Name, string Arguments);
