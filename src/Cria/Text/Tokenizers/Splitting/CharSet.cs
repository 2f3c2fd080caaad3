namespace Cria.Text;

/// <summary>A set of code points, given as ranges.</summary>
internal sealed class CharSet
{
    // First and last code points of the ranges, ascending and disjoint.
    private readonly int[] _bounds;

    public CharSet(params (int First, int Last)[] ranges)
    {
        var bounds = new List<int>();
        foreach ((int first, int last) in ranges.OrderBy(range => range.First))
        {
            if (bounds.Count > 0 && first <= bounds[^1] + 1) bounds[^1] = Math.Max(bounds[^1], last);
            else bounds.AddRange([first, last]);
        }
        _bounds = [.. bounds];
    }

    /// <summary>The set of exactly these characters.</summary>
    public static CharSet Of(string characters) => new([.. characters.EnumerateRunes().Select(rune => (rune.Value, rune.Value))]);

    public bool Contains(int codePoint)
    {
        int index = Array.BinarySearch(_bounds, codePoint);
        return index >= 0 || (~index & 1) == 1;
    }
}
