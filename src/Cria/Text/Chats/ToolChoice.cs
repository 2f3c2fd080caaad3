namespace Cria;

/// <summary>Whether a model may, must or may not call tools.</summary>
public sealed record ToolChoice
{
    private readonly string _word;

    private ToolChoice(string word) => _word = word;

    /// <summary>The model decides.</summary>
    public static ToolChoice Auto { get; } = new("auto");

    /// <summary>The model answers without calling a tool.</summary>
    public static ToolChoice None { get; } = new("none");

    /// <summary>The model calls at least one tool.</summary>
    public static ToolChoice Required { get; } = new("required");

    /// <summary>The tool that must be called, if one must.</summary>
    public string? FunctionName { get; private init; }

    /// <summary>The model calls this tool.</summary>
    public static ToolChoice Function(string name) => new("function") { FunctionName = name };

    /// <summary>The word for the choice, or the name of the tool.</summary>
    public override string ToString() => FunctionName ?? _word;
}
