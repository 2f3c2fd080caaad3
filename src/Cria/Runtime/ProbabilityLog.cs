using System.Text;
using Cria.Runtime.Sampling;
using Cria.Text;

namespace Cria.Runtime;

/// <summary>Notes the likeliest tokens at each step, as the model sees them: before any option changes the logits.</summary>
internal sealed class ProbabilityLog
{
    private readonly Tokenizer _tokenizer;
    private readonly int _count;
    private readonly Candidates _likeliest;
    private readonly List<TokenProbabilities> _steps = [];
    private float[] _logits = [];
    private double _logSum;

    public ProbabilityLog(Tokenizer tokenizer, GenerationOptions options)
    {
        _tokenizer = tokenizer;
        _count = Math.Min(options.ProbabilityCount, tokenizer.Count);
        _likeliest = new Candidates(_count);
    }

    public IReadOnlyList<TokenProbabilities> Steps => _steps;

    /// <summary>Keeps the logits before they are changed.</summary>
    public void Look(ReadOnlySpan<float> logits)
    {
        if (_logits.Length != logits.Length) _logits = new float[logits.Length];
        logits.CopyTo(_logits);
    }

    /// <summary>Adds the step of the logits last seen, with the token that was chosen.</summary>
    public void Record(int chosen)
    {
        float max = LogitScan.Max(_logits);
        _logSum = max + Math.Log(LogitScan.SumOfExponentials(_logits, max));
        _likeliest.FillTop(_logits, _count);
        var likeliest = new TokenProbability[_likeliest.Count];
        for (int i = 0; i < likeliest.Length; i++) likeliest[i] = Describe(_likeliest.Items[i].Token);
        _steps.Add(new TokenProbabilities(Describe(chosen), likeliest));
    }

    private TokenProbability Describe(int token) =>
        new(token, Encoding.UTF8.GetString(_tokenizer.PieceBytes(token, special: true)), (float)Math.Exp(_logits[token] - _logSum));
}
