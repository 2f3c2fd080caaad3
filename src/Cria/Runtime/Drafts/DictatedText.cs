namespace Cria.Runtime.Drafts;

/// <summary>Makes a model say a given text, for measurements: each of its tokens becomes the likeliest by far, and is then chosen as any other would be.</summary>
internal sealed class DictatedText(ReadOnlyMemory<int> text) : IConstraint
{
    // Beyond what any network computes, and far from the largest float.
    private const float Certain = 1e9f;

    private int _place;

    public bool IsFinished => false;

    public void Apply(Span<float> logits)
    {
        if (_place < text.Length) logits[text.Span[_place]] = Certain;
    }

    public void Accept(int token) => _place++;

    public int Forced(Span<int> tokens) => 0;
}
