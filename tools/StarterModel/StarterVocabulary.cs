using System.Text;
using System.Text.RegularExpressions;

namespace Cria.Starter;

/// <summary>A kind of thing that a story chooses once and recalls later.</summary>
internal enum Kind
{
    Hero,
    Animal,
    Thing,
    Place,
}

/// <summary>A word whose form depends on a choice made earlier in the story.</summary>
internal sealed record Placeholder(int Index, Kind Kind, string[] Forms);

/// <summary>
/// The tokens: the 256 bytes, every word of the book with its leading space, the members of the kinds and their
/// pronouns, and the two that begin and end a story. It is the vocabulary of a byte-level BPE without merges, whose
/// pre-tokenizer (llama-bpe) takes known words whole and cuts unknown ones into bytes.
/// </summary>
internal sealed partial class StarterVocabulary
{
    private static readonly Dictionary<Kind, string[]> Members = new()
    {
        [Kind.Hero] = [" Mia", " Nora", " Lily", " Tom", " Ben", " Sam"],
        [Kind.Animal] = [" fox", " rabbit", " bear", " mouse", " hedgehog", " squirrel"],
        [Kind.Thing] = [" kite", " drum", " lantern", " bell", " ball", " boat"],
        [Kind.Place] = [" forest", " river", " garden", " meadow", " lake", " orchard"],
    };

    public const int MembersOfKind = 6;
    private const int Girls = 3;
    private readonly List<string> _tokens = [];
    private readonly Dictionary<string, int> _ids = [];
    private readonly List<int> _context = [];
    private readonly Dictionary<string, int> _contextIds = [];

    public StarterVocabulary()
    {
        // All bytes are one word to the context: the model has nothing to say about spelling, but for the signs it knows.
        for (int value = 0; value < 256; value++)
        {
            bool isSign = value < 128 && char.IsPunctuation((char)value);
            Add(((char)value).ToString(), isSign ? null : "byte");
        }

        foreach ((Kind kind, string[] members) in Members)
        {
            foreach (string member in members) Add(member, kind.ToString());
        }

        Placeholders = new Dictionary<string, Placeholder>
        {
            ["hero"] = new(0, Kind.Hero, Members[Kind.Hero]),
            ["animal"] = new(1, Kind.Animal, Members[Kind.Animal]),
            ["thing"] = new(2, Kind.Thing, Members[Kind.Thing]),
            ["place"] = new(3, Kind.Place, Members[Kind.Place]),
            ["he"] = Pronoun(4, " she", " he"),
            ["He"] = Pronoun(5, " She", " He"),
            ["his"] = Pronoun(6, " her", " his"),
            ["His"] = Pronoun(7, " Her", " His"),
        };
        BlankLine = Add("\n\n", null);
        Bos = Add("<|story|>", "story");
        Eos = Add("<|end|>", "story");
    }

    public IReadOnlyDictionary<string, Placeholder> Placeholders { get; }

    public int Bos { get; }

    public int Eos { get; }

    public int BlankLine { get; }

    public int Count => _tokens.Count;

    /// <summary>The number of words that a context tells apart: the members of a kind are one word to it.</summary>
    public int ContextCount => _contextIds.Count;

    public int ContextOf(int token) => _context[token];

    /// <summary>The tokens that have a dimension of their own in the output: members, then pronouns.</summary>
    public IEnumerable<int> Recallable =>
        Members.Values.SelectMany(m => m).Concat(Placeholders.Values.SelectMany(p => p.Forms)).Distinct().Select(t => _ids[t]);

    public int[] MembersOf(Kind kind) => [.. Members[kind].Select(t => _ids[t])];

    public int Id(string token) => _ids[token];

    /// <summary>The members that {girl+}, {boy+}, {animal+}, … choose from.</summary>
    public int[] Choices(string name) => name switch
    {
        "girl" => MembersOf(Kind.Hero)[..Girls],
        "boy" => MembersOf(Kind.Hero)[Girls..],
        _ => MembersOf(Enum.Parse<Kind>(name, ignoreCase: true)),
    };

    /// <summary>The tokens of a piece of the book; words not seen before are added.</summary>
    public IEnumerable<int> Learn(string text) =>
        [.. PreTokens().Matches(text).Select(m => _ids.TryGetValue(m.Value, out int id) ? id : Add(m.Value, null))];

    /// <summary>The tokens as a vocabulary file spells them: each byte of their UTF-8 as a printable character.</summary>
    public IEnumerable<string> Spelled => _tokens.Select((token, id) => id == Bos || id == Eos ? token
        : string.Concat((id < 256 ? [(byte)id] : Encoding.UTF8.GetBytes(token)).Select(Printable)));

    /// <summary>Words of a context in readable form.</summary>
    public string Describe(IEnumerable<int> contextWords) =>
        string.Concat(contextWords.Select(w => _contextIds.First(c => c.Value == w).Key));

    private Placeholder Pronoun(int index, string female, string male)
    {
        Add(female, male);
        Add(male, male);
        string[] forms = [.. Members[Kind.Hero].Select((_, i) => i < Girls ? female : male)];
        return new Placeholder(index, Kind.Hero, forms);
    }

    private int Add(string token, string? contextWord)
    {
        string word = contextWord ?? token;
        if (!_contextIds.TryGetValue(word, out int context)) _contextIds[word] = context = _contextIds.Count;
        int id = _tokens.Count;
        _tokens.Add(token);
        _context.Add(context);
        _ids.Add(token, id);
        return id;
    }

    // The byte alphabet of GPT-2: printable bytes stand for themselves, the others follow from U+0100 on.
    private static char Printable(byte value)
    {
        if (IsPrintable(value)) return (char)value;
        int hidden = 0;
        for (int b = 0; b < value; b++) if (!IsPrintable(b)) hidden++;
        return (char)(256 + hidden);
    }

    private static bool IsPrintable(int value) => value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);

    [GeneratedRegex(@"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")]
    private static partial Regex PreTokens();
}
