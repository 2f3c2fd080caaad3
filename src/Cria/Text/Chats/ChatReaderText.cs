using System.Buffers;

namespace Cria.Text.Chats;

/// <summary>Whether a text begins with another, as far as it has come.</summary>
internal enum Fit
{
    No,

    /// <summary>Everything that has come fits, but it is too short to tell.</summary>
    Perhaps,
    Yes,
}

/// <summary>The text of a model that has come and is not understood yet.</summary>
/// <remarks>
/// Every question has an answer that no later text can change, or none yet: so it does not matter how the text is cut into pieces.
/// </remarks>
internal sealed class ChatReaderText
{
    private string _text = "";
    private int _position;
    private int _mark = -1;

    /// <summary>Nothing more will come.</summary>
    public bool IsComplete { get; set; }

    public ReadOnlySpan<char> Unread => _text.AsSpan(_position);

    /// <summary>There is a place to go back to.</summary>
    public bool IsMarked => _mark >= 0;

    public void Append(string piece)
    {
        int keep = _mark >= 0 ? _mark : _position;
        _text = string.Concat(_text.AsSpan(keep), piece);
        _position -= keep;
        if (_mark >= 0) _mark = 0;
    }

    /// <summary>Remembers this place, so that <see cref="Return"/> can go back to it.</summary>
    public void Mark() => _mark = _position;

    /// <summary>What was read since the mark is settled.</summary>
    public void Settle() => _mark = -1;

    public void Return()
    {
        _position = _mark;
        _mark = -1;
    }

    public string Take(int length)
    {
        string taken = _text.Substring(_position, length);
        _position += length;
        return taken;
    }

    public void Skip(int length) => _position += length;

    public Fit Begins(string literal) => Begins(_position, literal);

    /// <summary>Reads a text if it comes next.</summary>
    public Fit Skip(string literal)
    {
        Fit match = Begins(literal);
        if (match == Fit.Yes) Skip(literal.Length);
        return match;
    }

    /// <summary>Skips a mark at the very end of the text that was cut off.</summary>
    public void SkipBeginningOf(string mark)
    {
        if (mark.AsSpan().StartsWith(Unread.Trim(), StringComparison.Ordinal)) _position = _text.Length;
    }

    /// <summary>Skips spaces and line ends; returns whether something else is there to be read.</summary>
    public bool SkipWhitespace()
    {
        while (_position < _text.Length && char.IsWhiteSpace(_text[_position])) _position++;
        return _position < _text.Length;
    }

    /// <summary>
    /// How much can be read before one of the stops begins: up to the first, which is then told (of those that begin at one place
    /// the longest), or up to where one may begin.
    /// </summary>
    public int LengthBefore(ChatReaderStops stops, out string? stop)
    {
        for (int i = _position; ; i++)
        {
            int next = _text.AsSpan(i).IndexOfAny(stops.Beginnings);
            if (next < 0) break;
            i += next;
            foreach (string candidate in stops.LongestFirst)
            {
                Fit match = Begins(i, candidate);
                if (match == Fit.No) continue;
                stop = match == Fit.Yes ? candidate : null;
                return i - _position;
            }
        }

        stop = null;
        return _text.Length - _position;
    }

    private Fit Begins(int position, string literal)
    {
        ReadOnlySpan<char> rest = _text.AsSpan(position);
        if (rest.Length >= literal.Length) return rest.StartsWith(literal, StringComparison.Ordinal) ? Fit.Yes : Fit.No;
        return !IsComplete && literal.AsSpan().StartsWith(rest, StringComparison.Ordinal) ? Fit.Perhaps : Fit.No;
    }
}

/// <summary>Texts to look for, all at once.</summary>
internal sealed class ChatReaderStops(params IEnumerable<string> texts)
{
    public static ChatReaderStops None { get; } = new();

    public string[] LongestFirst { get; } = [.. texts.Where(text => text.Length > 0).Distinct().OrderByDescending(text => text.Length)];

    public SearchValues<char> Beginnings => field ??= SearchValues.Create([.. LongestFirst.Select(text => text[0]).Distinct()]);
}
