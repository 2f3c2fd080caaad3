using System.Globalization;
using System.Text;

namespace Cria.Text.Grammars;

/// <summary>A grammar that is being generated grew beyond its bounds.</summary>
internal sealed class GrammarTooLargeException : Exception;

/// <summary>The rules of a GBNF grammar that is being generated. Equal rules share a name.</summary>
internal sealed class GrammarRules
{
    private const int MostRules = 20_000;
    private const int MostCharacters = 4_000_000;
    private const int LongestName = 48;

    private readonly string _root;
    private readonly List<string> _names = [];
    private readonly Dictionary<string, string?> _bodies = [];
    private readonly Dictionary<string, string> _nameOfBody = [];
    private int _characters;

    /// <summary>Begins a grammar; where its root has another name than "root", that name also begins the names of all other rules.</summary>
    public GrammarRules(string root)
    {
        _root = root;
        _bodies.Add(root, null);
        _names.Add(root);
    }

    /// <summary>The name of the rule for the whole text.</summary>
    public string Root => _root;

    /// <summary>Adds a rule, or finds one that says the same; <paramref name="hint"/> is what it should be called.</summary>
    public string Add(string hint, string body)
    {
        if (_nameOfBody.TryGetValue(body, out string? known)) return known;
        string name = Reserve(hint);
        Define(name, body);
        return name;
    }

    /// <summary>Takes a name for a rule that follows later, so that others can refer to it before.</summary>
    public string Reserve(string hint)
    {
        if (_names.Count == MostRules) throw new GrammarTooLargeException();
        string wanted = Name(hint), name = wanted;
        for (int i = 1; _bodies.ContainsKey(name); i++) name = string.Create(CultureInfo.InvariantCulture, $"{wanted}-{i}");
        _names.Add(name);
        _bodies.Add(name, null);
        return name;
    }

    /// <summary>Defines the rule of a name that was taken before.</summary>
    public void Define(string name, string body)
    {
        if ((_characters += body.Length) > MostCharacters) throw new GrammarTooLargeException();
        _bodies[name] = body;
        if (name != _root) _nameOfBody.TryAdd(body, name);
    }

    /// <summary>Defines the root and writes the grammar down.</summary>
    public string ToGbnf(string rootBody)
    {
        Define(_root, rootBody);
        var text = new StringBuilder();
        foreach (string name in _names) text.Append(name).Append(" ::= ").Append(_bodies[name]).Append('\n');
        return text.ToString();
    }

    private string Name(string hint)
    {
        var name = new StringBuilder(_root == "root" ? "" : _root + "-");
        foreach (char c in hint)
        {
            if (char.IsAsciiLetterOrDigit(c)) name.Append(c);
            else if (name.Length > 0 && name[^1] != '-') name.Append('-');
        }
        if (name.Length > LongestName) name.Length = LongestName;
        string text = name.ToString().Trim('-');
        return text.Length == 0 ? "rule" : text;
    }
}
