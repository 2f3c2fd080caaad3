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

    private RankHead(ModelReader model, Linear? dense, int width, bool hasOutput)
    {
        _dense = dense;
        Outputs = width;
        if (!hasOutput) return;
        if (dense is not null) _hidden = model.Workspace.Buffer("rank", width);
        Outputs = Math.Max(1, model.Settings.TextCount("classifier.output_labels"));
        _output = model.Linear("cls.output", width, Outputs);
    }

    /// <summary>The number of scores.</summary>
    public int Outputs { get; }

    /// <summary>Whether the last token stands for the text; else the first one does.</summary>
    public bool IsOfLastToken { get; private init; }

    /// <summary>Whether the scores are probabilities, which add up to 1.</summary>
    public bool IsSoftmax { get; private init; }

    /// <summary>The head of an encoder, null if the file has none.</summary>
    public static RankHead? Read(ModelReader model)
    {
        int embedding = model.Shape.EmbeddingLength;
        bool hasOutput = model.Has("cls.output.weight");
        if (!model.Has("cls.weight")) return hasOutput ? new RankHead(model, null, embedding, hasOutput) : null;
        int width = model.Rows("cls.weight");
        return new RankHead(model, model.Linear("cls", embedding, width), width, hasOutput);
    }

    /// <summary>The head of a decoder, null if the file has none: it answers at the end, with one of a few words.</summary>
    public static RankHead? ReadWords(ModelReader model) =>
        model.Has("cls.output.weight")
            ? new RankHead(model, null, model.Shape.EmbeddingLength, hasOutput: true) { IsOfLastToken = true, IsSoftmax = true }
            : null;

    public void Run(Arithmetic math, Activations rows, Activations scores)
    {
        if (_dense is not null)
        {
            Activations hidden = _hidden ?? scores;
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
