namespace Cria.Text.Grammars;

/// <summary>Writes a set of characters as edges over the bytes of their UTF-8.</summary>
internal sealed class CharacterEdges(List<Position> positions, Func<int> newPosition)
{
    private readonly Dictionary<ByteEdge, int> _known = [];

    public void Build(CodePointSet set, int from, int to)
    {
        foreach (CodePointRange range in set.Ranges)
        {
            Utf8Ranges.Split(range, bytes =>
            {
                int target = to;
                for (int i = bytes.Length - 1; i > 0; i--) target = Before(bytes[i], target);
                positions[from].Bytes.Add(new ByteEdge(bytes[0], target));
            });
        }
    }

    // Characters that end alike share their ends: otherwise "anything but a quote" would need thrice as many positions.
    private int Before(ByteRange range, int target)
    {
        var edge = new ByteEdge(range, target);
        if (_known.TryGetValue(edge, out int position)) return position;
        position = newPosition();
        positions[position].Bytes.Add(edge);
        _known.Add(edge, position);
        return position;
    }
}
