using Cria.Runtime;

namespace Cria;

/// <summary>
/// Where guesses come from of how a text goes on. The model checks several guessed tokens in the time of one or two, so that text which
/// can be guessed comes sooner. It is the same text as without: what the model would not have said is dropped.
/// </summary>
public sealed record Speculation
{
    private Speculation()
    {
    }

    /// <summary>No guesses: each token is computed after the one before it.</summary>
    public static Speculation None { get; } = new();

    /// <summary>
    /// Guesses that the text repeats what came before, in the prompt or in itself: where its end occurred already, it may go on as it did there.
    /// Costs next to nothing where nothing is repeated.
    /// </summary>
    public static Speculation Lookup { get; } = new() { LooksUp = true };

    internal bool LooksUp { get; private init; }

    internal Engine? Draft { get; private init; }

    /// <summary>How many tokens are guessed at a time; null lets measurements decide.</summary>
    internal int? Length { get; init; }

    /// <summary>Lets a smaller model with the same vocabulary guess. It may serve several models and requests at once, and texts of its own beside them.</summary>
    public static Speculation With(LlamaModel draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        return new Speculation { Draft = draft.Engine };
    }
}

/// <summary>How guessing the text went; see <see cref="GenerationOptions.Speculation"/>.</summary>
/// <param name="Proposed">The guessed tokens that the model checked.</param>
/// <param name="Accepted">Those of them that became part of the text.</param>
public readonly record struct DraftUsage(int Proposed, int Accepted);
