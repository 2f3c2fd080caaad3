namespace Cria.Text.Grammars;

/// <summary>The start or the end of the text; only occurs between the parser and <see cref="RegexAnchors"/>.</summary>
internal sealed class RegexAnchor(bool isEnd, int position) : RegexNode(false, position)
{
    public bool IsEnd { get; } = isEnd;

    public int Position { get; } = position;

    private protected override bool SameAs(RegexNode other) => IsEnd == ((RegexAnchor)other).IsEnd && Position == ((RegexAnchor)other).Position;
}

/// <summary>Does away with anchors: what has none on a side may, in a search, have any text there.</summary>
internal static class RegexAnchors
{
    /// <summary>Whether a node holds an anchor.</summary>
    public static bool IsIn(RegexNode node) => Find(node, _ => true) is not null;

    /// <summary>The language of a parsed pattern, for a match of the whole text or somewhere in it.</summary>
    public static RegexNode Resolve(string pattern, RegexNode node, bool isSearch)
    {
        node = Resolve(node, isEnd: true, isSearch);
        node = Resolve(node, isEnd: false, isSearch);
        return Find(node, _ => true) is { } anchor
            ? throw RegexParser.Refusal(pattern, anchor.Position, "an anchor is only supported where the pattern begins or ends")
            : node;
    }

    private static RegexNode Resolve(RegexNode node, bool isEnd, bool isOpen)
    {
        switch (node)
        {
            case RegexAnchor anchor when anchor.IsEnd == isEnd:
                return RegexNode.Empty;
            case RegexChoice choice:
                return RegexNode.Choice(choice.Options.Select(option => Resolve(option, isEnd, isOpen)));
            case RegexSequence { Items: [.., var last] } sequence when isEnd && Find(last, anchor => anchor.IsEnd) is not null:
                RegexNode start = RegexNode.Sequence(sequence.Items[..^1]);
                return last is RegexAnchor ? Resolve(start, isEnd, isOpen: false) : RegexNode.Sequence(start, Resolve(last, isEnd, isOpen));
            case RegexSequence { Items: [var first, ..] } sequence when !isEnd && Find(first, anchor => !anchor.IsEnd) is not null:
                RegexNode rest = RegexNode.Sequence(sequence.Items[1..]);
                return first is RegexAnchor ? Resolve(rest, isEnd, isOpen: false) : RegexNode.Sequence(Resolve(first, isEnd, isOpen), rest);
            default:
                return !isOpen ? node : isEnd ? RegexNode.Sequence(node, RegexNode.AnyText) : RegexNode.Sequence(RegexNode.AnyText, node);
        }
    }

    private static RegexAnchor? Find(RegexNode node, Predicate<RegexAnchor> isWanted) => node switch
    {
        RegexAnchor anchor => isWanted(anchor) ? anchor : null,
        RegexSequence sequence => sequence.Items.Select(item => Find(item, isWanted)).FirstOrDefault(anchor => anchor is not null),
        RegexChoice choice => choice.Options.Select(option => Find(option, isWanted)).FirstOrDefault(anchor => anchor is not null),
        RegexRepeat repeat => Find(repeat.Body, isWanted),
        _ => null,
    };
}
