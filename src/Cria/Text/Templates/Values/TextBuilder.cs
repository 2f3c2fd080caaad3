using System.Text;

namespace Cria.Text.Templates;

/// <summary>Builds a text out of pieces, within the limits, and keeps which of them came from the caller's data.</summary>
internal sealed class TextBuilder(Evaluation evaluation)
{
    private readonly StringBuilder _text = new();
    private List<(int Start, int End)>? _input;

    public int Length => _text.Length;

    public void Append(char c)
    {
        evaluation.ChargeText(_text.Length, 1);
        _text.Append(c);
    }

    public void Append(ReadOnlySpan<char> text)
    {
        evaluation.ChargeText(_text.Length, text.Length);
        _text.Append(text);
    }

    public void Append(char c, long count)
    {
        evaluation.ChargeText(_text.Length, count);
        _text.Append(c, (int)count);
    }

    public void Append(StringValue value) => Append(value, 0, value.Text.Length);

    public void Append(StringValue value, int start, int length)
    {
        int offset = _text.Length - start;
        Append(value.Text.AsSpan(start, length));
        if (!value.HasInput) return;
        foreach ((int low, int high) in value.InputWithin(start, start + length)) Mark(low + offset, high + offset);
    }

    /// <summary>Appends text that stands for a part of a string, such as an escape: it came from where that part came from.</summary>
    public void AppendFor(StringValue value, int place, ReadOnlySpan<char> text)
    {
        int start = _text.Length;
        Append(text);
        if (value.HasInput && value.InputWithin(place, place + 1).Any()) Mark(start, _text.Length);
    }

    /// <summary>Takes back what was appended after the text had this length.</summary>
    public void Truncate(int length)
    {
        _text.Length = length;
        if (_input is null) return;
        while (_input.Count > 0 && _input[^1].Start >= length) _input.RemoveAt(_input.Count - 1);
        if (_input.Count > 0 && _input[^1].End > length) _input[^1] = (_input[^1].Start, length);
    }

    public StringValue ToValue() => new(_text.ToString(), _input is { Count: > 0 } ? [.. _input] : null);

    public RenderedText ToRenderedText() => new(_text.ToString(), _input is null ? [] : [.. _input.Select(range => range.Start..range.End)]);

    private void Mark(int start, int end)
    {
        _input ??= [];
        if (_input.Count > 0 && _input[^1].End == start)
        {
            _input[^1] = (_input[^1].Start, end);
            return;
        }
        evaluation.Charge(1);
        _input.Add((start, end));
    }
}
