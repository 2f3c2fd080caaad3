using System.Globalization;
using System.Text;

namespace Cria.Testing;

/// <summary>Makes random texts from a GBNF grammar; knows the notation only as far as the grammars here use it.</summary>
internal sealed class GbnfWalk
{
    private const int Endless = 1_000_000;
    private const int LongText = 400;
    private static readonly int[] Interesting = ['a', 'Z', '0', '9', ' ', '_', '/', '~', 0x7F, 0xE9, 0x2028, 0x4E2D, 0x1F600, 0x10FFFF];

    private readonly Dictionary<string, Node> _rules = [];
    private readonly Dictionary<string, int> _heights = [];
    private readonly string _gbnf;
    private int _position;

    public GbnfWalk(string gbnf)
    {
        _gbnf = gbnf;
        foreach (string line in gbnf.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            int mark = line.IndexOf(" ::= ", StringComparison.Ordinal);
            _gbnf = line[(mark + 5)..];
            _position = 0;
            _rules.Add(line[..mark], ParseChoice());
            Assert.Equal(_gbnf.Length, _position);
        }
        FindHeights();
    }

    /// <summary>A random text; the further it goes the more it takes the shortest way to an end.</summary>
    public string Text(Random random, int depth = 24)
    {
        var text = new StringBuilder();
        Write(_rules["root"], random, depth, text);
        return text.ToString();
    }

    // How many rules deep a text must at least go; what has no finite text keeps the number Endless.
    private void FindHeights()
    {
        foreach (string name in _rules.Keys) _heights[name] = Endless;
        for (bool isChanged = true; isChanged;)
        {
            isChanged = false;
            foreach ((string name, Node node) in _rules)
            {
                int height = Math.Min(Endless, Height(node) + 1);
                isChanged |= height < _heights[name];
                _heights[name] = Math.Min(height, _heights[name]);
            }
        }
        Assert.True(_heights.Values.All(height => height < Endless), $"A rule never ends:\n{_gbnf}");
    }

    private int Height(Node node) => node switch
    {
        Rule rule => _heights.TryGetValue(rule.Name, out int height) ? height : throw new InvalidOperationException($"No rule {rule.Name}"),
        Choice choice => choice.Options.Min(Height),
        Sequence sequence => sequence.Items.Count == 0 ? 0 : sequence.Items.Max(Height),
        Repeat repeat => repeat.Min == 0 ? 0 : Height(repeat.Body),
        _ => 0,
    };

    private void Write(Node node, Random random, int depth, StringBuilder text)
    {
        if (text.Length > LongText) depth = 0;
        switch (node)
        {
            case Literal literal:
                text.Append(literal.Text);
                break;
            case Chars chars:
                text.Append(chars.Pick(random));
                break;
            case Rule rule:
                Write(_rules[rule.Name], random, depth - 1, text);
                break;
            case Sequence sequence:
                foreach (Node item in sequence.Items) Write(item, random, depth, text);
                break;
            case Choice choice:
                Node[] possible = [.. choice.Options.Where(option => Height(option) < depth)];
                Node chosen = possible.Length > 0 ? possible[random.Next(possible.Length)] : choice.Options.MinBy(Height)!;
                Write(chosen, random, depth, text);
                break;
            case Repeat repeat:
                int more = Height(repeat.Body) < depth ? Math.Min(repeat.Max - repeat.Min, random.Next(8) == 0 ? 40 : random.Next(4)) : 0;
                for (int i = repeat.Min + more; i > 0; i--) Write(repeat.Body, random, depth, text);
                break;
        }
    }

    private Node ParseChoice()
    {
        List<Node> options = [ParseSequence()];
        while (Take('|')) options.Add(ParseSequence());
        return options.Count == 1 ? options[0] : new Choice(options);
    }

    private Sequence ParseSequence()
    {
        var items = new List<Node>();
        while (true)
        {
            while (Take(' ')) { }
            if (_position == _gbnf.Length || _gbnf[_position] is '|' or ')') return new Sequence(items);
            items.Add(ParseRepeated());
        }
    }

    private Node ParseRepeated()
    {
        Node node = ParseItem();
        while (_position < _gbnf.Length)
        {
            if (Take('*')) node = new Repeat(node, 0, Endless);
            else if (Take('+')) node = new Repeat(node, 1, Endless);
            else if (Take('?')) node = new Repeat(node, 0, 1);
            else if (Take('{')) node = ParseCounts(node);
            else break;
        }
        return node;
    }

    private Repeat ParseCounts(Node body)
    {
        string[] counts = TakeUntil('}').Split(',');
        int min = int.Parse(counts[0], CultureInfo.InvariantCulture);
        return new Repeat(body, min, counts.Length == 1 ? min : counts[1].Length == 0 ? Endless : int.Parse(counts[1], CultureInfo.InvariantCulture));
    }

    private Node ParseItem()
    {
        if (Take('"'))
        {
            var text = new StringBuilder();
            while (!Take('"')) text.Append(char.ConvertFromUtf32(TakeChar()));
            return new Literal(text.ToString());
        }
        if (Take('.')) return new Chars([(0, 0x10FFFF)], false);
        if (Take('['))
        {
            bool isNegated = Take('^');
            var ranges = new List<(int, int)>();
            while (!Take(']'))
            {
                int first = TakeChar();
                ranges.Add((first, Take('-') ? TakeChar() : first));
            }
            return new Chars(ranges, isNegated);
        }
        if (Take('('))
        {
            Node node = ParseChoice();
            Assert.True(Take(')'));
            return node;
        }
        int start = _position;
        while (_position < _gbnf.Length && (char.IsAsciiLetterOrDigit(_gbnf[_position]) || _gbnf[_position] == '-')) _position++;
        Assert.True(_position > start, $"Unexpected at {_position}: {_gbnf}");
        return new Rule(_gbnf[start.._position]);
    }

    private int TakeChar()
    {
        if (!Take('\\'))
        {
            var rune = Rune.GetRuneAt(_gbnf, _position);
            _position += rune.Utf16SequenceLength;
            return rune.Value;
        }
        char c = _gbnf[_position++];
        int digits = c switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        _position += digits;
        return digits > 0
            ? int.Parse(_gbnf.AsSpan(_position - digits, digits), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
            : c switch { 'n' => '\n', 'r' => '\r', 't' => '\t', _ => c };
    }

    private string TakeUntil(char end)
    {
        int start = _position;
        _position = _gbnf.IndexOf(end, _position) + 1;
        return _gbnf[start..(_position - 1)];
    }

    private bool Take(char c)
    {
        if (_position == _gbnf.Length || _gbnf[_position] != c) return false;
        _position++;
        return true;
    }

    private abstract record Node;

    private sealed record Literal(string Text) : Node;

    private sealed record Rule(string Name) : Node;

    private sealed record Sequence(IReadOnlyList<Node> Items) : Node;

    private sealed record Choice(IReadOnlyList<Node> Options) : Node;

    private sealed record Repeat(Node Body, int Min, int Max) : Node;

    private sealed record Chars(IReadOnlyList<(int First, int Last)> Ranges, bool IsNegated) : Node
    {
        public string Pick(Random random)
        {
            while (true)
            {
                (int first, int last) = IsNegated ? (0, 0x10FFFF) : Ranges[random.Next(Ranges.Count)];
                int c = IsNegated || random.Next(4) == 0 ? Interesting[random.Next(Interesting.Length)] : random.Next(first, last + 1);
                if (IsNegated && random.Next(2) == 0) c = random.Next(0x20, 0x7F);
                if (c is >= 0xD800 and <= 0xDFFF || Ranges.Any(range => c >= range.First && c <= range.Last) == IsNegated) continue;
                return char.ConvertFromUtf32(c);
            }
        }
    }
}
