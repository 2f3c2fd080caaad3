namespace Cria.Runtime.Drafts;

/// <summary>Guesses how one text goes on. Used by the thread of the text's run.</summary>
internal interface IDrafter : IDisposable
{
    /// <summary>Whether guesses cost next to nothing, so that they may be made just to see whether they would be right.</summary>
    bool IsFree { get; }

    /// <summary>How long it takes to guess a token, as measured; 0 where it has not been.</summary>
    double SecondsPerToken { get; }

    /// <summary>Tells of a token that joined the text, of the prompt or chosen.</summary>
    void Accept(int token);

    /// <summary>Asks for guesses. Returns what to wait for before they can be had; null where they are there, or there are none.</summary>
    Signal? Ask(int count);

    /// <summary>Writes down guesses of the next tokens and returns their number.</summary>
    /// <param name="draft">Room for guesses, for as many as were asked for.</param>
    /// <param name="evidence">
    /// What speaks for the first one; with each that turns out right it is one more for the next. The same evidence has the same chance.
    /// </param>
    int Guess(Span<int> draft, out int evidence);
}
