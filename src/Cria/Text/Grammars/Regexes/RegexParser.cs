using System.Globalization;
using System.Text;

namespace Cria.Text.Grammars;

/// <summary>
/// Reads a regular expression of the kind that ECMAScript (with its u flag) and .NET share into the language that it matches.
/// What is no regular language or not supported is refused with its position.
/// </summary>
internal sealed class RegexParser
{
    /// <summary>The highest number of repetitions that a pattern may ask for.</summary>
    public const int MostRepetitions = 100_000;

    private const int DeepestNesting = 200;

    private readonly string _pattern;
    private int _position;
    private int _depth;

    private RegexParser(string pattern) => _pattern = pattern;

    private bool AtEnd => _position == _pattern.Length;

    /// <summary>The texts that the pattern matches as a whole.</summary>
    public static RegexNode ParseWhole(string pattern) => RegexAnchors.Resolve(pattern, new RegexParser(pattern).ParsePattern(), isSearch: false);

    /// <summary>The texts in which the pattern matches somewhere.</summary>
    public static RegexNode ParseSearch(string pattern) => RegexAnchors.Resolve(pattern, new RegexParser(pattern).ParsePattern(), isSearch: true);

    /// <summary>The failure at a position of a pattern.</summary>
    public static GrammarException Refusal(string pattern, int position, string problem)
    {
        string before = pattern[..Math.Min(position, pattern.Length)];
        return new GrammarException(before.Count(c => c == '\n') + 1, before.Length - before.LastIndexOf('\n'), problem);
    }

    private GrammarException Refuse(int position, string problem) => Refusal(_pattern, position, problem);

    private RegexNode ParsePattern()
    {
        RegexNode node = ParseChoice();
        return AtEnd ? node : throw Refuse(_position, "')' closes no group; write \\) for the character");
    }

    private RegexNode ParseChoice()
    {
        if (++_depth > DeepestNesting) throw Refuse(_position, $"groups nest deeper than {DeepestNesting}");
        List<RegexNode> options = [ParseSequence()];
        while (TryTake('|')) options.Add(ParseSequence());
        _depth--;
        return RegexNode.Choice(options);
    }

    private RegexNode ParseSequence()
    {
        var items = new List<RegexNode>();
        while (!AtEnd && _pattern[_position] is not ('|' or ')')) items.Add(ParseRepeated());
        return RegexNode.Sequence(items);
    }

    private RegexNode ParseRepeated()
    {
        int start = _position;
        RegexNode node = ParseAtom();
        int quantifier = _position;
        if (!TryReadQuantifier(out int min, out int? max)) return node;
        if (RegexAnchors.IsIn(node)) throw Refuse(start, "an anchor must not be repeated");
        if (max < min) throw Refuse(quantifier, $"the bounds {min} and {max} are in the wrong order");
        // A lazy quantifier changes which match is found first, not what matches.
        TryTake('?');
        int again = _position;
        if (TryReadQuantifier(out _, out _)) throw Refuse(again, "a quantifier follows a quantifier; put the first into a group");
        return RegexNode.Repeat(node, min, max);
    }

    private bool TryReadQuantifier(out int min, out int? max)
    {
        (min, max) = (0, null);
        if (AtEnd) return false;
        switch (_pattern[_position])
        {
            case '*': break;
            case '+': min = 1; break;
            case '?': max = 1; break;
            case '{': return TryReadCounts(out min, out max);
            default: return false;
        }
        _position++;
        return true;
    }

    // Braces that hold no counts are characters, as in .NET and in ECMAScript without the u flag.
    private bool TryReadCounts(out int min, out int? max)
    {
        (min, max) = (0, null);
        int end = _pattern.IndexOf('}', _position);
        if (end < 0) return false;
        string[] counts = _pattern[(_position + 1)..end].Split(',');
        if (counts.Length > 2 || counts[0].Length == 0 || counts.Any(count => !count.All(char.IsAsciiDigit))) return false;
        int[] numbers = [.. counts.Where(count => count.Length > 0).Select(ReadCount)];
        min = numbers[0];
        max = numbers.Length == 2 ? numbers[1] : counts.Length == 2 ? null : min;
        _position = end + 1;
        return true;
    }

    private int ReadCount(string digits) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count <= MostRepetitions
            ? count
            : throw Refuse(_position, $"at most {MostRepetitions} repetitions can be enforced");

    private RegexNode ParseAtom()
    {
        int start = _position;
        char c = _pattern[_position++];
        switch (c)
        {
            case '(':
                return ParseGroup(start);
            case '[':
                return RegexNode.Set(ParseClass(start));
            case '.':
                return RegexNode.Set(RegexEscapes.Dot);
            case '^':
                return new RegexAnchor(isEnd: false, start);
            case '$':
                return new RegexAnchor(isEnd: true, start);
            case '*' or '+' or '?':
                throw Refuse(start, $"there is nothing to repeat before '{c}'");
            case '{':
                _position = start;
                if (TryReadQuantifier(out _, out _)) throw Refuse(start, "there is nothing to repeat before '{'");
                _position = start + 1;
                return RegexNode.Set(RegexCharSet.Of(c));
            case '\\' when !AtEnd && _pattern[_position] is 'A' or 'z':
                return new RegexAnchor(isEnd: _pattern[_position++] == 'z', start);
            case '\\':
                return RegexNode.Set(ParseEscape(start, inClass: false));
            default:
                _position = start;
                return RegexNode.Set(RegexCharSet.Of(TakeCodePoint()));
        }
    }

    private RegexNode ParseGroup(int start)
    {
        if (TryTake('?') && !TryTake(':'))
        {
            string rest = _pattern[_position..];
            if (rest.StartsWith('=') || rest.StartsWith('!') || rest.StartsWith("<=", StringComparison.Ordinal)
                || rest.StartsWith("<!", StringComparison.Ordinal))
            {
                throw Refuse(start, "looking ahead or behind is not supported");
            }
            int end = rest.StartsWith('<') ? rest.IndexOf('>') : rest.StartsWith('\'') ? rest.IndexOf('\'', 1) : -1;
            if (end < 2) throw Refuse(start, "this kind of group is not supported; only (…), (?:…) and (?<name>…) are");
            _position += end + 1;
        }
        RegexNode body = ParseChoice();
        return TryTake(')') ? body : throw Refuse(start, "the group is not closed");
    }

    private RegexCharSet ParseClass(int start)
    {
        bool isNegated = TryTake('^');
        RegexCharSet chars = RegexCharSet.None;
        while (true)
        {
            if (AtEnd) throw Refuse(start, "the character class is not closed");
            if (TryTake(']')) break;
            int itemStart = _position;
            RegexCharSet first = TakeClassItem();
            bool isRange = _position + 1 < _pattern.Length && _pattern[_position] == '-' && _pattern[_position + 1] != ']';
            if (isRange && first.Single is int low)
            {
                _position++;
                if (TakeClassItem().Single is not int high) throw Refuse(itemStart, "a range must end with one character");
                if (high < low) throw Refuse(itemStart, "the range is in the wrong order");
                first = RegexCharSet.Of(new RegexRange(low, high));
            }
            chars = chars.Union(first);
        }
        return isNegated ? chars.Complement() : chars;
    }

    private RegexCharSet TakeClassItem()
    {
        int start = _position;
        return TryTake('\\') ? ParseEscape(start, inClass: true) : RegexCharSet.Of(TakeCodePoint());
    }

    private RegexCharSet ParseEscape(int start, bool inClass)
    {
        if (AtEnd) throw Refuse(start, "a backslash must be followed by a character");
        char c = _pattern[_position++];
        if (RegexEscapes.Class(c) is { } known) return known;
        switch (c)
        {
            case 'x':
                return RegexCharSet.Of(TakeHex(start, 2));
            case 'u':
                return RegexCharSet.Of(TakeUnicodeEscape(start));
            case 'c' when !AtEnd && char.IsAsciiLetter(_pattern[_position]):
                return RegexCharSet.Of(_pattern[_position++] & 31);
            case 'b' when inClass:
                return RegexCharSet.Of('\b');
            case 'b' or 'B':
                throw Refuse(start, "word boundaries are not supported");
            case '0' when AtEnd || !char.IsAsciiDigit(_pattern[_position]):
                return RegexCharSet.Of(0);
            case (>= '0' and <= '9') or 'k':
                throw Refuse(start, "references to groups are not supported");
            case 'p' or 'P':
                RegexCharSet category = TakeCategory(start);
                return c == 'p' ? category : category.Complement();
            case var letter when char.IsAsciiLetter(letter):
                throw Refuse(start, $"the escape \\{letter} is not known");
            default:
                _position--;
                return RegexCharSet.Of(TakeCodePoint());
        }
    }

    private RegexCharSet TakeCategory(int start)
    {
        int end = TryTake('{') ? _pattern.IndexOf('}', _position) : -1;
        if (end < 0) throw Refuse(start, "a Unicode category is written \\p{L}");
        string name = _pattern[_position..end];
        _position = end + 1;
        return RegexEscapes.Category(name) ?? throw Refuse(start, $"the Unicode property {name} is not supported; general categories such as L or Nd are");
    }

    private int TakeUnicodeEscape(int start)
    {
        if (TryTake('{'))
        {
            int end = _pattern.IndexOf('}', _position);
            if (end < 0 || !int.TryParse(_pattern[_position..end], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value)
                || value is < 0 or > RegexCharSet.LastCodePoint)
            {
                throw Refuse(start, "no code point is written like this");
            }
            _position = end + 1;
            return value;
        }
        int unit = TakeHex(start, 4);
        if (!char.IsHighSurrogate((char)unit) || !_pattern.AsSpan(_position).StartsWith("\\u")) return unit;
        int second = _position;
        _position += 2;
        int low = TakeHex(second, 4);
        if (char.IsLowSurrogate((char)low)) return char.ConvertToUtf32((char)unit, (char)low);
        _position = second;
        return unit;
    }

    private int TakeHex(int start, int digits)
    {
        if (_position + digits > _pattern.Length || !_pattern.AsSpan(_position, digits).ToString().All(char.IsAsciiHexDigit))
        {
            throw Refuse(start, $"{digits} hexadecimal digits must follow");
        }
        _position += digits;
        return int.Parse(_pattern.AsSpan(_position - digits, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }

    private int TakeCodePoint()
    {
        if (!Rune.TryGetRuneAt(_pattern, _position, out Rune rune)) throw Refuse(_position, "half a surrogate pair is no character");
        _position += rune.Utf16SequenceLength;
        return rune.Value;
    }

    private bool TryTake(char c)
    {
        if (AtEnd || _pattern[_position] != c) return false;
        _position++;
        return true;
    }
}
