using System.Text;

namespace Cria.Tests.Text.Grammars;

/// <summary>Makes grammars of a few rules over a few characters of one to four bytes.</summary>
internal sealed class RandomGrammar(int seed)
{
    public static readonly string[] Characters = ["a", "b", "c", "é", "è", "語", "誦", "😀"];

    private readonly Random _random = new(seed);

    public string Next()
    {
        int rules = _random.Next(1, 5);
        var text = new StringBuilder();
        for (int i = 0; i < rules; i++) text.Append($"{(i == 0 ? "root" : "r" + i)} ::= {Choice(rules, 3)}\n");
        return text.ToString();
    }

    public string Text(int length) => string.Concat(Enumerable.Range(0, length).Select(_ => Pick(Characters)));

    private string Choice(int rules, int depth) => string.Join(" | ", Enumerable.Range(0, _random.Next(1, 4)).Select(_ => Sequence(rules, depth)));

    private string Sequence(int rules, int depth) => string.Join(" ", Enumerable.Range(0, _random.Next(1, 4)).Select(_ => Item(rules, depth)));

    private string Item(int rules, int depth)
    {
        string atom = _random.Next(depth > 0 ? 10 : 6) switch
        {
            0 or 1 => $"\"{Pick(Characters)}\"",
            2 => $"\"{Pick(Characters)}{Pick(Characters)}\"",
            3 => $"[{Pick(Characters)}{Pick(Characters)}]",
            4 => Pick(["[a-c]", "[^a]", "[^é語]", ".", "[b-語]"]),
            5 or 6 => _random.Next(rules) is var rule and > 0 ? "r" + rule : "\"b\" root",
            _ => $"({Choice(rules, depth - 1)})",
        };
        if (atom.EndsWith("root", StringComparison.Ordinal)) return atom;
        return atom + Pick(["", "", "", "", "*", "+", "?", "{2}", "{1,3}", "{0,20}", "{2,}"]);
    }

    private T Pick<T>(T[] options) => options[_random.Next(options.Length)];
}
