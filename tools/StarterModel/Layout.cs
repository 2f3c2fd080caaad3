namespace Cria.Starter;

/// <summary>What each dimension of the network's state means. Every slot is one block of 32, as wide as an attention head.</summary>
internal static class Layout
{
    public const int Slot = 32;

    /// <summary>The sign codes of the current word and of the three before it.</summary>
    public const int Words = 0;

    /// <summary>Which member of which kind the current token is, one dimension each.</summary>
    public const int Member = 4 * Slot;

    /// <summary>Which words to recall are called for; shares the slot of <see cref="Member"/>.</summary>
    public const int Called = Member + 24;

    /// <summary>Which member of each kind the story has chosen; after the members, a dimension per kind for none yet.</summary>
    public const int Chosen = Member + Slot;
    public const int NoneChosen = Chosen + 24;

    /// <summary>
    /// One, always; then whether the current token is of each kind, or begins a story; then what keeps all states equally long.
    /// </summary>
    public const int One = Chosen + Slot;
    public const int OfKind = One + 1;
    public const int Begins = OfKind + 4;
    public const int Filler = Begins + 1;

    /// <summary>The next token where it is a member or a pronoun, one dimension each, so that they never disturb each other.</summary>
    public const int RecallableOutput = One + Slot;

    /// <summary>
    /// The next token, as a sign code of 64. Its values are small; as the 257th and later ones they share no block of 256 with
    /// larger ones, whose scale would be too coarse for them.
    /// </summary>
    public const int Output = RecallableOutput + Slot;

    /// <summary>The squared length of an embedding: a word's signs and three ones; attention adds three words and four members.</summary>
    public const int EmbeddedLength = Slot + 3;
    public const int AttendedLength = EmbeddedLength + 3 * Slot + 4;

    public const int Width = Output + 2 * Slot;
    public const int Heads = Width / Slot;
}
