using System.Text;

namespace Cria.Text.Grammars;

/// <summary>A place in the text of a grammar.</summary>
internal sealed record GbnfPlace(string Text, int Position)
{
    public GrammarException Error(string problem)
    {
        ReadOnlySpan<char> before = Text.AsSpan(0, Position);
        return new GrammarException(before.Count('\n') + 1, Position - before.LastIndexOf('\n'), problem);
    }

    /// <summary>What stands there, for messages.</summary>
    public override string ToString()
    {
        if (Position >= Text.Length) return "the end";
        if (Text[Position] is '\r' or '\n') return "the end of the line";
        Rune.DecodeFromUtf16(Text.AsSpan(Position), out Rune rune, out _);
        return $"'{rune}'";
    }
}

/// <summary>The text of a grammar, read from its beginning to its end.</summary>
internal sealed class GbnfText
{
    private readonly string _text;
    private int _position;

    public GbnfText(string text)
    {
        _text = text;
        _position = text.IndexOf('\0');
        if (_position >= 0) throw Error("a character NUL cannot stand in a grammar.");
        _position = 0;
    }

    public bool IsAtEnd => _position == _text.Length;

    /// <summary>The next character, or NUL at the end.</summary>
    public char Next => At(_position);

    public char AfterNext => At(_position + 1);

    public GbnfPlace Here => new(_text, _position);

    public GrammarException Error(string problem) => Here.Error(problem);

    public void Skip() => _position++;

    public bool Take(char expected)
    {
        if (IsAtEnd || Next != expected) return false;
        _position++;
        return true;
    }

    public void Expect(string expected)
    {
        if (!_text.AsSpan(_position).StartsWith(expected)) throw Error($"there is {Here} where {expected} should be.");
        _position += expected.Length;
    }

    public Rune TakeRune()
    {
        // Half a surrogate pair is read as U+FFFD, as it would be written to a file.
        Rune.DecodeFromUtf16(_text.AsSpan(_position), out Rune rune, out int length);
        _position += length;
        return rune;
    }

    public string TakeWhile(Func<char, bool> condition)
    {
        int start = _position;
        while (!IsAtEnd && condition(Next)) _position++;
        return _text[start.._position];
    }

    public bool TakeLineBreak()
    {
        bool isCarriageReturn = Take('\r');
        return Take('\n') || isCarriageReturn;
    }

    /// <summary>Skips spaces, tabs and comments.</summary>
    public void SkipSpace(bool acrossLines)
    {
        while (!IsAtEnd)
        {
            if (Next == '#') TakeWhile(c => c is not ('\r' or '\n'));
            else if (Next is ' ' or '\t' || acrossLines && Next is '\r' or '\n') _position++;
            else return;
        }
    }

    private char At(int position) => position < _text.Length ? _text[position] : '\0';
}
