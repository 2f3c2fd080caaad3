using Cria.Tensors;

namespace Cria.Models.Parts;

/// <summary>The second half of a layer: rows in, rows of the same length out.</summary>
internal interface IFeedForward
{
    /// <summary>y = f(x), row by row.</summary>
    void Run(Arithmetic math, Activations x, Activations y);
}

/// <summary>The non-linearity between the matrices of a gated feed-forward part.</summary>
internal enum Gate
{
    /// <summary>silu(gate) · up.</summary>
    SwiGlu,

    /// <summary>gelu(gate) · up.</summary>
    GeGlu,

    /// <summary>gpt-oss's clamped form of SwiGlu.</summary>
    SwiGluClamped,

    /// <summary>gelu(up): there is no gate.</summary>
    None,
}

/// <summary>A dense feed-forward part: down(act(gate(x)) · up(x)), or down(gelu(up(x))).</summary>
internal sealed class FeedForward : IFeedForward
{
    private readonly Linear? _gate;
    private readonly Linear _up, _down;
    private readonly Gate _kind;
    private readonly Activations _gated, _raised;

    /// <summary>Reads a layer's matrices; if they are fused, <c>ffn_up</c> holds the gate's rows and then its own.</summary>
    public FeedForward(ModelReader model, int layer, Gate kind = Gate.SwiGlu, bool isFused = false)
    {
        _kind = kind;
        int embedding = model.Shape.EmbeddingLength, inner = model.Shape.FeedForwardLength;
        string blk = $"blk.{layer}";
        if (isFused)
        {
            Linear both = model.Linear($"{blk}.ffn_up", embedding, 2 * inner);
            _gate = both.Slice(0, inner);
            _up = both.Slice(inner, inner);
        }
        else
        {
            if (kind != Gate.None) _gate = model.Linear($"{blk}.ffn_gate", embedding, inner);
            _up = model.Linear($"{blk}.ffn_up", embedding, inner);
        }

        _down = model.Linear($"{blk}.ffn_down", inner, embedding);
        _gated = model.Workspace.Buffer("gate", inner);
        _raised = model.Workspace.Buffer("up", inner);
    }

    public void Run(Arithmetic math, Activations x, Activations y)
    {
        if (_gate is null)
        {
            _up.Run(math, x, _raised);
            math.Gelu(_raised);
            _down.Run(math, _raised, y);
            return;
        }

        _gated.Resize(x.Rows);
        _raised.Resize(x.Rows);
        math.MatMul(x, _gate.Weight, _gated, _up.Weight, _raised);
        _gate.Complete(math, x, _gated);
        _up.Complete(math, x, _raised);
        Apply(math, _kind, _gated, _raised);
        _down.Run(math, _gated, y);
    }

    /// <summary>gate = act(gate) · up.</summary>
    internal static void Apply(Arithmetic math, Gate kind, Activations gate, Activations up)
    {
        switch (kind)
        {
            case Gate.GeGlu: math.GeGlu(gate, up); break;
            case Gate.SwiGluClamped: math.SwiGluClamped(gate, up, alpha: 1.702f, limit: 7); break;
            default: math.SwiGlu(gate, up); break;
        }
    }
}
