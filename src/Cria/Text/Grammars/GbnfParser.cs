namespace Cria.Text.Grammars;

/// <summary>Reads GBNF as llama.cpp reads it.</summary>
/// <remarks>
/// Some habits of llama.cpp are kept on purpose: of two definitions of a rule the later counts; an empty class such as <c>[]</c> or <c>[^]</c>
/// is the empty text; a class that runs backwards matches nothing; a repetition's upper limit above 2,000 is no limit, and a repetition of
/// more than 2,000 rules is refused. Refused here but not there is an upper limit below the lower one, which llama.cpp does not survive.
/// </remarks>
internal sealed class GbnfParser
{
    private const int MostRepetitions = 2000;
    private const int DeepestNesting = 200;
    private const int MostSignsInARow = 8;

    private readonly GbnfText _text;
    private readonly Dictionary<string, int> _ids = [];
    private readonly List<RuleName> _names = [];
    private readonly List<Rule?> _rules = [];
    // llama.cpp makes rules for groups and repetitions, and limits their number.
    private int _generatedRules;
    private int _depth;

    private GbnfParser(string text) => _text = new GbnfText(text);

    private int SymbolCount => _names.Count + _generatedRules;

    /// <exception cref="GrammarException">The text is no grammar, or lacks a rule.</exception>
    public static RuleSet Parse(string text, string root) => new GbnfParser(text).Parse(root);

    private RuleSet Parse(string root)
    {
        _text.SkipSpace(acrossLines: true);
        while (!_text.IsAtEnd) ParseRule();
        if (_rules.Count == 0) throw _text.Error("there is no rule. Write at least root ::= ….");
        for (int i = 0; i < _rules.Count; i++)
        {
            if (_rules[i] is null)
                throw _names[i].Place.Error($"the rule {_names[i].Name} is used but not defined.");
        }
        if (!_ids.TryGetValue(root, out int start)) throw new GrammarException($"The grammar has no rule {root}, with which texts begin.");
        return new RuleSet([.. _rules.Select(rule => rule!)], start);
    }

    private void ParseRule()
    {
        GbnfPlace place = _text.Here;
        string name = ParseName();
        int id = IdOf(name, place);
        _text.SkipSpace(acrossLines: false);
        _text.Expect("::=");
        _text.SkipSpace(acrossLines: true);
        _rules[id] = new Rule(name, ParseChoice(isNested: false), place);
        if (!_text.TakeLineBreak() && !_text.IsAtEnd) throw _text.Error($"{_text.Here} cannot stand here; the rule should end.");
        _text.SkipSpace(acrossLines: true);
    }

    private int IdOf(string name, GbnfPlace place)
    {
        if (_ids.TryGetValue(name, out int id)) return id;
        id = _names.Count;
        _ids.Add(name, id);
        _names.Add(new RuleName(name, place));
        _rules.Add(null);
        return id;
    }

    private Expression ParseChoice(bool isNested)
    {
        var options = new List<Expression> { ParseSequence(isNested) };
        while (_text.Take('|'))
        {
            _text.SkipSpace(acrossLines: true);
            options.Add(ParseSequence(isNested));
        }
        return options.Count == 1 ? options[0] : new ChoiceExpression(options);
    }

    private Expression ParseSequence(bool isNested)
    {
        var parts = new List<Expression>();
        // What a repetition sign refers to: the parts from here on, and how many rules of llama.cpp they stand for.
        int itemStart = 0;
        long itemRules = 1;
        int signs = 0;
        while (true)
        {
            int start = parts.Count;
            signs = _text.Next is '*' or '+' or '?' or '{' ? signs + 1 : 0;
            if (signs > MostSignsInARow) throw _text.Error($"there are more than {MostSignsInARow} signs of repetition in a row.");
            switch (_text.Next)
            {
                case '"':
                    ParseLiteral(parts);
                    (itemStart, itemRules) = (start, 1);
                    break;
                case '[':
                    if (ParseClass() is { } set) parts.Add(new CharacterExpression(set));
                    (itemStart, itemRules) = (start, 1);
                    break;
                case '<' or '!':
                    parts.Add(ParseToken());
                    (itemStart, itemRules) = (start, 1);
                    break;
                case '.':
                    _text.Skip();
                    parts.Add(new CharacterExpression(CodePointSet.Any));
                    (itemStart, itemRules) = (start, 1);
                    break;
                case '(':
                    int before = SymbolCount;
                    parts.Add(ParseGroup());
                    (itemStart, itemRules) = (start, SymbolCount - before);
                    break;
                case '*' or '+' or '?' or '{':
                    Repetition repetition = ParseRepetition(isNested);
                    Repeat(parts, itemStart, repetition, ref itemRules);
                    break;
                case char c when IsWord(c):
                    GbnfPlace place = _text.Here;
                    parts.Add(new RuleExpression(IdOf(ParseName(), place)));
                    (itemStart, itemRules) = (start, 1);
                    break;
                default:
                    return SequenceExpression.Of(parts);
            }
            _text.SkipSpace(acrossLines: isNested);
        }
    }

    private Expression ParseGroup()
    {
        if (++_depth > DeepestNesting) throw _text.Error($"groups are nested deeper than {DeepestNesting} times.");
        _text.Skip();
        _text.SkipSpace(acrossLines: true);
        _generatedRules++;
        Expression group = ParseChoice(isNested: true);
        if (!_text.Take(')')) throw _text.Error($"there is {_text.Here} where ) should close the group.");
        _depth--;
        return group;
    }

    private void Repeat(List<Expression> parts, int itemStart, Repetition repetition, ref long itemRules)
    {
        (int least, int? most, GbnfPlace place) = repetition;
        if (itemStart == parts.Count) throw place.Error("there is nothing before this that could be repeated.");
        long factor = most > 0 ? most.Value : least > 0 ? least : 1;
        itemRules *= factor;
        if (itemRules > MostRepetitions)
            throw place.Error($"this repeats more than {MostRepetitions} rules. Repeat less, or give the repeated part a rule of its own.");
        _generatedRules += most is null ? 1 : most.Value - least;

        Expression item = SequenceExpression.Of(parts[itemStart..]);
        parts.RemoveRange(itemStart, parts.Count - itemStart);
        if (most != 0) parts.Add(least == 1 && most == 1 ? item : new RepeatExpression(item, least, most));
    }

    private Repetition ParseRepetition(bool isNested)
    {
        GbnfPlace place = _text.Here;
        if (_text.Take('*')) return new Repetition(0, null, place);
        if (_text.Take('+')) return new Repetition(1, null, place);
        if (_text.Take('?')) return new Repetition(0, 1, place);
        _text.Skip();
        _text.SkipSpace(isNested);
        long least = ParseNumber();
        long? most = least;
        _text.SkipSpace(isNested);
        if (_text.Take(','))
        {
            _text.SkipSpace(isNested);
            most = char.IsAsciiDigit(_text.Next) ? ParseNumber() : null;
            _text.SkipSpace(isNested);
        }
        if (!_text.Take('}')) throw _text.Error($"there is {_text.Here} where }} should end the repetition.");
        if (least > MostRepetitions) throw place.Error($"{least} repetitions are too many; at most {MostRepetitions} can be asked for.");
        if (most < least) throw place.Error($"at most {most} cannot be at least {least}.");
        return new Repetition((int)least, most > MostRepetitions ? null : (int?)most, place);
    }

    private long ParseNumber()
    {
        GbnfPlace place = _text.Here;
        string digits = _text.TakeWhile(char.IsAsciiDigit);
        if (digits.Length == 0) throw _text.Error($"there is {_text.Here} where a number should be.");
        return long.TryParse(digits, out long number) ? number : throw place.Error("the number is too large.");
    }

    private void ParseLiteral(List<Expression> parts)
    {
        GbnfPlace place = _text.Here;
        _text.Skip();
        while (!_text.Take('"'))
        {
            if (_text.IsAtEnd) throw place.Error("the text that begins here has no closing \".");
            parts.Add(new CharacterExpression(CodePointSet.Single(ParseCharacter())));
        }
    }

    private CodePointSet? ParseClass()
    {
        GbnfPlace place = _text.Here;
        _text.Skip();
        bool isNegated = _text.Take('^');
        var ranges = new List<CodePointRange>();
        while (!_text.Take(']'))
        {
            if (_text.IsAtEnd) throw place.Error("the class that begins here has no closing ].");
            uint first = ParseCharacter(), last = first;
            if (_text.Next == '-' && _text.AfterNext != ']')
            {
                _text.Skip();
                if (_text.IsAtEnd) throw place.Error("the class that begins here has no closing ].");
                last = ParseCharacter();
            }
            ranges.Add(new CodePointRange(first, last));
        }
        if (ranges.Count == 0) return null;
        CodePointSet set = CodePointSet.Of(ranges);
        return isNegated ? set.Complement() : set;
    }

    private uint ParseCharacter()
    {
        if (_text.Next != '\\') return (uint)_text.TakeRune().Value;
        GbnfPlace place = _text.Here;
        _text.Skip();
        char escape = _text.IsAtEnd ? '\0' : _text.Next;
        if (!_text.IsAtEnd) _text.Skip();
        return escape switch
        {
            'x' => ParseHex(2, place),
            'u' => ParseHex(4, place),
            'U' => ParseHex(8, place),
            't' => '\t',
            'r' => '\r',
            'n' => '\n',
            '\\' or '"' or '[' or ']' or '-' => escape,
            _ => throw place.Error("this escape is not known. Known are \\x \\u \\U \\t \\r \\n \\\\ \\\" \\[ \\] and \\-."),
        };
    }

    private uint ParseHex(int digits, GbnfPlace place)
    {
        uint value = 0;
        for (int i = 0; i < digits; i++)
        {
            if (!char.IsAsciiHexDigit(_text.Next)) throw place.Error($"this escape needs {digits} hexadecimal digits.");
            value = value << 4 | (uint)Convert.ToInt32(_text.Next.ToString(), 16);
            _text.Skip();
        }
        return value;
    }

    private TokenExpression ParseToken()
    {
        GbnfPlace place = _text.Here;
        bool isNegated = _text.Take('!');
        if (_text.Next != '<') throw _text.Error($"there is {_text.Here} where a token such as <[1]> or <name> should follow.");
        if (_text.AfterNext == '[')
        {
            _text.Skip();
            _text.Skip();
            long id = ParseNumber();
            _text.Expect("]>");
            if (id > int.MaxValue) throw place.Error("no vocabulary has a token with this number.");
            return new TokenExpression(new TokenReference((int)id, $"<[{id}]>", place), isNegated);
        }
        string text = _text.TakeWhile(c => c != '>');
        if (!_text.Take('>')) throw place.Error("the token that begins here has no closing >.");
        return new TokenExpression(new TokenReference(null, text + ">", place), isNegated);
    }

    private string ParseName()
    {
        string name = _text.TakeWhile(IsWord);
        return name.Length > 0 ? name : throw _text.Error($"there is {_text.Here} where the name of a rule should be.");
    }

    private static bool IsWord(char c) => char.IsAsciiLetterOrDigit(c) || c == '-';

    private sealed record RuleName(string Name, GbnfPlace Place);

    private sealed record Repetition(int Least, int? Most, GbnfPlace Place);
}
