namespace Cria.Runtime.Drafts;

/// <summary>
/// Guesses that a text goes on as it did elsewhere: it follows a passage for as long as the text repeats it, and looks where the end of the text occurred
/// before when it does not. Where an edited copy differs, it goes on behind the difference.
/// </summary>
internal sealed class LookupDrafter : IDrafter
{
    // Two tokens that occurred before are a reason to look; five lead to the right place also in long texts, where any two occur often.
    private const int ShortRun = 2, LongRun = 5;

    // How many earlier places are looked at for each run, and how far back each is compared.
    private const int MostPlaces = 16, MostCompared = 32;

    // How long after a difference the passage may be taken up again, and how far around the place where it would go on if nothing was added or left out.
    private const int LongestDifference = 16, SearchedBack = 6, SearchedAhead = 16;

    private readonly TokenRunIndex _shortRuns = new(ShortRun), _longRuns = new(LongRun);
    private int[] _text;
    private int _count;

    // The place in the text that is expected to be repeated next, 0 for none; how many tokens before it are repeated; and how many have differed since.
    private int _place;
    private int _repeated;
    private int _different;

    private LookupDrafter(int capacity)
    {
        _text = new int[capacity];
        _shortRuns.Reserve(capacity, []);
        _longRuns.Reserve(capacity, []);
    }

    public bool IsFree => true;

    public double SecondsPerToken => 0;

    private ReadOnlySpan<int> Text => _text.AsSpan(0, _count);

    /// <summary>Prepares for a text that begins with a prompt and grows by so many tokens, or by more at the price of growing the tables.</summary>
    public static LookupDrafter For(ReadOnlySpan<int> prompt, int room = 512)
    {
        var drafter = new LookupDrafter(prompt.Length + Math.Max(1, room));
        foreach (int token in prompt) drafter.Append(token);
        return drafter;
    }

    public void Accept(int token)
    {
        if (_place > 0)
        {
            bool isRepeated = _text[_place] == token;
            _repeated = isRepeated ? _repeated + 1 : 0;
            _different = isRepeated ? 0 : _different + 1;
            _place++;
            if (_different > LongestDifference) _place = 0;
        }

        Append(token);
    }

    public Signal? Ask(int count) => null;

    public int Guess(Span<int> draft, out int evidence)
    {
        if (_repeated < LongRun)
        {
            Search(_longRuns);
            if (_repeated < LongRun) Search(_shortRuns);
            if (_repeated == 0 && _different > 0) Resume();
        }

        evidence = _repeated;
        // Behind one difference a word may have been replaced by another; behind more there is no telling.
        if (_place == 0 || _repeated == 0 && _different > 1) return 0;
        // The passage may reach into what is being guessed, as in a text that repeats one word.
        for (int i = 0; i < draft.Length; i++) draft[i] = _place + i < _count ? _text[_place + i] : draft[_place + i - _count];
        return draft.Length;
    }

    public void Dispose()
    {
    }

    private void Append(int token)
    {
        if (_count == _text.Length)
        {
            Array.Resize(ref _text, 2 * _count);
            _shortRuns.Reserve(_text.Length, Text);
            _longRuns.Reserve(_text.Length, Text);
        }

        _text[_count++] = token;
        _shortRuns.Add(Text);
        _longRuns.Add(Text);
    }

    /// <summary>Finds the place, among the latest with the same last tokens, before which the most tokens are the same; of equal ones the latest.</summary>
    private void Search(TokenRunIndex runs)
    {
        int place = runs.Before(_count);
        for (int i = 0; i < MostPlaces && place > 0; i++, place = runs.Before(place))
        {
            int same = RepeatedBefore(place);
            if (same < ShortRun || same <= _repeated) continue;
            (_place, _repeated, _different) = (place, same, 0);
        }
    }

    /// <summary>Takes the passage up again where its next token that is like the text's last one was, not far from where it was left.</summary>
    private void Resume()
    {
        int last = _text[_count - 1];
        int first = Math.Max(1, _place - SearchedBack), end = Math.Min(_count - 1, _place + SearchedAhead);
        int nearest = 0;
        for (int place = first; place <= end; place++)
            if (_text[place - 1] == last && (nearest == 0 || Math.Abs(place - _place) < Math.Abs(nearest - _place))) nearest = place;
        if (nearest > 0) (_place, _repeated, _different) = (nearest, 1, 0);
    }

    private int RepeatedBefore(int place)
    {
        int most = Math.Min(place, MostCompared), same = 0;
        while (same < most && _text[place - 1 - same] == _text[_count - 1 - same]) same++;
        return same;
    }
}
