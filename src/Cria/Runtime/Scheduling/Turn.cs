using Cria.Models;

namespace Cria.Runtime;

/// <summary>What a run waits for when it lets others go on.</summary>
/// <param name="Sequence">The text that is to be continued; null where the run waits for nothing and computes by itself.</param>
/// <param name="Tokens">The tokens to append to it, in as many passes as the scheduler finds right.</param>
/// <param name="Logits">Of which of these tokens the run wants the logits; if of all, they go through the network in one pass.</param>
internal readonly record struct Turn(ISequence? Sequence, ReadOnlyMemory<int> Tokens, LogitsOf Logits)
{
    /// <summary>What else the run waits for, if anything.</summary>
    public Signal? Until { get; init; }

    /// <summary>Lets others go on, but waits for nothing.</summary>
    public static Turn Over => default;

    /// <summary>Whether the tokens may be read in more than one pass.</summary>
    public bool CanBeCut => Logits is LogitsOf.None or LogitsOf.Last;
}
