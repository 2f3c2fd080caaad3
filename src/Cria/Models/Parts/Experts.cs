using Cria.Tensors;

namespace Cria.Models.Parts;

/// <summary>A feed-forward part of many, of which a router chooses a few for each token and mixes their outputs.</summary>
internal sealed class Experts : IFeedForward
{
    private readonly Linear _router;
    private readonly LinearStack? _gate;
    private readonly LinearStack _up, _down;
    private readonly Gate _kind;
    private readonly bool _sharesAmongAll;
    private readonly int _used;
    private readonly int[] _chosen;
    private readonly float[] _shares;
    private readonly Activations _scores, _gated, _raised, _lowered;

    /// <summary>
    /// Reads a layer's router and stacked matrices, with their biases where the file has them. The outputs of the chosen are mixed by their
    /// probabilities among themselves or, with <paramref name="sharesAmongAll"/>, among all experts.
    /// </summary>
    public Experts(ModelReader model, int layer, int inner, Gate kind = Gate.SwiGlu, bool sharesAmongAll = false)
    {
        _kind = kind;
        _sharesAmongAll = sharesAmongAll;
        int embedding = model.Shape.EmbeddingLength, count = model.Shape.Experts;
        _used = model.Shape.ExpertsUsed;
        string blk = $"blk.{layer}";
        _router = model.Linear($"{blk}.ffn_gate_inp", embedding, count);
        if (kind != Gate.None) _gate = model.Stack($"{blk}.ffn_gate_exps", embedding, inner, count);
        _up = model.Stack($"{blk}.ffn_up_exps", embedding, inner, count);
        _down = model.Stack($"{blk}.ffn_down_exps", inner, embedding, count);

        Workspace workspace = model.Workspace;
        _chosen = workspace.Array<int>("chosen experts", _used);
        _shares = workspace.Array<float>("expert shares", _used);
        _scores = workspace.Buffer("expert scores", count);
        _gated = workspace.Buffer("gate", inner, _used);
        _raised = workspace.Buffer("up", inner, _used);
        _lowered = workspace.Buffer("down", embedding, _used);
    }

    public void Run(Arithmetic math, Activations x, Activations y)
    {
        int rows = x.Rows * _used;
        Span<int> chosen = _chosen.AsSpan(0, rows);
        Span<float> shares = _shares.AsSpan(0, rows);
        _router.Run(math, x, _scores);
        math.ChooseExperts(_scores, _used, chosen, shares, _sharesAmongAll);

        _up.Run(math, x, chosen, _used, _raised);
        Activations inner = Gated(math, x, chosen);
        _down.Run(math, inner, chosen, _used, _lowered);
        y.Resize(x.Rows);
        math.MixExperts(_lowered, shares, _used, y);
    }

    private Activations Gated(Arithmetic math, Activations x, ReadOnlySpan<int> chosen)
    {
        if (_gate is null)
        {
            math.Gelu(_raised);
            return _raised;
        }

        _gate.Run(math, x, chosen, _used, _gated);
        FeedForward.Apply(math, _kind, _gated, _raised);
        return _gated;
    }
}
