using System.Text;

namespace Cria.Text.Templates;

/// <summary>A string that knows which parts of it came from the caller's data.</summary>
internal sealed class StringValue : TemplateValue
{
    // In order, apart from each other and not empty; null where nothing came from the caller, which is so for most strings of a template.
    private readonly (int Start, int End)[]? _input;
    private int? _utf8Length;
    private int? _hash;

    public StringValue(string text, (int Start, int End)[]? input = null)
    {
        Text = text;
        _input = input;
    }

    public string Text { get; }

    /// <summary>The bytes of the text in UTF-8, which is how llama.cpp counts; counted once.</summary>
    public int Utf8Length => _utf8Length ??= Encoding.UTF8.GetByteCount(Text);

    public bool IsAscii => Utf8Length == Text.Length;

    /// <summary>A hash of the text, made once.</summary>
    public int Hash => _hash ??= Text.GetHashCode();

    /// <summary>Whether any of it came from the caller's data.</summary>
    public bool HasInput => _input is not null;

    public override string Kind => "string";

    public override bool IsTrue => Text.Length > 0;

    public static StringValue From(string text, bool isInput) => new(text, isInput && text.Length > 0 ? [(0, text.Length)] : null);

    /// <summary>A string with other characters in the same places, as when letters change their case.</summary>
    public StringValue WithText(string text) => new(text, _input);

    public StringValue Substring(Evaluation evaluation, int start, int length)
    {
        evaluation.ChargeText(0, length);
        string part = Text.Substring(start, length);
        if (_input is null) return new StringValue(part);
        (int, int)[] input = [.. InputWithin(start, start + length).Select(range => (range.Start - start, range.End - start))];
        evaluation.Charge(input.Length / 8);
        return new StringValue(part, input.Length == 0 ? null : input);
    }

    /// <summary>The ranges of the text between two places that came from the caller's data.</summary>
    public IEnumerable<(int Start, int End)> InputWithin(int start, int end)
    {
        if (_input is null) yield break;

        // The first range that ends behind the start; strings glued together by a template can have very many.
        int first = 0;
        for (int beyond = _input.Length; first < beyond;)
        {
            int middle = (first + beyond) / 2;
            if (_input[middle].End > start) beyond = middle;
            else first = middle + 1;
        }
        for (int i = first; i < _input.Length && _input[i].Start < end; i++)
        {
            yield return (Math.Max(_input[i].Start, start), Math.Min(_input[i].End, end));
        }
    }

    /// <summary>Another string of the same text and origin.</summary>
    public StringValue Copy() => new(Text, _input);
}
