using System.Collections;
using System.Text;

namespace Cria.Gguf;

/// <summary>The texts of a metadata array, left in the mapped file and decoded one by one as they are asked for.</summary>
public sealed unsafe class GgufStrings : IReadOnlyList<string>
{
    private readonly GgufSource _source;
    private readonly long _data;
    // Where each text's length field starts, counted from the array's first; and the end of the last text.
    private readonly uint[] _starts;

    internal GgufStrings(GgufSource source, long data, uint[] starts)
    {
        _source = source;
        _data = data;
        _starts = starts;
    }

    /// <inheritdoc/>
    public int Count => _starts.Length - 1;

    /// <inheritdoc/>
    public string this[int index] => Encoding.UTF8.GetString(Utf8(index));

    /// <summary>The bytes of one text, which need not be valid UTF-8; they are the mapped file's and end with it.</summary>
    public ReadOnlySpan<byte> Utf8(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        uint start = _starts[index] + 8;
        return new ReadOnlySpan<byte>(_source.Start + _data + start, (int)(_starts[index + 1] - start));
    }

    /// <inheritdoc/>
    public IEnumerator<string> GetEnumerator()
    {
        for (int i = 0; i < Count; i++) yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
