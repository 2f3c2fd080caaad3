using Cria.Tensors;

namespace Cria.Models.Parts;

/// <summary>
/// What makes scores of the row that stands for a text: scores = output(tanh(dense(row))), of which a model has one half or both;
/// the first score tells how well a document answers a query.
/// </summary>
internal sealed class RankHead
{
    private readonly Linear? _dense, _output;
    private readonly Activations? _hidden;

    private RankHead(ModelReader model, bool hasDense, bool hasOutput, int labels)
    {
        int embedding = model.Shape.EmbeddingLength;
        Outputs = labels;
        if (hasDense)
        {
            int width = model.Rows("cls.weight");
            _dense = model.Linear("cls", embedding, width);
            _hidden = model.Workspace.Buffer("rank", width);
            Outputs = hasOutput ? labels : width;
        }

        if (hasOutput) _output = model.Linear("cls.output", _hidden?.Columns ?? embedding, labels);
    }

    /// <summary>The number of scores.</summary>
    public int Outputs { get; }

    /// <summary>Whether the last token stands for the text; else the first one does.</summary>
    public bool IsOfLastToken { get; init; }

    /// <summary>Whether the scores are probabilities that add up to 1.</summary>
    public bool IsSoftmax { get; init; }

    /// <summary>The head of a file that has one; <paramref name="isGenerative"/> models answer at the end, with one of some words.</summary>
    public static RankHead? Read(ModelReader model, bool isGenerative = false)
    {
        bool hasDense = !isGenerative && model.Has("cls.weight"), hasOutput = model.Has("cls.output.weight");
        if (!hasDense && !hasOutput) return null;
        int labels = model.Settings.TextCount("classifier.output_labels") is { } count and > 0 ? count : 1;
        return new RankHead(model, hasDense, hasOutput, labels) { IsOfLastToken = isGenerative, IsSoftmax = isGenerative };
    }

    public void Run(Arithmetic math, Activations rows, Activations scores)
    {
        if (_dense is not null)
        {
            Activations hidden = _output is null ? scores : _hidden!;
            _dense.Run(math, rows, hidden);
            math.SoftCap(hidden, 1);
            rows = hidden;
        }

        _output?.Run(math, rows, scores);
        if (!IsSoftmax) return;
        for (int row = 0; row < scores.Rows; row++) Softmax(scores[row]);
    }

    private static void Softmax(Span<float> scores)
    {
        float max = float.NegativeInfinity, sum = 0;
        foreach (float score in scores) max = MathF.Max(max, score);
        foreach (ref float score in scores) sum += score = MathF.Exp(score - max);
        foreach (ref float score in scores) score /= sum;
    }
}
