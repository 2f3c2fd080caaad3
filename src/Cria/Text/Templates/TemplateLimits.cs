namespace Cria.Text.Templates;

/// <summary>What a template may use up at most, so that one from a stranger can neither hang nor exhaust the memory.</summary>
internal sealed record TemplateLimits
{
    public static TemplateLimits Default { get; } = new();

    /// <summary>The work of one rendering: a step for every part that is evaluated, and more for long texts and lists.</summary>
    public long Steps { get; init; } = 4_000_000;

    /// <summary>How deep expressions, blocks, macros and values may nest.</summary>
    public int Depth { get; init; } = 800;

    /// <summary>The characters of any one text, the rendered one among them.</summary>
    public int TextLength { get; init; } = 16_000_000;

    /// <summary>The numbers that one <c>range</c> may list.</summary>
    public int RangeLength { get; init; } = 100_000;
}
