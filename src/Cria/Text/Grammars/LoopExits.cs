namespace Cria.Text.Grammars;

/// <summary>The tokens that leave a loop for one caller, sorted by the rounds that they finish before they do.</summary>
/// <remarks>Every count of rounds has its own mask, but the tokens behind the end of the loop are found once: that walk takes 2 ms in a large vocabulary.</remarks>
internal sealed class LoopExits
{
    private readonly int[] _tokens;
    private readonly int[] _firstOfRounds;

    /// <param name="tokens">The tokens, those of an exit together.</param>
    /// <param name="exits">For each exit the rounds before it, and where its tokens end in the list.</param>
    public LoopExits(List<int> tokens, List<(int Rounds, int End)> exits)
    {
        int most = exits.Count == 0 ? 0 : exits.Max(exit => exit.Rounds);
        _firstOfRounds = new int[most + 2];
        int start = 0;
        foreach ((int rounds, int end) in exits)
        {
            _firstOfRounds[rounds + 1] += end - start;
            start = end;
        }

        for (int i = 0; i <= most; i++) _firstOfRounds[i + 1] += _firstOfRounds[i];
        _tokens = new int[tokens.Count];
        int[] next = [.. _firstOfRounds];
        start = 0;
        foreach ((int rounds, int end) in exits)
        {
            tokens.CopyTo(start, _tokens, next[rounds], end - start);
            next[rounds] += end - start;
            start = end;
        }
    }

    /// <summary>Adds the tokens that finish at least and at most so many rounds first.</summary>
    public void AddTokens(int least, int most, ulong[] mask)
    {
        int last = _firstOfRounds.Length - 2;
        least = Math.Max(least, 0);
        if (least > last || most < least) return;
        TokenSet.Add(mask, _tokens.AsSpan(_firstOfRounds[least].._firstOfRounds[Math.Min(most, last) + 1]));
    }
}
