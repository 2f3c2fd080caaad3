namespace Cria.Text;

/// <summary>A text as code points with their kinds; what is no valid UTF-8 reads as U+FFFD.</summary>
internal readonly struct CodePointText
{
    private readonly int[] _codePoints;
    private readonly CharKind[] _kinds;
    private readonly int _count;

    public CodePointText(ReadOnlySpan<byte> utf8, Func<int, int>? map = null)
    {
        _codePoints = new int[utf8.Length];
        _kinds = new CharKind[utf8.Length];
        while (!utf8.IsEmpty)
        {
            int codePoint = CodePoint.Decode(utf8, out int length);
            if (map != null) codePoint = map(codePoint);
            _kinds[_count] = CodePoint.Kind(codePoint);
            _codePoints[_count++] = codePoint;
            utf8 = utf8[length..];
        }
    }

    public ReadOnlySpan<int> CodePoints => _codePoints.AsSpan(0, _count);

    public TextWindow Window => new(CodePoints, _kinds.AsSpan(0, _count));
}
