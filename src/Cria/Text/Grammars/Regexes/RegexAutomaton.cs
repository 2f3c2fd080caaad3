namespace Cria.Text.Grammars;

/// <summary>A regular language was too large for the work that asks for its states one by one.</summary>
internal sealed class RegexTooLargeException : Exception;

/// <summary>
/// The states of a regular language. A state is the language of what may still follow (Brzozowski's derivatives), so that
/// intersection and complement need no construction of their own.
/// </summary>
internal sealed class RegexAutomaton
{
    private const int MostStates = 3000;
    private const int MostSteps = 300_000;
    private const int MostMergedStates = 500;

    private readonly List<RegexNode> _states = [];
    private readonly List<RegexStep[]> _steps = [];
    private readonly bool[] _isAlive;

    // For each state the first of those that allow the same.
    private readonly int[] _same;

    /// <summary>Finds all states; state 0 is the first.</summary>
    public RegexAutomaton(RegexNode language)
    {
        var numbers = new Dictionary<RegexNode, int>();
        int work = 0;
        NumberOf(language);
        for (int state = 0; state < _states.Count; state++)
        {
            var steps = new List<RegexStep>();
            foreach (RegexCharSet chars in FirstChars(_states[state]))
            {
                if (++work > MostSteps) throw new RegexTooLargeException();
                RegexNode next = After(_states[state], chars.Ranges[0].First);
                if (!next.IsNothing) steps.Add(new RegexStep(chars, NumberOf(next)));
            }
            _steps.Add(Joined(steps));
        }
        _isAlive = FindAlive();
        _same = FindSame();

        int NumberOf(RegexNode node)
        {
            if (numbers.TryGetValue(node, out int number)) return number;
            if (_states.Count == MostStates) throw new RegexTooLargeException();
            numbers.Add(node, _states.Count);
            _states.Add(node);
            return _states.Count - 1;
        }
    }

    public int Count => _states.Count;

    /// <summary>Whether the language has no text at all.</summary>
    public bool IsNothing => !_isAlive[0];

    public bool Accepts(int state) => _states[state].IsNullable;

    /// <summary>The characters that may follow in a state, by the state they lead to; steps from which no text can end are left out.</summary>
    public IEnumerable<RegexStep> Steps(int state) =>
        Joined(_steps[state].Where(step => _isAlive[step.Target]).Select(step => step with { Target = _same[step.Target] }));

    /// <summary>Whether a text belongs to a language.</summary>
    public static bool Matches(RegexNode language, string text)
    {
        foreach (System.Text.Rune rune in text.EnumerateRunes())
        {
            language = After(language, rune.Value);
            if (language.IsNothing) return false;
        }
        return language.IsNullable;
    }

    // Steps to one target become one.
    private static RegexStep[] Joined(IEnumerable<RegexStep> steps) =>
        [.. steps.GroupBy(step => step.Target).Select(group => group.Aggregate((sum, step) => sum with { Chars = sum.Chars.Union(step.Chars) }))
            .OrderBy(step => step.Chars.Ranges[0].First)];

    // Moore's refinement: states are told apart as long as some step tells them apart.
    private int[] FindSame()
    {
        int[] same = [.. Enumerable.Range(0, _states.Count)];
        if (_states.Count > MostMergedStates) return same;
        int[] kinds = [.. _states.Select(state => state.IsNullable ? 1 : 0)];
        for (int known = 0; ;)
        {
            var numbers = new Dictionary<string, int>();
            kinds = [.. same.Select(state =>
            {
                var steps = Joined(_steps[state].Where(step => _isAlive[step.Target]).Select(step => step with { Target = kinds[step.Target] }));
                string signature = $"{kinds[state]}:{string.Join(';', steps.Select(step => $"{step.Target}={string.Join(',', step.Chars.Ranges)}"))}";
                return numbers.TryAdd(signature, numbers.Count) ? numbers.Count - 1 : numbers[signature];
            })];
            if (numbers.Count == known) break;
            known = numbers.Count;
        }
        return [.. kinds.Select(kind => Array.IndexOf(kinds, kind))];
    }

    private bool[] FindAlive()
    {
        var sources = new List<int>[_states.Count];
        for (int i = 0; i < sources.Length; i++) sources[i] = [];
        for (int i = 0; i < sources.Length; i++)
        {
            foreach ((_, int target) in _steps[i]) sources[target].Add(i);
        }
        var alive = new bool[_states.Count];
        var pending = new Stack<int>(Enumerable.Range(0, _states.Count).Where(Accepts));
        while (pending.TryPop(out int state))
        {
            if (alive[state]) continue;
            alive[state] = true;
            foreach (int source in sources[state]) pending.Push(source);
        }
        return alive;
    }

    // What may follow a character at the start of the language.
    private static RegexNode After(RegexNode node, int codePoint)
    {
        switch (node)
        {
            case RegexSet set:
                return set.Chars.Contains(codePoint) ? RegexNode.Empty : RegexNode.Nothing;
            case RegexSequence sequence:
                var options = new List<RegexNode>();
                for (int i = 0; i < sequence.Items.Length; i++)
                {
                    RegexNode next = After(sequence.Items[i], codePoint);
                    if (!next.IsNothing) options.Add(RegexNode.Sequence([next, .. sequence.Items[(i + 1)..]]));
                    if (!sequence.Items[i].IsNullable) break;
                }
                return RegexNode.Choice(options);
            case RegexChoice choice:
                return RegexNode.Choice(choice.Options.Select(option => After(option, codePoint)));
            case RegexRepeat repeat:
                RegexNode rest = RegexNode.Repeat(repeat.Body, Math.Max(repeat.Min - 1, 0), repeat.Max - 1);
                return RegexNode.Sequence(After(repeat.Body, codePoint), rest);
            case RegexAll all:
                return RegexNode.All(all.Parts.Select(part => After(part, codePoint)));
            case RegexNot not:
                return RegexNode.Not(After(not.Body, codePoint));
            case RegexMultiple multiple:
                return codePoint is >= '0' and <= '9' ? multiple.After(codePoint - '0') : RegexNode.Nothing;
            default:
                throw new InvalidOperationException();
        }
    }

    // Disjoint sets that cover all characters; those of one set lead to the same place.
    private static List<RegexCharSet> FirstChars(RegexNode node)
    {
        List<RegexCharSet> classes = [RegexCharSet.All];
        foreach (RegexCharSet set in FirstSets(node).Distinct())
        {
            classes = [.. classes.SelectMany(chars => new[] { chars.Intersect(set), chars.Except(set) }).Where(chars => !chars.IsEmpty)];
        }
        return classes;
    }

    private static IEnumerable<RegexCharSet> FirstSets(RegexNode node)
    {
        switch (node)
        {
            case RegexSet set:
                return [set.Chars];
            case RegexSequence sequence:
                int length = Array.FindIndex(sequence.Items, item => !item.IsNullable) + 1;
                return sequence.Items.Take(length == 0 ? sequence.Items.Length : length).SelectMany(FirstSets);
            case RegexChoice choice:
                return choice.Options.SelectMany(FirstSets);
            case RegexRepeat repeat:
                return FirstSets(repeat.Body);
            case RegexAll all:
                return all.Parts.SelectMany(FirstSets);
            case RegexNot not:
                return FirstSets(not.Body);
            case RegexMultiple:
                return Enumerable.Range('0', 10).Select(RegexCharSet.Of);
            default:
                throw new InvalidOperationException();
        }
    }
}

/// <summary>What leads from a state to another one.</summary>
internal sealed record RegexStep(RegexCharSet Chars, int Target);
