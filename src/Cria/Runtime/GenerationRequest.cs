using System.Diagnostics;

namespace Cria.Runtime;

/// <summary>All that a generation is asked for.</summary>
/// <param name="Prompt">The tokens to continue; there are some, and they fit the context unless the options let the oldest be dropped.</param>
/// <param name="Options">The validated options.</param>
/// <param name="Requested">When the caller asked, as a <see cref="Stopwatch"/> timestamp.</param>
internal sealed record GenerationRequest(int[] Prompt, GenerationOptions Options, long Requested)
{
    /// <summary>What the text must look like, if it must.</summary>
    public IConstraint? Constraint { get; init; }

    /// <summary>The request belongs to a conversation, whose text comes again with the next request, maybe in another process.</summary>
    public bool KeepsPrefix { get; init; }

    /// <summary>Writes control tokens out in the text, for a reader that tells calls and reasoning by them.</summary>
    public bool ShowsControlTokens { get; init; }
}
