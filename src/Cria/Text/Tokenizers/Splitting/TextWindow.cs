namespace Cria.Text;

/// <summary>A stretch of text as code points and their kinds; what lies outside reads as nothing.</summary>
internal readonly ref struct TextWindow(ReadOnlySpan<int> codePoints, ReadOnlySpan<CharKind> kinds)
{
    /// <summary>What is read beyond either end.</summary>
    public const int Nothing = -1;

    private readonly ReadOnlySpan<int> _codePoints = codePoints;
    private readonly ReadOnlySpan<CharKind> _kinds = kinds;

    public int Length => _codePoints.Length;

    public int this[int index] => (uint)index < (uint)_codePoints.Length ? _codePoints[index] : Nothing;

    public CharKind Kind(int index) => (uint)index < (uint)_kinds.Length ? _kinds[index] : CharKind.None;

    /// <summary>Whether the character is of one of the kinds.</summary>
    public bool Is(int index, CharKind kinds) => (Kind(index) & kinds) != 0;

    /// <summary>Whether there is a character and it is of none of the kinds.</summary>
    public bool IsNot(int index, CharKind kinds) => (Kind(index) & (kinds | CharKind.Any)) == CharKind.Any;

    /// <summary>The end of the run of characters of the kinds that starts at <paramref name="index"/>.</summary>
    public int EndOf(CharKind kinds, int index)
    {
        while (Is(index, kinds)) index++;
        return index;
    }

    /// <summary>The end of the run of characters of none of the kinds that starts at <paramref name="index"/>.</summary>
    public int EndOfOther(CharKind kinds, int index)
    {
        while (IsNot(index, kinds)) index++;
        return index;
    }

    public TextWindow Slice(int start, int length) => new(_codePoints.Slice(start, length), _kinds.Slice(start, length));
}
