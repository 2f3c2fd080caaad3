using System.Buffers;
using System.Text.RegularExpressions;

namespace Cria.Text.Templates.Syntax;

/// <summary>Splits a template into tokens and trims the text around its tags.</summary>
/// <remarks>
/// The rules are those that chat templates are written for: a tag <c>{% %}</c> or <c>{# #}</c> takes the line feed after it and the blanks
/// that precede it in its line, and a dash in any tag takes all white space on its side.
/// </remarks>
internal sealed partial class Lexer(SourceText source)
{
    private const string Blanks = " \t\n\v\f\r";

    private static readonly string[] LongSymbols = ["<=", ">=", "==", "!=", "**", "//"];
    private static readonly SearchValues<char> Symbols = SearchValues.Create("(){}[],.:|<>+-~*/%=");

    private readonly string _text = source.Text;
    private readonly List<Token> _tokens = [];
    private int _at;

    public List<Token> Read()
    {
        while (_at < _text.Length)
        {
            ReadText();
            if (_at >= _text.Length) break;
            if (_text[_at + 1] == '#') SkipComment();
            else if (RawOpening().Match(_text, _at) is { Success: true } opening) ReadRaw(opening);
            else ReadTag();
        }
        _tokens.Add(new Token(TokenKind.End, "", _text.Length));
        return _tokens;
    }

    private void ReadText()
    {
        int start = _at;
        _at = NextTag(start);
        bool takesBlanks = Follows(_at, "{#") || (Follows(_at, "{%") && !Follows(_at + 2, '+'));
        int end = takesBlanks ? BeforeBlanksOfLine(start, _at) : _at;
        AddText(_text.AsSpan(start, Math.Max(end - start, 0)), start, _at < _text.Length && Follows(_at + 2, '-'));
    }

    // The tag before the text tells what it takes of it; the tag after it takes white space where it begins with a dash.
    private void AddText(ReadOnlySpan<char> text, int start, bool trimEnd)
    {
        if (start > 3 && _text[start - 1] == '}')
        {
            (char sign, char mark) = (_text[start - 3], _text[start - 2]);
            if (mark is '%' or '#' && sign != '+' && text.StartsWith('\n')) text = text[1..];
            if (mark is '%' or '#' or '}' && sign == '-') text = text.TrimStart(" \t\r\n");
        }
        if (trimEnd) text = text.TrimEnd(" \t\r\n");
        if (!text.IsEmpty) _tokens.Add(new Token(TokenKind.Text, text.ToString(), start));
    }

    private int NextTag(int from)
    {
        for (int i = from; (i = _text.IndexOf('{', i)) >= 0; i++)
        {
            if (i + 1 < _text.Length && _text[i + 1] is '%' or '{' or '#') return i;
        }
        return _text.Length;
    }

    // Where the text before a tag ends when the blanks before it in its line do not count. In the first line of a template llama.cpp
    // never looks at the first character: it goes with the blanks, whatever it is (a line feed, in published templates).
    private int BeforeBlanksOfLine(int start, int tag)
    {
        for (int i = tag; i > start; i--)
        {
            if (i == 1) return 0;
            if (_text[i - 1] == '\n') return i;
            if (!Blanks.Contains(_text[i - 1])) return tag;
        }
        return tag;
    }

    private void SkipComment()
    {
        int end = _text.IndexOf("#}", _at + 2, StringComparison.Ordinal);
        if (end < 0) throw source.Fail(_at, "The comment is not closed; end it with #}.");
        _at = end + 2;
    }

    private void ReadRaw(Match opening)
    {
        int start = _at + opening.Length;
        Match closing = RawClosing().Match(_text, start);
        if (!closing.Success) throw source.Fail(_at, "The raw block is not closed; end it with {% endraw %}.");
        bool trims = Follows(closing.Index + 2, '-') || Follows(closing.Index + 2, '+');
        int end = trims ? closing.Index : BeforeBlanksOfLine(start, closing.Index);
        AddText(_text.AsSpan(start, end - start), start, Follows(closing.Index + 2, '-'));
        _at = closing.Index + closing.Length;
    }

    private void ReadTag()
    {
        bool statement = _text[_at + 1] == '%';
        _tokens.Add(new Token(statement ? TokenKind.OpenStatement : TokenKind.OpenExpression, _text.Substring(_at, 2), _at));
        _at += 2;
        if (Follows(_at, '-') || (statement && Follows(_at, '+'))) _at++;

        int openBraces = 0;
        while (true)
        {
            while (_at < _text.Length && Blanks.Contains(_text[_at])) _at++;
            if (_at >= _text.Length) return;
            if (TryClose(statement, openBraces)) return;
            char first = _text[_at];
            if (first is '\'' or '"') ReadString(first);
            else if (char.IsAsciiDigit(first)) ReadNumber();
            else if (IsNamePart(first)) Take(TokenKind.Name, LengthWhile(IsNamePart));
            else if (Symbols.Contains(first) || Follows(_at, "!=")) openBraces += ReadSymbol();
            else throw source.Fail(_at, $"The character {Shown(first)} has no meaning here.");
        }
    }

    private bool TryClose(bool statement, int openBraces)
    {
        string close = statement ? "%}" : "}}";
        int sign = Follows(_at, '-') || (statement && Follows(_at, '+')) ? 1 : 0;
        if (!Follows(_at + sign, close) || (!statement && openBraces > 0)) return false;
        _tokens.Add(new Token(statement ? TokenKind.CloseStatement : TokenKind.CloseExpression, close, _at));
        _at += sign + 2;
        return true;
    }

    // Returns by how many braces more are open after the symbol than before it.
    private int ReadSymbol()
    {
        foreach (string symbol in LongSymbols)
        {
            if (!Follows(_at, symbol)) continue;
            Take(TokenKind.Symbol, symbol.Length);
            return 0;
        }
        char only = _text[_at];
        Take(TokenKind.Symbol, 1);
        return only switch { '{' => 1, '}' => -1, _ => 0 };
    }

    private void ReadNumber()
    {
        int length = LengthWhile(c => char.IsAsciiDigit(c) || c == '_');
        var kind = TokenKind.Integer;
        if (Follows(_at + length, '.') && _at + length + 1 < _text.Length && char.IsAsciiDigit(_text[_at + length + 1]))
        {
            kind = TokenKind.Float;
            length++;
            length += LengthWhile(char.IsAsciiDigit, length);
        }
        if (Exponent().Match(_text, _at + length) is { Success: true } exponent)
        {
            kind = TokenKind.Float;
            length += exponent.Length;
        }
        Take(kind, length);
    }

    private void ReadString(char quote)
    {
        int start = _at;
        int i = _at + 1;
        while (i < _text.Length && _text[i] != quote) i += _text[i] == '\\' ? 2 : 1;
        if (i >= _text.Length) throw source.Fail(start, "The string is not closed.");
        _tokens.Add(new Token(TokenKind.String, StringEscapes.Resolve(_text.AsSpan(start + 1, i - start - 1)), start));
        _at = i + 1;
    }

    private void Take(TokenKind kind, int length)
    {
        _tokens.Add(new Token(kind, _text.Substring(_at, length), _at));
        _at += length;
    }

    private int LengthWhile(Func<char, bool> holds, int from = 0)
    {
        int end = _at + from;
        while (end < _text.Length && holds(_text[end])) end++;
        return end - _at - from;
    }

    private bool Follows(int at, char c) => at < _text.Length && _text[at] == c;

    private bool Follows(int at, string text) => string.CompareOrdinal(_text, at, text, 0, text.Length) == 0;

    private static bool IsNamePart(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';

    private static string Shown(char c) => char.IsControl(c) || char.IsSurrogate(c) ? $"U+{(int)c:X4}" : $"'{c}'";

    [GeneratedRegex(@"\G\{%[-+]?\s*raw\s*[-+]?%\}")]
    private static partial Regex RawOpening();

    [GeneratedRegex(@"\{%[-+]?\s*endraw\s*[-+]?%\}")]
    private static partial Regex RawClosing();

    [GeneratedRegex(@"\G[eE][-+]?[0-9]+")]
    private static partial Regex Exponent();
}
