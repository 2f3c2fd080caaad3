using System.Globalization;

namespace Cria.Text.Grammars;

/// <summary>Writes regular languages as GBNF; a derived class decides how a character is spelled in the text.</summary>
internal class RegexWriter(GrammarRules rules)
{
    // llama.cpp refuses longer repetitions, or takes them for unlimited.
    private const int LongestRepetition = 2000;

    // Larger ones get a rule, because llama.cpp multiplies the sizes of repetitions that are nested in parentheses.
    private const int LongestInlineRepetition = 32;

    private const int DeepestInlineState = 12;

    protected GrammarRules Rules => rules;

    /// <summary>Writes a language; rules that it needs are named after <paramref name="hint"/>.</summary>
    public GbnfElement Write(RegexNode node, string hint)
    {
        switch (node)
        {
            case RegexSet set:
                return set.Chars.Single is int single ? GbnfElement.Literal(Spelling(single)) : Chars(set.Chars);
            case RegexSequence sequence:
                return GbnfElement.Sequence(sequence.Items.Select(item => Write(item, hint)));
            case RegexChoice choice:
                GbnfElement options = GbnfElement.Choice(choice.Options.Where(option => !option.Equals(RegexNode.Empty)).Select(option => Write(option, hint)));
                return choice.Options.Contains(RegexNode.Empty) ? options.Optional() : options;
            case RegexRepeat repeat:
                return Repeat(Write(repeat.Body, hint), repeat.Min, repeat.Max, hint);
            default:
                return WriteStates(new RegexAutomaton(node), hint);
        }
    }

    /// <summary>Writes an element several times, within the limits that llama.cpp has.</summary>
    public GbnfElement Repeat(GbnfElement body, int min, int? max, string hint)
    {
        switch (min, max)
        {
            case (_, 0): return GbnfElement.Empty;
            case (1, 1): return body;
            case (0, 1): return body.Optional();
            case (0, null): return new GbnfElement(body.AsSymbol + "*", GbnfBinding.Sequence);
            case (1, null): return new GbnfElement(body.AsSymbol + "+", GbnfBinding.Sequence);
        }
        if (body.Binding != GbnfBinding.Symbol) body = GbnfElement.Rule(rules.Add(hint + "-part", body.Text));
        GbnfElement result = (max ?? min) <= LongestRepetition
            ? Counted(body, min, max)
            : GbnfElement.Sequence(Exactly(body, min, hint), max is null ? Repeat(body, 0, null, hint) : UpTo(body, max.Value - min, hint));
        return (max ?? min) > LongestInlineRepetition ? GbnfElement.Rule(rules.Add(hint + "-run", result.Text)) : result;
    }

    /// <summary>How a character is spelled in the text.</summary>
    protected virtual string Spelling(int codePoint) => char.ConvertFromUtf32(codePoint);

    /// <summary>One character of a set, as it is spelled in the text.</summary>
    protected virtual GbnfElement Chars(RegexCharSet chars) => GbnfElement.CharClass(chars);

    private static GbnfElement Counted(GbnfElement body, int min, int? max)
    {
        string counts = max is null ? $"{min}," : max == min ? $"{min}" : $"{min},{max}";
        return new GbnfElement(string.Create(CultureInfo.InvariantCulture, $"{body.AsSymbol}{{{counts}}}"), GbnfBinding.Sequence);
    }

    private GbnfElement Exactly(GbnfElement body, int count, string hint)
    {
        if (count <= LongestRepetition) return Repeat(body, count, count, hint);
        GbnfElement chunk = Repeat(body, LongestRepetition, LongestRepetition, hint);
        return GbnfElement.Sequence([.. Enumerable.Repeat(chunk, count / LongestRepetition), Exactly(body, count % LongestRepetition, hint)]);
    }

    // Either a whole chunk and what is then left, or less than a chunk: no text can be read in two ways.
    private GbnfElement UpTo(GbnfElement body, int count, string hint)
    {
        GbnfElement rest = Repeat(body, 0, Math.Min(count, count % LongestRepetition), hint);
        GbnfElement chunk = Repeat(body, LongestRepetition, LongestRepetition, hint);
        GbnfElement less = Repeat(body, 0, LongestRepetition - 1, hint);
        for (int chunks = count / LongestRepetition; chunks > 0; chunks--)
        {
            rest = GbnfElement.Rule(rules.Add(hint + "-run", GbnfElement.Choice(GbnfElement.Sequence(chunk, rest), less).Text));
        }
        return rest;
    }

    private GbnfElement WriteStates(RegexAutomaton automaton, string hint)
    {
        var entries = new int[automaton.Count];
        entries[0] = 2;
        for (int state = 0; state < automaton.Count; state++)
        {
            foreach ((_, int target) in automaton.Steps(state))
            {
                if (target != state) entries[target]++;
            }
        }

        // States get rules where several lead to them; those in between are written where they are reached.
        var names = new Dictionary<int, string>();
        var pending = new Queue<int>();
        GbnfElement start = Refer(0, 0);
        while (pending.TryDequeue(out int state)) rules.Define(names[state], WriteState(state, 0).Text);
        return start;

        GbnfElement Refer(int state, int depth)
        {
            if (automaton.Accepts(state) && !automaton.Steps(state).Any()) return GbnfElement.Empty;
            if (entries[state] < 2 && depth < DeepestInlineState) return WriteState(state, depth);
            if (!names.TryGetValue(state, out string? name))
            {
                names.Add(state, name = rules.Reserve(hint + "-state"));
                pending.Enqueue(state);
            }
            return GbnfElement.Rule(name);
        }

        GbnfElement WriteState(int state, int depth)
        {
            GbnfElement loop = GbnfElement.Empty;
            var options = new List<GbnfElement>();
            foreach ((RegexCharSet chars, int target) in automaton.Steps(state))
            {
                GbnfElement step = Write(RegexNode.Set(chars), hint);
                if (target == state) loop = Repeat(step, 0, null, hint);
                else options.Add(GbnfElement.Sequence(step, Refer(target, depth + 1)));
            }
            if (options.Count == 0) return loop;
            GbnfElement onward = GbnfElement.Choice(options);
            return GbnfElement.Sequence(loop, automaton.Accepts(state) ? onward.Optional() : onward);
        }
    }
}
