using System.Runtime.InteropServices;
using System.Text;

namespace Cria.Runtime;

/// <summary>
/// Finds the first of many stop sequences in a text that comes in pieces, and holds back what may still become one.
/// An Aho-Corasick automaton: one step a character, however many sequences there are and however they overlap.
/// The sequence that ends first wins; of those that end together, the longest.
/// </summary>
internal sealed class StopSequenceMatcher
{
    private readonly record struct Edge(int Node, char Character);

    private struct Node
    {
        /// <summary>How many characters lead here: what has to be held back.</summary>
        public int Depth;

        /// <summary>The node of the longest proper suffix that also begins a sequence.</summary>
        public int Fallback;

        /// <summary>The longest sequence that ends here, or null.</summary>
        public string? Match;
    }

    private readonly List<Node> _nodes = [default];
    private readonly Dictionary<Edge, int> _edges = [];
    private readonly StringBuilder _held = new();
    private int _state;

    public StopSequenceMatcher(IReadOnlyList<string> sequences)
    {
        foreach (string sequence in sequences) Add(sequence);
        LinkFallbacks();
    }

    /// <summary>The stop sequence that appeared, if one did; nothing may be appended after that.</summary>
    public string? Match { get; private set; }

    /// <summary>Takes the next piece and returns the text that is certain to be no part of a stop sequence.</summary>
    public string Append(string piece)
    {
        if (_nodes.Count == 1) return piece;
        for (int i = 0; i < piece.Length; i++)
        {
            Step(piece[i]);
            if (_nodes[_state].Match is not { } match) continue;
            Match = match;
            _held.Append(piece, 0, i + 1);
            return Release(_held.Length - match.Length);
        }

        _held.Append(piece);
        return Release(_held.Length - _nodes[_state].Depth);
    }

    /// <summary>The text still held back, once no more comes; after a match there is none.</summary>
    public string Flush() => Match is null ? Release(_held.Length) : "";

    private string Release(int length)
    {
        if (length == 0) return "";
        string text = _held.ToString(0, length);
        _held.Remove(0, length);
        return text;
    }

    private void Step(char character)
    {
        int next;
        while (!_edges.TryGetValue(new Edge(_state, character), out next) && _state != 0) _state = _nodes[_state].Fallback;
        _state = next;
    }

    private void Add(string sequence)
    {
        int node = 0;
        foreach (char character in sequence)
        {
            ref int next = ref CollectionsMarshal.GetValueRefOrAddDefault(_edges, new Edge(node, character), out bool exists);
            if (!exists)
            {
                next = _nodes.Count;
                _nodes.Add(new Node { Depth = _nodes[node].Depth + 1 });
            }

            node = next;
        }

        CollectionsMarshal.AsSpan(_nodes)[node].Match = sequence;
    }

    private void LinkFallbacks()
    {
        Span<Node> nodes = CollectionsMarshal.AsSpan(_nodes);
        // A fallback is always less deep, so that going by depth finds it finished.
        foreach ((Edge edge, int child) in _edges.OrderBy(edge => _nodes[edge.Value].Depth))
        {
            if (edge.Node == 0) continue;
            int fallback = nodes[edge.Node].Fallback, target;
            while (!_edges.TryGetValue(new Edge(fallback, edge.Character), out target) && fallback != 0)
                fallback = nodes[fallback].Fallback;
            nodes[child].Fallback = target;
            nodes[child].Match ??= nodes[target].Match;
        }
    }
}
