namespace Cria.Text.Grammars;

/// <summary>The masks of the situations that were met last.</summary>
internal sealed class MaskCache(int capacity)
{
    private readonly Dictionary<Situation, LinkedListNode<(Situation Situation, ulong[] Mask)>> _masks =
        new(ReferenceEqualityComparer.Instance);
    private readonly LinkedList<(Situation Situation, ulong[] Mask)> _latestFirst = [];

    public ulong[]? Find(Situation situation)
    {
        if (!_masks.TryGetValue(situation, out LinkedListNode<(Situation, ulong[] Mask)>? node)) return null;
        _latestFirst.Remove(node);
        _latestFirst.AddFirst(node);
        return node.Value.Mask;
    }

    public void Add(Situation situation, ulong[] mask)
    {
        if (_masks.ContainsKey(situation)) return;
        if (_masks.Count == capacity)
        {
            _masks.Remove(_latestFirst.Last!.Value.Situation);
            _latestFirst.RemoveLast();
        }
        _masks.Add(situation, _latestFirst.AddFirst((situation, mask)));
    }
}
